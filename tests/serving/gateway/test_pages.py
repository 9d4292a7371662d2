"""The static page and the page that explains the gateway."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from tests.serving.gateway.answers import problem


def test_the_page(start_gateway: Callable[..., httpx.Client], tmp_path: Path) -> None:
    site = tmp_path / "dist"
    (site / "models").mkdir(parents=True)
    policy = "default-src 'none'; script-src 'self'"
    index = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{policy}" />'.encode()
    files = {"index.html": index, "app.js": b"1", "tfjs.wasm": b"\0asm", "models/model.json": b"{}"}
    for name, content in files.items():
        (site / name).write_bytes(content)
    (tmp_path / "secret.txt").write_text("secret")
    page = start_gateway("grpc://127.0.0.1:1", web=site)
    types = {"": "text/html", "app.js": "text/javascript", "tfjs.wasm": "application/wasm"}
    for name, media_type in types.items():
        response = page.get(f"/{name}")
        assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, media_type)
        assert response.content == files[name or "index.html"]
        assert response.headers["cross-origin-opener-policy"] == "same-origin"
        assert response.headers["cross-origin-embedder-policy"] == "require-corp"
        assert response.headers["content-security-policy"] == policy
    # the file of that name is a static host's; of this server it says where it colours
    (site / "server.json").write_text("{}")
    assert page.get("/server.json").json() == {
        "colourise": "v1/colourise",
        "key": False,
        "formats": ["jpeg", "png", "webp", "tiff", "gif"],
    }
    etag = page.get("/models/model.json").headers["etag"]
    assert page.get("/models/model.json", headers={"if-none-match": etag}).status_code == 304
    for path in ("/none.js", "/..%2fsecret.txt", "/models", "/%00"):
        problem(page.get(path), 404, "not-found")
