"""What others know about safe manifests and Dockerfiles: checkov and hadolint over all that is here.

    python k8s/scan.py

checkov does not fit beside TensorFlow, so it has a virtual environment of its own in build/, made at the first call.
What it must not say is in checks/checkov.yaml, with a reason each.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import yaml
from combinations import found
from kubectl import BUILD
from validate import FOLDER, read, render, render_with

CHECKOV = "checkov==3.3.30"
DOCKERFILES = FOLDER / "images"


def checkov() -> Path:
    """The program, installed at the first call.

    Raises:
        CalledProcessError: pip could not; the message is its own.
    """
    folder = BUILD.parent / CHECKOV.replace("==", "-")
    if not (folder / "installed").exists():
        venv.create(folder, clear=True, with_pip=True)
        pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", CHECKOV]
        subprocess.run(pip, check=True)  # noqa: S603 - no shell
        (folder / "installed").touch()  # last, so that an installation cut short is made again
    return folder / "bin/checkov"


def write_manifests(folder: Path) -> Path:
    """All that is applied, a file a rendering: overlays, the Jobs, and the base with each component.

    A document that stands in several of them is written once.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    base, training, rollout = (FOLDER / name for name in ("base", "training", "rollout"))
    renderings = {"base-rollout": render_with([base, rollout])}
    renderings |= {f"overlay-{each.name}": render(each) for each in sorted(FOLDER.glob("overlays/*/"))}
    renderings |= {
        f"base-{name.replace('/', '-')}": render_with([base], [FOLDER / "components" / name])
        for name in found(FOLDER / "components")
    }
    renderings |= {
        f"training-{each.name}": render_with([training], [each]) for each in sorted(training.glob("components/*/"))
    }
    renderings |= {each.stem: read(each) for each in sorted(FOLDER.glob("*.yaml"))}
    written: set[str] = set()
    for name, manifests in renderings.items():
        documents = dict.fromkeys(yaml.safe_dump(manifest) for manifest in manifests)
        (folder / f"{name}.yaml").write_text("---\n".join(each for each in documents if each not in written))
        written |= documents.keys()
    return folder


def scan(folder: Path, framework: str) -> int:
    """checkov's own report on standard output; its exit status."""
    settings = ["--config-file", str(FOLDER / "checks/checkov.yaml"), "--framework", framework, "--quiet", "--compact"]
    return _run([str(checkov()), *settings, "--directory", str(folder)])


def lint() -> int:
    """hadolint's own report; its exit status."""
    hadolint = Path(sys.executable).parent / "hadolint"
    return _run([str(hadolint), *map(str, sorted(DOCKERFILES.glob("*/Dockerfile")))])


def main() -> int:
    """0 when none of them has anything to say."""
    folder = write_manifests(BUILD / "scan")
    statuses = [scan(folder, "kubernetes"), scan(DOCKERFILES, "dockerfile"), lint()]
    print("checkov and hadolint: ok" if not any(statuses) else "checkov or hadolint: see above")
    return max(statuses)


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command).returncode  # noqa: S603 - no shell


if __name__ == "__main__":
    sys.exit(main())
