"""The static page at `/`, with the headers that TF.js needs for threads.

    handtint-gateway --server=grpc://127.0.0.1:8500 --web=web/dist

For one machine and `make demo`; behind nginx, nginx gives the page out.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask, Response, send_from_directory

# Said here, since Python asks the machine, and machines differ; WebAssembly must have its own to be streamed.
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".bin": "application/octet-stream",
}
_HEADERS = {
    # Together these two isolate the page from other origins, which browsers ask for before they share memory.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    # Kept, but asked for again each time: a new build is seen at once, and the service worker does the
    # caching.
    "Cache-Control": "no-cache",
}


_POLICY = re.compile(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"')


def add_site(app: Flask, folder: Path) -> None:
    """Gives out the files of `folder`; `/` is its index.html, and whatever is not there is 404."""
    index = folder / "index.html"
    policy = _POLICY.search(index.read_text("utf-8")) if index.is_file() else None
    # the page's own policy as a header too: a worker's requests obey only that
    headers = {**_HEADERS, "Content-Security-Policy": policy[1]} if policy else _HEADERS

    @app.get("/", defaults={"path": "index.html"})
    @app.get("/<path:path>")
    def site(path: str) -> Response:
        response = send_from_directory(
            folder.resolve(), path, mimetype=_TYPES.get(Path(path).suffix, "application/octet-stream")
        )
        response.headers.update(headers)
        return response
