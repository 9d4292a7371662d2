"""Memory: 50 clients with pictures of 12 megapixels stay under the ceiling that the gateway names."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from PIL import Image

from tests.serving.gateway.conftest import StartPredict
from tests.serving.gateway.predict_server import colour

CLIENTS = 50


def worst_picture() -> bytes:
    """12 megapixels with transparency, upside down: every step of reading makes a copy."""
    exif = Image.Exif()
    exif[0x0112] = 3
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 4), np.uint8)
    image = Image.fromarray(pixels).resize((4000, 3000), Image.Resampling.NEAREST)
    stream = io.BytesIO()
    image.save(stream, "PNG", exif=exif, compress_level=1)
    return stream.getvalue()


@pytest.mark.slow
def test_fifty_clients_stay_under_the_ceiling(start_predict: StartPredict) -> None:
    def answer(request: Any, context: grpc.ServicerContext) -> np.ndarray:
        return colour(20, 20)

    flags = ["--threads=2", "--waiting=4", "--max-megapixels=12", "--max-megabytes=20", "--timeout=500"]
    command = [sys.executable, "-m", "serving.gateway.main", f"--server=grpc://{start_predict(answer)}", "--port=0"]
    process = subprocess.Popen(
        [*command, *flags, "--no-authentication", "--rate=none"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    address = process.stdout.readline().split()[-1]
    said = json.loads(process.stderr.readline())["message"]
    ceiling = int(re.fullmatch(r"At most (\d+) MB of memory", said)[1]) * 10**6  # type: ignore[index]
    picture = worst_picture()

    def send(_: int) -> int:
        return httpx.post(f"{address}/v1/colourise?task=photo", content=picture, timeout=500).status_code

    with process:
        with ThreadPoolExecutor(CLIENTS) as pool:
            codes = list(pool.map(send, range(CLIENTS)))
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.terminate()
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]
    assert set(codes) == {200, 503}
    assert codes.count(200) >= 6  # all who found a place or a seat
    print(f"peak {peak / 1e6:.0f} MB of {ceiling / 1e6:.0f}")
    assert peak < ceiling
    # and the formula is none that anything would fit: the pictures do take a good part of it
    assert peak > ceiling / 4
