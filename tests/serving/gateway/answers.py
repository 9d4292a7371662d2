"""What the gateway's answers must look like, whatever the test is about.

problem(response, 400, "option")
"""

from __future__ import annotations

import socket
from io import BytesIO
from typing import Any

import httpx
import numpy as np
from PIL import Image


def pixels(response: httpx.Response, format: str = "PNG") -> np.ndarray:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == f"image/{format.lower()}"
    assert response.headers["x-content-type-options"] == "nosniff"
    with Image.open(BytesIO(response.content)) as image:
        assert image.format == format
        return np.asarray(image)


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    body = response.json()
    assert sorted(body) == ["detail", "fix", "status", "title", "type"]
    assert (body["status"], body["type"]) == (status, f"urn:handtint:problem:{code}")
    assert all(body[name] for name in ("title", "detail", "fix"))
    assert "Traceback" not in response.text
    return body


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))
