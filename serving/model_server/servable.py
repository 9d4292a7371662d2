"""One version of a model in memory: its signatures, warmed up and ready to be called.

servable = Servable.load(Path("models/photo/1"), LoadOptions(metrics=metrics, batching=BatchingParameters()))
outputs = servable.signature("chroma").predict({"luminance": luminance, "hints": hints})
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf
from grpc import StatusCode

from serving.model_server import saved_model, tflite, warmup
from serving.model_server.batching import BatchScheduler
from serving.model_server.batching_parameters import BatchingParameters
from serving.model_server.errors import ServingError, as_serving_error, sentence
from serving.model_server.loaded import Loaded
from serving.model_server.monitoring import Metrics
from serving.model_server.signature import Signature

DEFAULT_SIGNATURE = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY


@dataclass(frozen=True)
class LoadOptions:
    """How a server loads versions; the defaults are TensorFlow Serving's."""

    tags: tuple[str, ...] = ("serve",)  # which of a SavedModel's graphs: the one with exactly these tags
    prefer_tflite: bool = False  # takes model.tflite where a version folder has one
    warm_up: bool = True  # replays the requests stored beside a model
    metrics: Metrics | None = None  # takes the times of warm-ups, runs and queues
    batching: BatchingParameters | None = None  # puts requests together; None runs each by itself


class Servable:
    """A loaded model. It never changes, so any number of threads may use it.

    `signatures` maps a name to what can be called; `definitions` holds every SignatureDef of the file, also
    those that cannot be called (such as the one that names the initialiser), since GetModelMetadata shows
    them all.
    """

    def __init__(self, loaded: Loaded, options: LoadOptions):
        # The functions use the model's variables and tables but do not keep them alive.
        self._model = loaded.model
        self.definitions = dict(loaded.definitions)
        scheduler = None
        if options.batching:
            scheduler = BatchScheduler(options.batching, options.metrics)
            weakref.finalize(self, scheduler.close)  # nobody says when a version goes; its last request may be late
        self.signatures = {name: Signature(name, loaded, scheduler, options.metrics) for name in loaded.runners}

    @classmethod
    def load(cls, folder: Path, options: LoadOptions | None = None) -> Servable:
        """Loads the model in a version folder and replays its warm-up requests.

        Raises:
            ServingError: the folder holds no model that can be loaded, or a warm-up request failed.
        """
        options = options or LoadOptions()
        lite = options.prefer_tflite and (folder / tflite.FILE).exists()
        try:
            servable = cls(tflite.load(folder) if lite else saved_model.load(folder, options.tags), options)
        except Exception as error:
            raise _load_error(folder, "TensorFlow Lite model" if lite else "SavedModel", error) from error
        if options.warm_up:
            warmup.replay(folder, servable, options.metrics)
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


def _load_error(folder: Path, kind: str, error: Exception) -> ServingError:
    """Why a version did not load, for GetModelStatus. What breaks a loader is nearly always a broken file."""
    if isinstance(error, ServingError):
        return error
    code = as_serving_error(error, "").code if isinstance(error, tf.errors.OpError) else StatusCode.DATA_LOSS
    reason = sentence(str(error)) or type(error).__name__
    return ServingError(code, f"{folder} holds no {kind} that can be loaded: {reason}")
