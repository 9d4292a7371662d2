"""Rows of several requests as one tensor, and one tensor as the rows of several requests.

    merged = merge([{"x": two_rows}, {"x": one_row}], size=4)       # x has 4 rows, the last of them padding
    parts = split({"y": four_rows}, [2, 1], size=4)

Rules and messages are TensorFlow Serving's (batching_session).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf
from grpc import StatusCode

from serving.model_server.errors import ServingError, invalid

Tensors = Mapping[str, tf.Tensor]


def rows_of(inputs: Tensors) -> int:
    """The rows of one request.

    Raises:
        ServingError: INVALID_ARGUMENT, there is no input, or they do not have one number of rows.
    """
    if not inputs:
        raise invalid("Batching session Run() must have at least one input tensor")
    if any(not tensor.shape.rank for tensor in inputs.values()):
        raise invalid("Batching Run() input tensors must have at least one dimension")
    sizes = {tensor.shape[0] for tensor in inputs.values()}
    if len(sizes) > 1:
        raise invalid("Batching Run() input tensors must have equal 0th-dimension size")
    return sizes.pop()


def check_same_shape(one: Tensors, other: Tensors, feed_names: Mapping[str, str], padding: bool) -> None:
    """Whether two requests can share a batch; `padding` evens out all but the number of dimensions.

    Raises:
        ServingError: FAILED_PRECONDITION.
    """
    for name, tensor in one.items():
        shape = other[name].shape
        if tensor.shape.rank != shape.rank or (not padding and tensor.shape[1:] != shape[1:]):
            raise ServingError(
                StatusCode.FAILED_PRECONDITION,
                f"Tensors with name '{feed_names[name]}' from different tasks have different shapes and padding is "
                "turned off. Set pad_variable_length_inputs to true, or ensure that all tensors with the same name "
                "have equal dimensions starting with the first dim.",
            )


def merge(requests: Sequence[Tensors], size: int) -> dict[str, tf.Tensor]:
    """The requests' rows one after another; `size`, as many or more, is reached with the last request's first row.

    Where rows differ in length, all become as long as the longest, with their tensor's first element.

    Raises:
        ServingError: INVALID_ARGUMENT, an empty tensor cannot be made longer.
    """
    missing = size - sum(rows_of(inputs) for inputs in requests)
    merged = {}
    for name in requests[0]:
        tensors = _evened([inputs[name] for inputs in requests])
        tensors += [tensors[-1][:1]] * missing
        merged[name] = tensors[0] if len(tensors) == 1 else tf.concat(tensors, axis=0)
    return merged


def split(outputs: Tensors, sizes: Sequence[int], size: int) -> list[dict[str, tf.Tensor]]:
    """The outputs of `size` rows as those of requests of `sizes` rows; what is left over was padding.

    Raises:
        ServingError: FAILED_PRECONDITION, an output does not have a row for each input row.
    """
    parts: list[dict[str, tf.Tensor]] = [{} for _ in sizes]
    for name, tensor in outputs.items():
        if not tensor.shape.rank:
            raise ServingError(StatusCode.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if tensor.shape[0] != size:
            raise ServingError(
                StatusCode.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input "
                "tensors",
            )
        whole = len(sizes) == 1 and sizes[0] == size
        # TensorFlow shares the memory of what it splits along the first dimension.
        pieces = [tensor] if whole else tf.split(tensor, [*sizes, size - sum(sizes)])
        for part, piece in zip(parts, pieces, strict=False):
            part[name] = piece
    return parts


def _evened(tensors: list[tf.Tensor]) -> list[tf.Tensor]:
    longest = [max(sizes) for sizes in zip(*(tensor.shape[1:] for tensor in tensors), strict=True)]
    return [_lengthened(tensor, longest) for tensor in tensors]


def _lengthened(tensor: tf.Tensor, row: Sequence[int]) -> tf.Tensor:
    if list(tensor.shape[1:]) == list(row):
        return tensor
    if 0 in tensor.shape:
        raise invalid("Got empty tensor in batch of non-empty tensors.")
    after = [wanted - there for wanted, there in zip(row, tensor.shape[1:], strict=True)]
    return tf.pad(tensor, [[0, 0], *([0, more] for more in after)], constant_values=tf.reshape(tensor, [-1])[0])
