"""How requests are put together into batches: TensorFlow Serving's BatchingParameters.

    parameters = read_batching_parameters(Path("batching.config"))

The file is in protobuf's text format, with a message around each number as the original has it:

    max_batch_size { value: 32 }
    batch_timeout_micros { value: 2000 }
    max_enqueued_batches { value: 100 }
    num_batch_threads { value: 2 }
    allowed_batch_sizes: 8
    allowed_batch_sizes: 32
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from serving.model_server.errors import StartError
from serving.model_server.text_proto import BatchingParametersProto, read_text_proto


def _cores() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True)
class BatchingParameters:
    """What `--batching_parameters_file` says; the defaults are TensorFlow Serving's.

    Raises:
        StartError: a value is out of its range, or two do not go together.
    """

    max_batch_size: int = 1000  # rows in a batch, and in a request
    batch_timeout_micros: int = 0  # how long a batch that is not full waits for more while a thread is free
    max_enqueued_batches: int = 10  # of one signature; those that run no longer count
    num_batch_threads: int | None = None  # batches of a loaded version that run at once; None: the number of cores
    thread_pool_name: str = "model_server_batch_threads"  # a label of the metrics
    allowed_batch_sizes: tuple[int, ...] = ()  # a batch is padded up to the next of them; none: to nothing
    pad_variable_length_inputs: bool = False  # requests of different lengths are padded to the longest

    def __post_init__(self) -> None:
        for name, least in (("max_batch_size", 1), ("batch_timeout_micros", 0), ("max_enqueued_batches", 1)):
            self._at_least(name, least)
        if self.num_batch_threads is not None:
            self._at_least("num_batch_threads", 1)
        sizes = self.allowed_batch_sizes
        if sizes and (list(sizes) != sorted(set(sizes)) or sizes[0] < 1):
            raise StartError(
                f"allowed_batch_sizes entries must be monotonically increasing, and 1 or more; received {list(sizes)}."
            )
        if sizes and sizes[-1] != self.max_batch_size:
            raise StartError(
                f"final entry in allowed_batch_sizes must equal max_batch_size; received {sizes[-1]} and "
                f"{self.max_batch_size}. Change one of them."
            )

    @property
    def threads(self) -> int:
        """How many batches of a loaded version run at once."""
        return self.num_batch_threads or _cores()

    def padded(self, size: int) -> int:
        """Rows of a batch once it is padded up to an allowed size."""
        return next((allowed for allowed in self.allowed_batch_sizes if allowed >= size), size)

    def _at_least(self, name: str, least: int) -> None:
        if getattr(self, name) < least:
            raise StartError(f"{name} must be {least} or more; received {getattr(self, name)}.")


def read_batching_parameters(file: Path) -> BatchingParameters:
    """The parameters that a file holds; what it leaves out has its default.

    Raises:
        StartError: the file cannot be read or parsed, or its values are refused.
    """
    proto = read_text_proto(file, BatchingParametersProto)
    given = {
        name: getattr(proto, name).value
        for name in (
            "max_batch_size",
            "batch_timeout_micros",
            "max_enqueued_batches",
            "num_batch_threads",
            "thread_pool_name",
        )
        if proto.HasField(name)
    }
    try:
        return BatchingParameters(
            **given,
            allowed_batch_sizes=tuple(proto.allowed_batch_sizes),
            pad_variable_length_inputs=proto.pad_variable_length_inputs,
        )
    except StartError as error:
        raise StartError(f"{file}: {error}") from None
