"""The rendering that the tests here start, and a model for it."""

from __future__ import annotations

# Two versions of a small model, as the gateway's own tests have them.
from tests.serving.gateway.conftest import two_versions

__all__ = ["two_versions"]
