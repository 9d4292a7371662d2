"""Each image's exact install and start commands, in a fresh folder and virtual environment; no engine is asked.

Those of the gateway and the page take less than a minute. `make images` adds the model server's and the trainer's,
which install TensorFlow and CUDA's libraries: gigabytes.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.conftest import ROOT
from tests.k8s.dockerfile import Image, instructions
from tests.serving.gateway.processes import free_port

IMAGES = ROOT / "k8s/images"
DOCKERFILES = sorted(IMAGES.glob("*/Dockerfile"))
ALL = os.environ.get("HANDTINT_ALL_IMAGES") == "1"

each = pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.parent.name)


def last(dockerfile: Path, instruction: str) -> str:
    """The value of the last one of its kind."""
    return [value for name, value in instructions(dockerfile) if name == instruction][-1]


@each
def test_hadolint_has_nothing_to_say(dockerfile: Path):
    done = subprocess.run([Path(sys.prefix) / "bin/hadolint", dockerfile], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@each
def test_it_is_pinned_small_and_not_root(dockerfile: Path):
    bases = [value.partition(" ")[0] for name, value in instructions(dockerfile) if name == "FROM"]
    assert len(bases) == 2, "what builds stays behind"
    for base in bases:
        assert re.fullmatch(r"[a-z0-9./-]+:\d+\.\d+\.\d+-[a-z0-9-]*slim[a-z-]*", base), base
    assert last(dockerfile, "USER") == "10001:10001"
    assert "HEALTHCHECK" in [name for name, _ in instructions(dockerfile)]


@each
def test_its_python_packages_are_those_that_are_tested_here(dockerfile: Path):
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    requirements = dockerfile.parent / "requirements.txt"
    if dockerfile.parent.name == "web":
        assert not requirements.exists()
        return
    text = requirements.read_text()
    wanted = dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))
    assert "file:" not in re.sub("#.*", "", text)
    # CUDA's own come with the trainer's extra `gpu`, which nobody installs here
    assert {name: version for name, version in wanted.items() if pinned.get(name, version) != version} == {}
    assert {name for name in wanted if name not in pinned and not name.startswith("nvidia-")} <= {"wheel"}
    assert ("tensorflow" in wanted) == (dockerfile.parent.name != "gateway")


def test_every_image_of_the_manifests_is_built_here_or_comes_from_elsewhere():
    ours = {f"handtint-{file.parent.name}" for file in DOCKERFILES}
    used = set()
    for file in (ROOT / "k8s").rglob("*.yaml"):
        used |= set(re.findall(r"\bimage: (handtint-[a-z-]+):", file.read_text()))
    # the first: for whoever does not want tensorflow/serving; the second is a gateway of another release
    assert used - {"handtint-gateway-canary"} == ours - {"handtint-model-server"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Emptied at once: an image is large."""
    yield tmp_path
    subprocess.run(["rm", "-rf", tmp_path / "root", *tmp_path.glob("stage-*")], check=True)


def built(name: str, folder: Path) -> Image:
    try:
        return Image.build(IMAGES / name / "Dockerfile", folder)
    except subprocess.CalledProcessError as error:
        pytest.fail(f"{error.cmd[-1]} ended with {error.returncode}:\n{error.output[-3000:]}")


def wait_healthy(image: Image, process: subprocess.Popen[str], ports: dict[str, str]) -> None:
    while not image.is_healthy(ports):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.2)


@pytest.mark.slow
def test_the_gateway_s_image_answers(folder: Path):
    image = built("gateway", folder)
    port = str(free_port())
    ports = {"8080": port}
    assert not image.is_healthy(ports)
    flags = ["--server=grpc://127.0.0.1:1", "--no-authentication", f"--port={port}"]
    process = image.start(*flags)
    try:
        wait_healthy(image, process, ports)
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 503
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[0]
    assert process.returncode == 0
    assert f"Gateway on http://127.0.0.1:{port}" in said  # at 0.0.0.0, as a container must
    image.entry = ["handtint", "rollout", "--help"]
    rollout = image.start()
    assert "promote" in rollout.communicate(timeout=60)[0]
    assert not list((image.root / "opt/handtint").glob("lib/*/site-packages/tensorflow"))


@pytest.mark.slow
def test_the_page_s_image_answers(folder: Path):
    image = built("web", folder)
    config = image.root / "etc/nginx/nginx.conf"
    port = str(free_port())
    ours = config.read_text().replace("listen 8080", f"listen 127.0.0.1:{port}").replace("/tmp/", f"{folder}/")
    root = "user root;\n" if os.geteuid() == 0 else ""  # «nobody» may not look into a test's folder
    config.write_text(root + image.map(ours))
    process = image.start()
    try:
        address = f"http://127.0.0.1:{port}"
        while True:
            try:
                page = httpx.get(address)
                break
            except httpx.TransportError:
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.1)
        assert page.status_code == 200
        assert page.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        (script,) = re.findall(r'src="[./]*(assets/[^"]+\.js)"', page.text)
        assert "immutable" in httpx.get(f"{address}/{script}").headers["Cache-Control"]
        assert httpx.get(f"{address}/models/photo/manifest.json").status_code == 200
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert httpx.get(f"{address}/.git/config").status_code == 404
    finally:
        process.send_signal(signal.Signals[image.stop])
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_the_page_has_the_same_headers_behind_the_gateway_s_nginx():
    def headers(file: Path) -> dict[str, str]:
        location = re.findall(r"location / \{(.*?)\n    \}", file.read_text(), re.DOTALL)[-1]
        return dict(re.findall(r"add_header ([\w-]+) (.*);", location))

    own, gateway = headers(IMAGES / "web/nginx.conf"), headers(ROOT / "serving/gateway/nginx.conf")
    gateway.pop("Strict-Transport-Security")  # the ingress's, which alone speaks TLS
    assert own == gateway


def model_server_answers(folder: Path) -> None:
    image = built("model-server", folder)
    grpc, rest = str(free_port()), str(free_port())
    process = image.start(
        f"--model_base_path={ROOT / 'build/models/photo'}",
        "--model_name=photo",
        replace={"8500": grpc, "8501": rest},
    )
    try:
        wait_healthy(image, process, {"8501": rest})
        answer = httpx.get(f"http://127.0.0.1:{rest}/v1/models/photo/metadata")
        assert answer.status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0


def trainer_takes_the_job_s_arguments(folder: Path) -> None:
    image = built("trainer", folder)
    job = yaml.safe_load((ROOT / "k8s/training/job.yaml").read_text())["spec"]["template"]["spec"]["containers"][0]
    image.entry = job["command"]
    process = image.start(job["args"][0], "--help")
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said
    assert all(arg.partition("=")[0] in said for arg in job["args"][1:])


if ALL:

    @pytest.mark.slow
    @pytest.mark.parametrize("check", [model_server_answers, trainer_takes_the_job_s_arguments])
    def test_the_large_images(check: Callable[[Path], None], folder: Path):
        check(folder)
