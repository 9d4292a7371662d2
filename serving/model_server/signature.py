"""One signature of a loaded SavedModel: checks what comes in, runs, hands out what was asked for.

    python -m pytest tests/serving/model_server/test_predict.py

This is the core that both transports share: named tensors in, named tensors out, or a `ServingError`. The
checks come before TensorFlow sees anything, because a rank-3 tensor that reaches a rank-4 convolution ends
the whole process (oneDNN aborts in TensorFlow 2.19). They come before batching too, so that a wrong request
never reaches its neighbours. Messages are TensorFlow Serving's where it has one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.framework.tensor_shape_pb2 import TensorShapeProto
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

from serving.model_server.batching import BatchScheduler
from serving.model_server.current_call import current
from serving.model_server.errors import as_serving_error, invalid
from serving.model_server.loaded import Loaded
from serving.model_server.monitoring import Metrics
from serving.model_server.tensors import dtype_name, dtype_of, shape_of, to_tensor


class Signature:
    """What a model does under one name. Any number of threads may call `predict` at once.

    Args:
        name: one of `loaded.runners`.
        loaded: the model.
        scheduler: puts requests together, unless a declared input or output has no first dimension of unknown size:
            the original refuses batches of such a signature, here each request runs by itself. None batches nothing.
        metrics: takes how long each run took.
    """

    def __init__(
        self, name: str, loaded: Loaded, scheduler: BatchScheduler | None = None, metrics: Metrics | None = None
    ):
        self.name = name
        self.definition = loaded.definitions[name]
        self._strict = loaded.strict
        self._runtime = loaded.runtime
        self._metrics = metrics
        self._run = loaded.runners[name]
        if scheduler and _makes_rows(self.definition):
            feed_names = {key: info.name for key, info in self.definition.inputs.items()}
            self._run = scheduler.queue(self._run, feed_names)

    def predict(
        self, inputs: Mapping[str, TensorProto | np.ndarray], output_filter: Sequence[str] = ()
    ) -> dict[str, tf.Tensor]:
        """Runs the model once, or takes part in a batch.

        Args:
            inputs: input name -> TensorProto, or an array (of objects holding bytes for strings), in the
                signature's dtype and, unless TensorFlow 1 wrote the model, a shape that fits it.
            output_filter: names of the outputs wanted; empty means all.

        Returns:
            Output name -> tensor, sorted by name.

        Raises:
            ServingError: INVALID_ARGUMENT for a name, dtype, shape or value that does not fit; what `BatchQueue`
                says; the code of TensorFlow's own error when the graph refuses the input; INTERNAL for anything else.
        """
        wanted = self._outputs(output_filter)
        self._check_names(inputs)
        tensors = {name: self._tensor(name, inputs) for name in self.definition.inputs}
        begun = time.perf_counter()
        try:
            outputs = self._run(tensors)
        except Exception as error:
            raise as_serving_error(error, f'Signature "{self.name}"') from error
        if self._metrics and (call := current()):
            self._metrics.runtime(call.model, call.api, self._runtime, time.perf_counter() - begun)
        return {name: outputs[name] for name in wanted}

    def _outputs(self, output_filter: Sequence[str]) -> list[str]:
        seen: set[str] = set()
        for name in output_filter:
            if name not in self.definition.outputs:
                raise invalid(
                    f"output tensor alias not found in signature: {name} "
                    f"Outputs expected to be in the set {_names(self.definition.outputs)}."
                )
            if name in seen:
                raise invalid(f"duplicate output tensor alias: {name}")
            seen.add(name)
        return sorted(seen or self.definition.outputs)

    def _check_names(self, inputs: Mapping[str, object]) -> None:
        expected, defaults = self.definition.inputs, self.definition.defaults
        if len(inputs) > len(expected) or (len(inputs) < len(expected) and not defaults):
            raise invalid(
                f"input size does not match signature: {len(inputs)}!={len(expected)} "
                f"len({_names(inputs)}) != len({_names(expected)}). "
                f"Sent extra: {_names(set(inputs) - set(expected))}. "
                f"Missing but required: {_names(set(expected) - set(inputs))}."
            )
        for name in sorted(expected):
            if name not in inputs and name not in defaults:
                raise invalid(
                    f"Signature input alias: {name}(feed name: {expected[name].name}) not found in request "
                    f"and no default value provided. Inputs expected to be in the request {_names(inputs)}, "
                    f"or default input alias set: {','.join(sorted(defaults))}"
                )
        if unknown := set(inputs) - set(expected):
            raise invalid(
                "Inputs contains invalid name. "
                f"Used request inputs: {','.join(sorted(set(inputs) - unknown))}, "
                f"request input: {','.join(sorted(inputs))}"
            )

    def _tensor(self, name: str, inputs: Mapping[str, TensorProto | np.ndarray]) -> tf.Tensor:
        """One input as a tensor whose dtype is sure to fit, and its shape if the model's are to be believed."""
        value = inputs[name] if name in inputs else self.definition.defaults[name]
        info = self.definition.inputs[name]
        if dtype_of(value) != info.dtype:
            raise invalid(
                f"Type mismatch: actual {dtype_name(dtype_of(value))} vs. expect {dtype_name(info.dtype)} "
                f'for input "{name}" of signature "{self.name}".'
            )
        shape = shape_of(value)
        if shape is None or min(shape, default=0) < 0 or (self._strict and not _fits(shape, info.tensor_shape)):
            actual = "unknown rank" if shape is None else _shape(shape)
            raise invalid(
                f"Shape mismatch: actual {actual} vs. expect {_shape(d.size for d in info.tensor_shape.dim)} "
                f'for input "{name}" of signature "{self.name}"; ? stands for any size.'
            )
        return to_tensor(name, value)


def _makes_rows(definition: SignatureDef) -> bool:
    """Whether every tensor has a first dimension of unknown size, one for each row of a request."""
    infos = [*definition.inputs.values(), *definition.outputs.values()]
    shapes = [info.tensor_shape for info in infos]
    return bool(definition.inputs) and all(
        shape.unknown_rank or (shape.dim and shape.dim[0].size == -1) for shape in shapes
    )


def _fits(shape: Sequence[int], expected: TensorShapeProto) -> bool:
    return expected.unknown_rank or (
        len(shape) == len(expected.dim)
        and all(d.size in (-1, size) for size, d in zip(shape, expected.dim, strict=True))
    )


def _shape(sizes: Iterable[int]) -> str:
    return "[" + ",".join("?" if size == -1 else str(size) for size in sizes) + "]"


def _names(names: Iterable[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"
