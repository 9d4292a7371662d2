"""Where pictures lie: in folders, in tar shards, in CIFAR-10's binary batches.

for picture in find_pictures("data"):
    image = picture.open()
"""

from __future__ import annotations

import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")
_CIFAR_SIDE = 32
_CIFAR_PIXELS = 3 * _CIFAR_SIDE**2
_CIFAR_RECORD = 1 + _CIFAR_PIXELS  # a label, then a plane each of red, green and blue (Krizhevsky 2009)


@dataclass(frozen=True)
class Picture:
    """Where one picture lies: `length` bytes from `offset` of a file, and the name it is known by."""

    name: str
    path: Path
    offset: int
    length: int

    def open(self, least: int = 0) -> Image.Image:
        """The decoded picture, upright, as RGB on white. Raises ValueError, naming it, when it can't be read.

        With `least`, a JPEG may come smaller, its sides not below that: decoding it is quicker so.
        """
        try:
            with self.path.open("rb") as container:
                data = os.pread(container.fileno(), self.length, self.offset)
            if self.path.suffix == ".bin":
                planes = np.frombuffer(data, np.uint8).reshape(3, _CIFAR_SIDE, _CIFAR_SIDE)
                return Image.fromarray(planes.transpose(1, 2, 0).copy())
            image: Image.Image = Image.open(io.BytesIO(data))
            if least:
                image.draft(None, (least, least))
            ImageOps.exif_transpose(image, in_place=True)
            return _rgb(image)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise ValueError(
                f"Picture {self.name} in {self.path.name} can't be read ({error}). Expected {', '.join(SUFFIXES)}; "
                "take it out or save it again."
            ) from error


def find_pictures(path: str | Path) -> list[Picture]:
    """All pictures under a folder, those inside tar shards and CIFAR-10 batches too, sorted by name; or of one file.

    Raises FileNotFoundError if the path does not exist and ValueError if it holds no picture.
    """
    root = Path(path)
    if not root.exists():
        raise FileNotFoundError(f"No data at {root}. Expected a folder of pictures or of .tar shards; see --data.")
    pictures: list[Picture] = []
    for file in sorted(root.rglob("*")) if root.is_dir() else [root]:
        name = str(file.relative_to(root)) if root.is_dir() else file.name
        if not file.is_file():
            continue
        if file.suffix.lower() in SUFFIXES:
            pictures.append(Picture(name, file, 0, file.stat().st_size))
        elif file.suffix == ".tar":
            pictures += _in_shard(file)
        elif file.suffix == ".bin":
            pictures += _in_cifar_batch(file, name)
    if not pictures:
        raise ValueError(
            f"No picture under {root}. Expected {', '.join(SUFFIXES)}, .tar shards of them, or CIFAR-10's .bin batches."
        )
    return sorted(pictures, key=lambda picture: (picture.name, picture.path))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F"):
        raise ValueError("its samples have 32 bits, not 8 or 16")
    if image.mode.startswith("I;16"):  # Pillow's own conversion clips at 255 instead of scaling
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _in_shard(file: Path) -> list[Picture]:
    try:
        with tarfile.open(file, "r:") as shard:  # read as an index: nothing is unpacked
            return [
                Picture(member.name, file, member.offset_data, member.size)
                for member in shard
                if member.isfile() and member.name.lower().endswith(SUFFIXES)
            ]
    except tarfile.TarError as error:
        raise ValueError(
            f"Shard {file.name} can't be read ({error}). Expected a whole, uncompressed tar archive; take it out, pack "
            "it without compression or fetch it again."
        ) from error


def _in_cifar_batch(file: Path, name: str) -> list[Picture]:
    size = file.stat().st_size
    if size % _CIFAR_RECORD:
        raise ValueError(
            f"{name} is no CIFAR-10 batch: {size} bytes are not a multiple of {_CIFAR_RECORD}. Expected the binary "
            "version's data_batch_1.bin and so on; take it out or fetch it again."
        )
    return [
        Picture(f"{name}/{number:05}", file, number * _CIFAR_RECORD + 1, _CIFAR_PIXELS)
        for number in range(size // _CIFAR_RECORD)
    ]
