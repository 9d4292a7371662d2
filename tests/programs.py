"""Where nginx, Prometheus and promtool are: the machine's own, else those that the Makefile unpacks.

subprocess.run([find_program("promtool"), "check", "rules", file])
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import ROOT

_PACKAGES = {"nginx": "nginx", "prometheus": "prometheus", "promtool": "prometheus"}


def find_program(name: str) -> Path:
    """`nginx`, `prometheus` or `promtool`."""
    package = _PACKAGES[name]
    built = ROOT / "build" / package / name
    found = shutil.which(name) or (built if built.is_file() else None)
    if found is None:
        raise RuntimeError(
            f"There is no {name}. Expected one on the PATH, or build/{package}/{name}. Run "
            f"`tests/tools/get_{package}.sh build/{package}`, which unpacks Debian's and needs no root."
        )
    return Path(found)
