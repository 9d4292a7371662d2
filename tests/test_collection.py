"""Any test paths may be named together, in any order."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_a_file_between_two_folders_takes_no_fixtures_away() -> None:
    # a file of `tests` makes pytest look into that folder again, and so into the folders where conftest files stand
    paths = ["tests/serving/gateway/test_auth.py", "tests/test_collection.py", "tests/serving/gateway/test_pages.py"]
    command = [sys.executable, "-m", "pytest", "--setup-plan", "-p", "no:cacheprovider", *paths]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "test_pages.py::test_the_page" in done.stdout
