"""The page as the gateway gives it out, in a real Chromium: isolated, under its policy, offered the gateway."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.serving.sample_pictures import GOOD

WEB = ROOT / "web"


@pytest.mark.slow
def test_it_colours_with_threads_and_asks_the_gateway_only_when_told_to(
    start_gateway: Callable[..., httpx.Client], model_server: dict[str, str], chromium: Path, tmp_path: Path
) -> None:
    if not (WEB / "dist/models/photo/manifest.json").is_file():
        raise RuntimeError("There is no page with a model in web/dist; run `make web`.")
    picture = tmp_path / "old.jpg"
    picture.write_bytes(GOOD["grey.jpg"])
    gateway = start_gateway(model_server["grpc"], web=WEB / "dist")
    arguments = [Path(__file__).with_name("browse_page.mjs"), WEB, chromium, gateway.base_url, picture]
    done = subprocess.run(["node", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["complaints"] == []  # nothing ran against the policy
    assert seen["problems"] == []
    assert seen["isolated"]
    assert seen["about"].endswith(" threads")
    assert (seen["postedBefore"], seen["posted"]) == (0, [["/v1/colourise", 200]])
    assert seen["types"][".wasm"] == "application/wasm"
    assert seen["types"][".bin"] == "application/octet-stream"
