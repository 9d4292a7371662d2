"""What a roll-out needs of a cluster, played: an API server with one ConfigMap, and a kubelet that mounts it.

    api = ApiServer()
    with Kubelet(api, folder / "mounted"): ...

The official client, the model server and the gateway are real; they see what they would see in a cluster.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

PATH = "/api/v1/namespaces/pictures/configmaps/handtint-rollout"


class ApiServer:
    """As much of Kubernetes as the official client needs here: one ConfigMap, and 409 for an old resourceVersion.

    `fail` is the status of the next answers; `requests` lists methods and paths.
    """

    def __init__(self, data: Mapping[str, str]) -> None:
        self.data = dict(data)
        self.version = 7
        self.fail = 0
        self.requests: list[str] = []
        self._lock = threading.Lock()
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_PATCH(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, patch: dict[str, Any] | None = None) -> None:
                with api._lock:
                    status, body = api._handle(self.command, self.path, patch)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def _handle(self, method: str, path: str, patch: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        self.requests.append(f"{method} {path}")
        if self.fail or path != PATH:
            status = self.fail or 404
            return status, {"kind": "Status", "code": status}
        if patch is not None:
            if patch["metadata"]["resourceVersion"] != str(self.version):
                return 409, {"kind": "Status", "code": 409, "reason": "Conflict"}
            self.data |= patch["data"]
            self.version += 1
        metadata = {"name": "handtint-rollout", "namespace": "pictures", "resourceVersion": str(self.version)}
        return 200, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": self.data}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def write_kubeconfig(path: Path, api: ApiServer) -> None:
    """kubectl, set up for it."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": {"server": api.url}}],
        "users": [{"name": "me", "user": {"token": "secret"}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "pictures"}}],
        "current-context": "here",
    }
    path.write_text(yaml.safe_dump(config))


class Kubelet:
    """Mounts the ConfigMap's keys in a folder and keeps them up to date, as the kubelet does: by swapping one link."""

    def __init__(self, api: ApiServer, folder: Path):
        self._api, self._folder = api, folder
        self._mounted: Mapping[str, str] = {}
        self._generation = 0
        self._done = threading.Event()
        folder.mkdir(parents=True)
        self._sync()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Kubelet:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            self._sync()

    def _sync(self) -> None:
        data = dict(self._api.data)
        if data == self._mounted:
            return
        self._generation += 1
        payload = self._folder / f"..{self._generation}"
        payload.mkdir()
        for name, text in data.items():
            (payload / name).write_text(text)
        link = self._folder / "..data_tmp"
        link.symlink_to(payload.name)
        os.replace(link, self._folder / "..data")
        for name in data:
            if not (self._folder / name).is_symlink():
                (self._folder / name).symlink_to(f"..data/{name}")
        self._mounted = data
