"""TensorFlow Serving's API on a Python server, for machines without Docker.

    handtint-model-server --model_name=photo --model_base_path=models/photo --rest_api_port=8501

`main.py` is the command, `server.py` the server, and `model_config.py` reads which models it serves.

How a request travels: `grpc_service.py` or `rest.py` takes it, `models.py` finds the model, `lifecycle.py`
lends one loaded version of it, `signature.py` checks and runs, and the answer goes back the same way.
`errors.py` holds the one error type that both transports know how to say.
"""
