"""Where Prometheus and promtool are: the machine's own, else those that the Makefile unpacks.

subprocess.run([find_program("promtool"), "check", "rules", file])
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import ROOT

BUILT = ROOT / "build/prometheus"


def find_program(name: str) -> Path:
    """`prometheus` or `promtool`."""
    found = shutil.which(name) or (BUILT / name if (BUILT / name).is_file() else None)
    if found is None:
        raise RuntimeError(
            f"There is no {name}. Expected one on the PATH, or build/prometheus/{name}. Run "
            "`tests/tools/get_prometheus.sh build/prometheus`, which unpacks Debian's and needs no root."
        )
    return Path(found)
