"""What the ways of loading a model have in common: signatures by name, and how each is run.

`servable.py` chooses among `saved_model.py` and `tflite.py`; `signature.py` checks requests and calls what is here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import tensorflow as tf
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

Runner = Callable[[Mapping[str, tf.Tensor]], Mapping[str, tf.Tensor]]
"""Inputs by name -> outputs by name, for any number of threads at once."""


@dataclass(frozen=True)
class Loaded:
    """A model in memory, before anything checks what comes in."""

    definitions: Mapping[str, SignatureDef]  # every one in the file, also those that cannot be called
    runners: Mapping[str, Runner]  # those that can
    model: object  # keeps the variables and tables alive that runners use
    runtime: str  # `TF1`, `TF2` or `TFLite`, in the metrics
    strict: bool  # whether a shape must fit its definition before the model sees it
