"""The page that explains the gateway, in a real Chromium: nothing in it runs against its Content-Security-Policy."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.serving.sample_pictures import GOOD

WEB = ROOT / "web"


@pytest.mark.slow
def test_a_person_can_try_it_there(gateway: httpx.Client, chromium: Path, tmp_path: Path) -> None:
    picture = tmp_path / "old.jpg"
    picture.write_bytes(GOOD["grey.jpg"])
    script = Path(__file__).with_name("browse_docs.mjs")
    url = f"{str(gateway.base_url).rstrip('/')}/docs/"
    arguments = [str(each) for each in (script, WEB, chromium, url, picture)]
    done = subprocess.run(["node", *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["complaints"] == []
    assert seen["operations"] == ["/v1/colourise", "/v1/colourise/batch", "/healthz", "/readyz"]
    assert (seen["status"], seen["width"]) == ("200", 90)  # the answer is shown there as a picture
