"""Sources of pictures -> batches. A source is a folder of pictures, or of tar shards of pictures.

    pictures = find_pictures(path)
    training, validation = split(pictures, one_in=20)
    for batch in epoch(training, size=128, batch=32, seed=0, epoch=0): ...      # uint8 [32, 128, 128, 3]

Every random choice comes from (seed, epoch, place in the epoch), so any step can be made again: a resumed run sees the
very pictures that an uninterrupted one would have seen.
"""

from __future__ import annotations

import io
import logging
import os
import tarfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

if TYPE_CHECKING:
    import tensorflow as tf

log = logging.getLogger(__name__)

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")


@dataclass(frozen=True)
class Picture:
    """Where one picture lies: `length` bytes from `offset` of a file, and the name it is known by."""

    name: str
    path: Path
    offset: int
    length: int

    def open(self) -> Image.Image:
        """The decoded picture, upright, as RGB. Raises ValueError, naming it, when it can't be read."""
        with self.path.open("rb") as file:
            data = os.pread(file.fileno(), self.length, self.offset)
        try:
            return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        except (OSError, SyntaxError, ValueError) as error:
            raise ValueError(
                f"Picture {self.name} in {self.path.name} can't be read ({error}). Expected {', '.join(SUFFIXES)}; "
                "take it out or save it again."
            ) from error


def find_pictures(path: str | Path) -> list[Picture]:
    """All pictures under a folder, those inside tar shards too, sorted by name; or those of one shard.

    Raises FileNotFoundError if the path does not exist and ValueError if it holds no picture.
    """
    root = Path(path)
    if not root.exists():
        raise FileNotFoundError(f"No data at {root}. Expected a folder of pictures or of .tar shards; see --data.")
    files = sorted(root.rglob("*")) if root.is_dir() else [root]
    pictures = [
        Picture(str(file.relative_to(root)), file, 0, file.stat().st_size)
        for file in files
        if file.suffix.lower() in SUFFIXES
    ]
    for file in files:
        if file.suffix == ".tar":
            with tarfile.open(file) as shard:  # read as an index: nothing is unpacked
                pictures += [
                    Picture(member.name, file, member.offset_data, member.size)
                    for member in shard
                    if member.isfile() and member.name.lower().endswith(SUFFIXES)
                ]
    if not pictures:
        raise ValueError(f"No picture under {root}. Expected {', '.join(SUFFIXES)}, or .tar shards of them.")
    return sorted(pictures, key=lambda picture: (picture.name, picture.path))


def split(pictures: list[Picture], one_in: int) -> tuple[list[Picture], list[Picture]]:
    """Pictures -> (training, validation): one in so many is held out, by the hash of its name.

    By the name alone, so a picture stays on its side when others come or go.
    """
    held_out = [zlib.crc32(picture.name.encode()) % one_in == 0 for picture in pictures]
    return (
        [picture for picture, out in zip(pictures, held_out, strict=True) if not out],
        [picture for picture, out in zip(pictures, held_out, strict=True) if out],
    )


def random_crop(picture: Picture, size: int, scale: float, random: np.random.Generator) -> np.ndarray:
    """A random square of the picture, mirrored half of the time, uint8 [size, size, 3].

    The square's side is `scale` to 1 of the picture's short side.
    """
    image = picture.open()
    side = min(image.size) * random.uniform(scale, 1)
    left, top = random.uniform(0, image.width - side), random.uniform(0, image.height - side)
    image = image.resize((size, size), Image.Resampling.BILINEAR, (left, top, left + side, top + side))
    pixels = np.asarray(image)
    return pixels[:, ::-1] if random.random() < 0.5 else pixels


def centre_crop(picture: Picture, size: int) -> np.ndarray:
    """The picture's middle square, uint8 [size, size, 3]."""
    return np.asarray(ImageOps.fit(picture.open(), (size, size), Image.Resampling.BILINEAR))


def epoch(
    pictures: list[Picture],
    *,
    size: int,
    batch: int,
    scale: float,
    seed: int,
    epoch: int,
    steps: int,
    first_step: int = 0,
) -> tf.data.Dataset:
    """Steps `first_step` to `steps` of one epoch: `steps - first_step` batches of {"rgb": uint8, "seed": int64}.

    "rgb" is [batch, size, size, 3]; "seed" [2] is the batch's own, for what else is drawn in it. The pictures are
    shuffled anew each time they have all been seen, on through the epochs.
    """
    import tensorflow as tf

    count = len(pictures)
    unreadable: set[Picture] = set()

    def order(number: int) -> int:
        """The index of the picture that is the run's `number`-th."""
        lap, place = divmod(number, count)
        return int(_permutation(count, seed, lap)[place])

    def load(number: np.ndarray) -> np.ndarray:
        for offset in range(count):  # one unreadable picture among thousands is reported; its neighbour takes its place
            random = np.random.default_rng((seed, 1, int(number)))
            picture = pictures[(order(int(number)) + offset) % count]
            try:
                return random_crop(picture, size, scale, random)
            except ValueError as error:
                if picture not in unreadable:
                    unreadable.add(picture)
                    log.warning("Skipped: %s", error)
        raise ValueError(f"None of the {count} pictures can be read.")

    def example(number: tf.Tensor) -> tf.Tensor:
        pixels = tf.numpy_function(load, [number], tf.uint8)
        return tf.ensure_shape(pixels, (size, size, 3))

    start = (epoch * steps + first_step) * batch
    stop = (epoch + 1) * steps * batch
    batches = tf.data.Dataset.range(start, stop).map(example, tf.data.AUTOTUNE, deterministic=True).batch(batch)
    seeds = tf.data.Dataset.range(start, stop, batch).map(
        lambda number: tf.stack([tf.constant(seed, tf.int64), number])
    )
    return tf.data.Dataset.zip({"rgb": batches, "seed": seeds}).prefetch(4)


@lru_cache(maxsize=4)  # loader threads meet at the border of two laps
def _permutation(count: int, seed: int, lap: int) -> np.ndarray:
    return np.random.default_rng((seed, 0, lap)).permutation(count)
