"""One version of a model in memory: the SavedModel's signatures, warmed up and ready to be called.

python -m pytest tests/serving/model_server/test_predict.py
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf
from grpc import StatusCode
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef, SignatureDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from serving.model_server import warmup
from serving.model_server.errors import ServingError, as_serving_error, sentence
from serving.model_server.signature import Signature

TAG = "serve"
DEFAULT_SIGNATURE = "serving_default"


class Servable:
    """A loaded SavedModel. It never changes, so any number of threads may use it.

    `signatures` maps a name to what can be called; `definitions` holds every SignatureDef of the file, also
    those that cannot be called (such as the one that names the initialiser), since GetModelMetadata shows
    them all.
    """

    def __init__(self, model: tf.Module, definitions: Mapping[str, SignatureDef]):
        # The functions use the model's variables and tables but do not keep them alive.
        self._model = model
        self.definitions = dict(definitions)
        self.signatures = {
            name: Signature(name, self.definitions[name], function) for name, function in model.signatures.items()
        }

    @classmethod
    def load(cls, folder: Path) -> Servable:
        """Loads the SavedModel in a version folder and replays its warm-up requests.

        Raises:
            ServingError: the folder holds no SavedModel that can be loaded, or a warm-up request failed.
        """
        try:
            graph = _read_graph(folder)
            servable = cls(tf.saved_model.load(str(folder), tags=[TAG]), graph.signature_def)
        except Exception as error:
            raise _load_error(folder, error) from error
        warmup.replay(folder, servable.signature)
        return servable

    def signature(self, name: str) -> Signature:
        """The signature of that name; an empty name means `serving_default`.

        Raises:
            ServingError: FAILED_PRECONDITION, there is none.
        """
        name = name or DEFAULT_SIGNATURE
        if name not in self.signatures:
            raise ServingError(StatusCode.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
        return self.signatures[name]


def _read_graph(folder: Path) -> MetaGraphDef:
    """The part of saved_model.pb that is meant for serving."""
    saved_model = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    for graph in saved_model.meta_graphs:
        if TAG in graph.meta_info_def.tags:
            return graph
    found = [sorted(graph.meta_info_def.tags) for graph in saved_model.meta_graphs]
    raise ServingError(
        StatusCode.NOT_FOUND,
        f"Could not find meta graph def matching supplied tags: {{ {TAG} }} in {folder}; found {found}. "
        f'Export the model for serving, with the tag "{TAG}".',
    )


def _load_error(folder: Path, error: Exception) -> ServingError:
    """Why a version did not load, for GetModelStatus. What breaks a loader is nearly always a broken file."""
    if isinstance(error, ServingError):
        return error
    code = as_serving_error(error, "").code if isinstance(error, tf.errors.OpError) else StatusCode.DATA_LOSS
    reason = sentence(str(error)) or type(error).__name__
    return ServingError(code, f"{folder} holds no SavedModel that can be loaded: {reason}")
