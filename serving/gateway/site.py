"""The static page at `/`, with the headers that TF.js needs for threads.

    handtint-gateway --server=grpc://127.0.0.1:8500 --web=web/dist

For one machine and `make demo`; behind nginx, nginx gives the page out.
"""

from __future__ import annotations

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


def add_site(app: Flask, folder: Path) -> None:
    """Gives out the files of `folder`; `/` is its index.html, and whatever is not there is 404."""

    @app.get("/", defaults={"path": "index.html"})
    @app.get("/<path:path>")
    def site(path: str) -> Response:
        response = send_from_directory(
            folder.resolve(), path, mimetype=_TYPES.get(Path(path).suffix, "application/octet-stream")
        )
        response.headers.update(_HEADERS)
        return response
