"""Reads the tensors of a PyTorch state dict (.pth, legacy or zip) without PyTorch and without running its pickle.

    tensors = read_state_dict(path)     # {"_conv_stem.weight": float32 [32, 3, 3, 3], ...}

A .pth file is a pickle, and a pickle may name any function to call. This reader knows four names (an ordered dict, a
tensor, two kinds of storage) and refuses every other, so a hostile file raises instead of running.
"""

from __future__ import annotations

import pickle  # the unpickler below admits four names only
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass
class _Tensor:
    """Where a tensor lies: a storage's key, and the view of it."""

    key: str
    dtype: np.dtype
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def cut(self, storage: np.ndarray) -> np.ndarray:
        """Copies this tensor out of its storage. Raises ValueError if it reaches outside."""
        last = self.offset + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        if self.offset < 0 or min(self.strides, default=0) < 0 or last >= max(storage.size, 1):
            raise ValueError(
                f"Tensor {self} reaches outside its storage of {storage.size} values; the file is damaged."
            )
        strides = [step * storage.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(storage[self.offset :], self.shape, strides).copy()


def _tensor(storage: tuple[str, np.dtype], offset: int, shape: tuple, strides: tuple, *_: Any) -> _Tensor:
    key, dtype = storage
    return _Tensor(key, dtype, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise ValueError(
            f"Refused to load {module}.{name} from a weights file. Expected a plain state dict of float32 and int64 "
            "tensors; save one with torch.save(model.state_dict(), path)."
        )

    def persistent_load(self, pid: Any) -> Any:
        _, dtype, key, *_ = pid
        return str(key), dtype


def read_state_dict(path: str | Path) -> dict[str, np.ndarray]:
    """Path of a .pth file -> its tensors by name.

    Raises ValueError if the file is not a state dict, is damaged, or asks for any code to be run.
    """
    read = _read_zip if zipfile.is_zipfile(path) else _read_legacy
    try:
        tensors, storage_of = read(Path(path))
        return {name: tensor.cut(storage_of(tensor)) for name, tensor in tensors.items() if isinstance(tensor, _Tensor)}
    except (pickle.UnpicklingError, EOFError, AttributeError, TypeError, KeyError) as error:
        raise ValueError(f"{Path(path).name} is not a PyTorch state dict ({error}). Expected a .pth file.") from error


def _read_legacy(path: Path) -> tuple[dict[str, Any], Callable[[_Tensor], np.ndarray]]:
    with path.open("rb") as file:
        for _ in range(3):  # magic number, protocol, the writing machine's type sizes
            _Unpickler(file).load()
        tensors = _Unpickler(file).load()
        keys = _Unpickler(file).load()
        dtypes = {t.key: t.dtype for t in tensors.values() if isinstance(t, _Tensor)}
        storages = {key: _read_storage(file, dtypes[key]) for key in keys}
    return tensors, lambda tensor: storages[tensor.key]


def _read_storage(file: IO[bytes], dtype: np.dtype) -> np.ndarray:
    count = int.from_bytes(file.read(8), "little")
    data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise EOFError(f"a storage of {count} values ends early")
    return np.frombuffer(data, dtype)


def _read_zip(path: Path) -> tuple[dict[str, Any], Callable[[_Tensor], np.ndarray]]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pickled = next((name for name in names if name.endswith("data.pkl")), None)
        if pickled is None:
            raise KeyError("no data.pkl inside")
        root = pickled.removesuffix("data.pkl")
        with archive.open(pickled) as file:
            tensors = _Unpickler(file).load()
        data = {name: archive.read(name) for name in names if name.startswith(f"{root}data/")}
    return tensors, lambda tensor: np.frombuffer(data[f"{root}data/{tensor.key}"], tensor.dtype)
