"""A real nginx with the shipped configuration, set up as docs/gateway.md says.

nginx = Nginx(folder, gateway="127.0.0.1:8080")
nginx.client().get("/healthz")                          # from 127.0.0.1; a test may ask from others of 127.0.0.0/8
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT
from tests.programs import find_program
from tests.serving.gateway.processes import free_port


def documented_commands() -> list[str]:
    """The lines of docs/gateway.md that set it up; the last two start it and ask it."""
    text = (ROOT / "docs/gateway.md").read_text("utf-8")
    (block,) = re.findall(r"```sh\n(mkdir -p build/front.*?)```", text, re.DOTALL)
    return block.replace("\\\n", "").splitlines()


def write_page(folder: Path) -> None:
    """What a build of the page looks like: its index, hashed files, a service worker, a model."""
    (folder / "assets").mkdir(parents=True)
    (folder / "models/photo").mkdir(parents=True)
    shutil.copy(ROOT / "web/index.html", folder)
    for name in (
        "service_worker.js",
        "assets/index-BGGtFJIN.js",
        "assets/tfjs-BrM3BlWr.wasm",
        "models/photo/see.json",
    ):
        (folder / name).write_text(f"// {name}\n" * 200)
    (folder / ".hidden").write_text("secret")


class Nginx:
    """Answers when it has been made.

    Args:
        folder: an empty one, as its user's own.
        gateway: HOST:PORT.
        further: more for site/https.conf.
    """

    def __init__(self, folder: Path, gateway: str, further: str = ""):
        self.port, self.plain_port = free_port(), free_port()
        self.folder = folder / "build/front"
        (folder / "serving").symlink_to(ROOT / "serving")
        write_page(folder / "web/dist")
        ports = {"127.0.0.1:8080": gateway, "8443": str(self.port), "8081": str(self.plain_port)}
        *self.setup, start, self.ask = (
            re.sub("|".join(ports), lambda found: ports[found[0]], line) for line in documented_commands()
        )
        subprocess.run(["bash", "-eu", "-c", "\n".join(self.setup)], cwd=folder, check=True, capture_output=True)
        with (self.folder / "site/https.conf").open("a") as file:
            file.write(further)
        assert start == 'nginx -p "$PWD/build/front" -c nginx.conf'
        # as root nginx would work as «nobody», who may not look into a test's folder
        user = "user root; " if os.geteuid() == 0 else ""
        command = [str(find_program("nginx")), "-p", str(self.folder), "-c", "nginx.conf", "-g", f"{user}daemon off;"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.tls = ssl.create_default_context(cafile=str(self.folder / "tls/certificate.pem"))
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
                return
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise RuntimeError(self.process.communicate()[1]) from None
                time.sleep(0.05)

    def client(self, address: str = "127.0.0.1", **options: Any) -> httpx.Client:
        """Speaks TLS with it, from this address."""
        transport = httpx.HTTPTransport(verify=self.tls, local_address=address)
        return httpx.Client(transport=transport, base_url=f"https://localhost:{self.port}", timeout=60, **options)

    def connect(self, address: str = "127.0.0.1") -> ssl.SSLSocket:
        """A connection for whoever does not speak HTTP as httpx does."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(address, 0))
        return self.tls.wrap_socket(plain, server_hostname="localhost")

    def logged(self, request_id: str) -> dict[str, Any]:
        """The line of the log about a request."""
        deadline = time.monotonic() + 10
        while True:
            for line in (self.folder / "log/access.log").read_text().splitlines():
                if (entry := json.loads(line))["request_id"] == request_id:
                    return dict(entry)
            assert time.monotonic() < deadline, f"{request_id} is not in the log"
            time.sleep(0.05)

    def stop(self) -> str:
        """Ends it; what it said."""
        self.process.terminate()
        said = self.process.communicate(timeout=30)[1]
        assert self.process.returncode == 0
        return said
