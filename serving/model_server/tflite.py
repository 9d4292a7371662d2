"""Runs a TensorFlow Lite model: `model.tflite` in a version folder, for servers started with --prefer_tflite_model.

    loaded = load(Path("models/photo/1"))

Signatures are those of the file; a file without any gets `serving_default`, with its tensors' own names. One
interpreter runs one request at a time, so each core has one, and a request waits for a free one.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import LifoQueue
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

from serving.model_server.loaded import Loaded, Runner

FILE = "model.tflite"

_Call = Callable[..., Mapping[str, np.ndarray]]
_DEFAULT = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY


def load(folder: Path) -> Loaded:
    """The model of a version folder. Raises whatever TensorFlow raises for a broken file."""
    # TensorFlow 2.19 tells whoever runs the server to change this program to another package. The version is pinned.
    warnings.filterwarnings("ignore", message=r"\s*Warning: tf\.lite\.Interpreter is deprecated")
    content = (folder / FILE).read_bytes()
    pool = [tf.lite.Interpreter(model_content=content, num_threads=1) for _ in range(os.cpu_count() or 1)]
    idle: LifoQueue[dict[str, _Call]] = LifoQueue()  # the one used last has its memory at hand
    for interpreter in pool:
        interpreter.allocate_tensors()
        idle.put(_calls(interpreter))
    names = list(pool[0].get_signature_list()) or [_DEFAULT]
    return Loaded(
        definitions={name: _definition(pool[0], name) for name in names},
        runners={name: _runner(idle, name) for name in names},
        model=pool,
        runtime="TFLite",
        strict=True,
    )


def _runner(idle: LifoQueue[dict[str, _Call]], name: str) -> Runner:
    def run(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        calls = idle.get()
        try:
            outputs = calls[name](**{key: np.asarray(tensor) for key, tensor in inputs.items()})
            # The interpreter's next run writes over what it gave.
            return {key: tf.constant(array) for key, array in outputs.items()}
        finally:
            idle.put(calls)

    return run


def _calls(interpreter: Any) -> dict[str, _Call]:
    names = interpreter.get_signature_list()
    return {name: interpreter.get_signature_runner(name) for name in names} or {_DEFAULT: _whole_graph(interpreter)}


def _whole_graph(interpreter: Any) -> _Call:
    """What a signature's runner does, for a file that has none."""

    def call(**inputs: np.ndarray) -> dict[str, np.ndarray]:
        indices = {detail["name"]: detail["index"] for detail in interpreter.get_input_details()}
        for name, array in inputs.items():
            interpreter.resize_tensor_input(indices[name], array.shape)
        interpreter.allocate_tensors()
        for name, array in inputs.items():
            interpreter.set_tensor(indices[name], array)
        interpreter.invoke()
        return {detail["name"]: interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()}

    return call


def _definition(interpreter: Any, name: str) -> SignatureDef:
    if interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(name)
        inputs, outputs = runner.get_input_details(), runner.get_output_details()
    else:
        inputs = {detail["name"]: detail for detail in interpreter.get_input_details()}
        outputs = {detail["name"]: detail for detail in interpreter.get_output_details()}
    definition = SignatureDef(method_name=tf.saved_model.PREDICT_METHOD_NAME)
    for details, infos in ((inputs, definition.inputs), (outputs, definition.outputs)):
        for key, detail in details.items():
            # TensorFlow Lite has a class of numpy's for each dtype, bytes for strings.
            dtype = tf.string if detail["dtype"] in (np.bytes_, np.object_) else tf.as_dtype(detail["dtype"])
            infos[key].name = detail["name"]
            infos[key].dtype = dtype.as_datatype_enum
            for size in detail["shape_signature"]:
                infos[key].tensor_shape.dim.add(size=int(size))
    return definition
