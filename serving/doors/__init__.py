"""What answers a client: a model in this process, a model server over gRPC or REST, or a gateway.

`door.py` opens one; `*_calls.py` say what is asked and what answers mean, `*_model.py` and `http_client.py` send it,
HTTP of threads in `loop_thread.py`.
"""
