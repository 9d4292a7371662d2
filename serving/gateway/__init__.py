"""The public door: a picture in, the picture in colour out.

    handtint-gateway --server=grpc://127.0.0.1:8500 --port=8080 --keys-file=keys.txt

`app.py` has the routes, `door.py` says who may come in, `colouring.py` takes a picture through, `batch.py` many,
`upstream.py` speaks to the model servers, `settings.py` holds what an operator can set. `web_server.py` and `main.py`
are the command above; `wsgi.py`, `gunicorn_conf.py` and `nginx.conf` are for the internet.
"""

import os

# gRPC's core writes lines of its own, not JSON, to standard error: one for each model server without a health service.
# It looks at this when it is imported, so here, before any other module of the gateway.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
