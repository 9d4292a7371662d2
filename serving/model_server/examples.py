"""tf.Example lists, the input of Classify, Regress and MultiInference, as the strings that a model parses.

    read_examples(request.input)  # [N] objects, each a serialized tf.Example

The original hands them to the model unread, too: what a feature must be is for the model to say.
"""

from __future__ import annotations

import numpy as np
from tensorflow_serving.apis.input_pb2 import Input

from serving.model_server.errors import invalid


def read_examples(source: Input) -> np.ndarray:
    """Every example serialized, [N] objects holding bytes.

    A context shared by all examples stands before each: parsing the two in a row merges them, and where both have a
    feature of one name the example's own wins.

    Raises:
        ServingError: INVALID_ARGUMENT, there is no example.
    """
    context, examples = b"", source.example_list.examples
    if source.WhichOneof("kind") == "example_list_with_context":
        context = source.example_list_with_context.context.SerializeToString()
        examples = source.example_list_with_context.examples
    if not examples:
        raise invalid("Input is empty.")
    serialized = np.empty(len(examples), dtype=object)
    serialized[:] = [context + example.SerializeToString() for example in examples]
    return serialized
