"""The tools of k8s/ can be imported, and there is a model for the containers."""

from __future__ import annotations

import sys

from tests.conftest import ROOT

# Two versions of a small model, as the gateway's own tests have them.
from tests.serving.gateway.conftest import two_versions

sys.path.insert(0, str(ROOT / "k8s"))  # a folder of manifests with tools beside them, not a package

__all__ = ["two_versions"]
