"""The golden set: a few pictures, coloured by a version before it gets traffic, and what became of them.

    golden = Golden()
    for name, data in golden_pictures("photo").items():
        colour_one(OneVersion(address, "photo", 30, Which(version=2)), TASKS["photo"], name, data, golden)
    golden.colourfulness, golden.seconds

Each picture goes both ways that pictures go: as the gateway asks (small maps, painted at the client), and as any client
of TensorFlow Serving does (bytes in, bytes out).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

import numpy as np

from serving.colouring.hints import hint_map
from serving.colouring.task import Task
from serving.doors import messages
from serving.doors.deadline import Deadline
from serving.doors.grpc_model import GrpcModel
from serving.doors.model import ask_maps
from serving.errors import OptionError
from serving.pictures import eight_bit, read_picture
from trainer.colour import CHROMA_UNIT, from_pixels, rgb_to_ab, rgb_to_lightness
from trainer.colourfulness import colourfulness

PICTURES = Path(__file__).with_name("golden")
MAPS, BYTES = "maps", "bytes"  # the two ways
_KINDS = (".jpg", ".jpeg", ".png", ".webp")
_MAX_PIXELS = 4_000_000


class OneVersion(GrpcModel):
    """A `GrpcModel` that colours whole pictures, too."""

    def colour(self, data: bytes) -> bytes:
        """A compressed picture -> a PNG. Raises ServerError as `predict` does."""
        request = self.predict_request("serving_default", {})
        picture = messages.TensorProto(dtype=messages.DT_STRING, string_val=[data])
        picture.tensor_shape.dim.add(size=1)
        request.inputs["image_bytes"].CopyFrom(picture)
        answer = self._call(self._predict, request, Deadline(self._timeout)).outputs["image_bytes"]
        if len(answer.string_val) != 1:
            raise self._peer.useless(self._name, f"image_bytes: {len(answer.string_val)} pictures for one")
        return bytes(answer.string_val[0])


@dataclass
class Golden:
    """What a version made of the set, by name and way: the mean L* of each picture, and its ab [H, W, 2], Lab units."""

    lightness: dict[str, float] = field(default_factory=dict)
    ab: dict[str, np.ndarray] = field(default_factory=dict)
    colourfulnesses: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def colourfulness(self) -> float:
        """The mean of all pictures, both ways."""
        return mean(self.colourfulnesses)

    @property
    def seconds(self) -> float:
        """The median time of an answer."""
        return median(self.times)

    def distance(self, other: Golden) -> float:
        """Of its colours from another version's, the mean of all pictures; infinite if their sizes differ."""
        if any(ab.shape != other.ab[name].shape for name, ab in self.ab.items()):
            return float("inf")
        return mean(float(np.linalg.norm(ab - other.ab[name], axis=-1).mean()) for name, ab in self.ab.items())

    def add(self, name: str, rgb: np.ndarray) -> None:
        """Measures a coloured picture, uint8 [H, W, 3]."""
        self.lightness[name] = float(rgb_to_lightness(from_pixels(rgb)).mean())
        self.ab[name] = rgb_to_ab(from_pixels(rgb)) * CHROMA_UNIT
        self.colourfulnesses.append(colourfulness(rgb))


def golden_pictures(task: str, folder: Path | None = None) -> dict[str, bytes]:
    """The set by name: of a folder, or the one that comes with the package.

    Raises:
        OptionError: the folder holds no picture.
    """
    folder = folder or PICTURES / task
    found = {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.suffix.lower() in _KINDS}
    if not found:
        raise OptionError(f"{folder} holds no pictures.", f"Put some there: {', '.join(_KINDS)}.")
    return found


def colour_one(model: OneVersion, task: Task, name: str, data: bytes, golden: Golden) -> None:
    """Has one picture coloured both ways, and adds what became of it.

    Raises:
        ServerError: the model did not answer, or not with colours.
    """
    rgb = eight_bit(read_picture(data, _MAX_PIXELS).rgb)
    seen, hints = task.see(rgb), hint_map([], task.hint_channels)
    begun = time.perf_counter()
    maps = ask_maps(model, task, seen, hints)
    asked = time.perf_counter()
    golden.add(f"{name} by {MAPS}", task.paint(rgb, maps[0], 1.0))
    begun += time.perf_counter() - asked  # painting is no work of the server's
    coloured = model.colour(data)
    golden.times.append(time.perf_counter() - begun)
    golden.add(f"{name} by {BYTES}", eight_bit(read_picture(coloured, _MAX_PIXELS).rgb))
