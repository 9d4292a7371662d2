"""The gateway under gunicorn, as the shipped configuration has it.

gunicorn = Gunicorn(SERVER="grpc://127.0.0.1:8500", NO_AUTHENTICATION="1")
gunicorn.client.get("/healthz")
log = gunicorn.stop()
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import httpx

PREFIX = "HANDTINT_GATEWAY_"
COMMAND = [sys.executable, "-m", "gunicorn", "-c", "python:serving.gateway.gunicorn_conf", "serving.gateway.wsgi:app"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Gunicorn:
    """Answers when it has been made; the settings are the gateway's, by the names of their variables."""

    def __init__(self, **settings: str):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        settings = {"MAX_MEGAPIXELS": "1", "RATE": "none", "BIND": self.address, **settings}
        environment = {**os.environ, **{f"{PREFIX}{name}": value for name, value in settings.items()}}
        self.process = subprocess.Popen(COMMAND, env=environment, stderr=subprocess.PIPE, text=True)
        self.client = httpx.Client(base_url=f"http://{self.address}", timeout=60)
        deadline = time.monotonic() + 120
        while True:
            try:
                self.client.get("/healthz")
                return
            except httpx.TransportError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise RuntimeError(self.process.communicate()[1]) from None
                time.sleep(0.1)

    def stop(self) -> str:
        """Ends it as a pod is ended; what it logged."""
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        log = self.process.communicate(timeout=60)[1]
        assert self.process.returncode == 0
        return log

    def close(self) -> None:
        """Ends it, if nothing did before."""
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
