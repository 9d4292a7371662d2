"""Models for photographs that answer in no time, or take theirs.

save_photo(base / "1")
save_photo(base / "1", seconds=5.0)
save_photo(base / "1", ab=(math.nan, 0.0))
"""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf


class Photo(tf.Module):
    """The same colour everywhere, through a convolution: what is not a number comes out again."""

    def __init__(self, seconds: float, ab: tuple[float, float]):
        self.kernel = tf.Variable(tf.zeros([3, 3, 1, 4]))
        self._seconds = seconds
        self._coefficients = (0.0, 0.0, *ab)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 256, 256, 1], tf.float32, name="luminance"),
            tf.TensorSpec([None, 256, 256, 3], tf.float32, name="hints"),
        ]
    )
    def chroma(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        begun, turns = tf.timestamp(), tf.constant(0.0)
        while tf.timestamp() - begun < self._seconds:
            turns += 1.0
        drawn = tf.nn.conv2d(luminance, self.kernel, 1, "SAME") + 0.0 * turns
        return {"coefficients": drawn + 0.0 * hints[..., :1] + tf.constant(self._coefficients)}


def save_photo(folder: Path, seconds: float = 0.0, ab: tuple[float, float] = (30.0, 20.0)) -> Path:
    """A version folder; each run of it takes so many seconds and gives this colour, in Lab units."""
    model = Photo(seconds, ab)
    tf.saved_model.save(model, str(folder), signatures={"chroma": model.chroma})
    return folder
