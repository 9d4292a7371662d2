"""A few hundred inputs of each kind; the commands send ten thousand."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(("command", "count"), [("pictures", 300), ("requests", 200)])
def test_no_input_is_too_much(command: str, count: int) -> None:
    arguments = [sys.executable, "-m", f"tests.fuzz.{command}", f"--count={count}"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    codes = {int(code): int(times) for code, times in re.findall(r"(\d{3}): (\d+)", done.stdout)}
    assert sum(codes.values()) >= count
    assert codes[200] > count / 50  # not all of them were turned down at the door
    assert codes[400] > count / 10
    assert max(codes) < 500
