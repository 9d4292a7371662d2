"""gunicorn's settings: the gateway behind a proxy that takes slow clients in, such as nginx (see nginx.conf).

HANDTINT_GATEWAY_SERVER=grpc://127.0.0.1:8500 HANDTINT_GATEWAY_KEYS_FILE=keys.txt HANDTINT_GATEWAY_PROXIES=1 \\
    gunicorn -c python:serving.gateway.gunicorn_conf serving.gateway.wsgi:app

Beside the gateway's own variables: HANDTINT_GATEWAY_BIND (127.0.0.1:8080) and HANDTINT_GATEWAY_METRICS_PORT (off). One
worker process with threads: rates, places and the memory's ceiling are what the settings say, and not a multiple of it.
More processes than one are more gateways, each at an address of its own behind the same nginx.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from typing import Any

from serving.gateway.flags import PREFIX, from_environment
from serving.gateway.logs import configure

_settings = from_environment()
_metrics_port = os.environ.get(f"{PREFIX}_METRICS_PORT")
_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

bind = os.environ.get(f"{PREFIX}_BIND", "127.0.0.1:8080")
workers = 1
worker_class = "serving.gateway.gunicorn_worker.Worker"
threads = _settings.server_threads
# The worker has its own gRPC channel, which does not live through a fork.
preload_app = False
# For a thread to answer at all; a picture's own time is the gateway's --timeout.
timeout = 120
graceful_timeout = 25
keepalive = 75  # longer than a proxy keeps its connections, which must be the one to close them
limit_request_line = 8190  # as nginx lets in
accesslog = None
control_socket_disable = True  # nobody steers it from beside, and a pod's files are read only
logger_class = "serving.gateway.gunicorn_worker.Logger"

if _metrics_port and _METRICS_FOLDER not in os.environ:
    # before the workers import prometheus_client, which looks for it once
    os.environ[_METRICS_FOLDER] = tempfile.mkdtemp(prefix="handtint-metrics-")
    _owner = os.getpid()

    @atexit.register
    def _tidy() -> None:
        if os.getpid() == _owner:  # not the workers
            shutil.rmtree(os.environ[_METRICS_FOLDER], ignore_errors=True)


def on_starting(server: Any) -> None:
    """In the parent process, before the worker.

    Raises:
        SystemExit: more than one worker was asked for at the command line.
    """
    if server.cfg.workers != 1:
        raise SystemExit(
            f"Expected one worker, which holds the gateway's limits; received {server.cfg.workers}. Leave --workers "
            "out, and start further gateways at other addresses if one is not enough."
        )
    configure()
    logging.getLogger(__name__).info("At most %d MB of memory", _settings.memory_ceiling // 10**6)


def when_ready(server: Any) -> None:
    """In the parent process, which lives as long as the service: it answers for the worker, and those before it."""
    if _metrics_port:
        from serving.gateway.metrics import serve_all_workers

        serve_all_workers(int(_metrics_port), os.environ.get(f"{PREFIX}_METRICS_HOST", "127.0.0.1"))


def child_exit(server: Any, worker: Any) -> None:
    """A worker that is gone works on no pictures."""
    if _metrics_port:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)
