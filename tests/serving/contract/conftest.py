"""The server under test: a real `tensorflow/serving` where the environment names one, else the embedded one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import models
from .server import Server, embedded

REAL = "HANDTINT_CONTRACT_GRPC" in os.environ


def pytest_configure(config: pytest.Config) -> None:
    if REAL and "HANDTINT_CONTRACT_REST" not in os.environ:
        raise pytest.UsageError("HANDTINT_CONTRACT_GRPC is set: expected HANDTINT_CONTRACT_REST=http://HOST:PORT, too.")
    config.addinivalue_line(
        "markers", "stricter: the embedded server refuses on purpose what TensorFlow Serving lets pass, or dies of"
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    if REAL and item.get_closest_marker("stricter"):
        pytest.skip("the original is laxer here")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if REAL:
        folder = os.environ.get("HANDTINT_CONTRACT_MODELS")
        addresses = os.environ["HANDTINT_CONTRACT_GRPC"], os.environ["HANDTINT_CONTRACT_REST"]
        under_test = Server(*addresses, Path(folder) if folder else None)
        yield under_test
        under_test.close()
        return
    config = models.write(tmp_path_factory.mktemp("contract"))
    with embedded(config, *models.FLAGS) as addresses:
        under_test = Server(*addresses, config.parent)
        yield under_test
        under_test.close()
