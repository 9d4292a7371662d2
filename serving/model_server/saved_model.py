"""Reads a SavedModel, of TensorFlow 1 or 2.

    loaded = load(Path("models/photo/1"), ("serve",))

A TensorFlow 1 model is a graph with its session's steps: `tf.saved_model.load` restores its variables, runs its
initialiser (tables, `main_op`, assets) and cuts a function for each signature out of it. Its shapes are what its
author once drew, and the original has never checked them, so neither is it done here. A TensorFlow 2 model's shapes
are those of its functions, and are checked: a wrong rank can end the process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import tensorflow as tf
from grpc import StatusCode
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from serving.model_server.errors import ServingError
from serving.model_server.loaded import Loaded, Runner

FILE = "saved_model.pb"


def load(folder: Path, tags: Sequence[str]) -> Loaded:
    """The graph of a version folder that has exactly these tags.

    Raises:
        ServingError: NOT_FOUND, there is no such graph.
        Exception: whatever TensorFlow raises for a broken file.
    """
    graph = _read_graph(folder, tags)
    model = tf.saved_model.load(str(folder), tags=list(tags))
    with_objects = graph.HasField("object_graph_def")  # which TensorFlow 1 did not write
    return Loaded(
        definitions=dict(graph.signature_def),
        runners={name: _by_keyword(function) for name, function in model.signatures.items()},
        model=model,
        runtime="TF2" if with_objects else "TF1",
        strict=with_objects,
    )


def _by_keyword(function: Callable[..., Mapping[str, tf.Tensor]]) -> Runner:
    return lambda inputs: function(**inputs)


def _read_graph(folder: Path, tags: Sequence[str]) -> MetaGraphDef:
    saved_model = SavedModel.FromString((folder / FILE).read_bytes())
    for graph in saved_model.meta_graphs:
        if set(graph.meta_info_def.tags) == set(tags):
            return graph
    found = [sorted(graph.meta_info_def.tags) for graph in saved_model.meta_graphs]
    raise ServingError(
        StatusCode.NOT_FOUND,
        f"Could not find meta graph def matching supplied tags: {{ {' '.join(tags)} }} in {folder}; found {found}. "
        "Export the model with these tags, or name its own with --saved_model_tags.",
    )
