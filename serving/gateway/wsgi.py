"""The application for WSGI servers that look for one by name; its settings come from the environment.

HANDTINT_GATEWAY_SERVER=grpc://127.0.0.1:8500 HANDTINT_GATEWAY_KEYS_FILE=keys.txt \\
    gunicorn -c python:serving.gateway.gunicorn_conf serving.gateway.wsgi:app
"""

from __future__ import annotations

from serving.gateway.app import create_app
from serving.gateway.flags import from_environment

app = create_app(from_environment())
