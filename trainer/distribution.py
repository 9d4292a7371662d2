"""Training on many machines. Who takes part is in TF_CONFIG, in TensorFlow's own format; without it this machine alone.

    with distribution.scope():
        gan = ConditionalGAN(config)            # every worker starts with the chief's weights
    stop = distribution.anyone(asked)           # true on all workers, or on none

TF_CONFIG of the second of two: {"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 1}}.
Every worker runs the same command; worker 0 is the chief, which alone writes to the run's folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, NonNegativeInt, ValidationError


class _Cluster(BaseModel):
    worker: list[str]


class _Task(BaseModel):
    type: Literal["worker"]
    index: NonNegativeInt


class _TfConfig(BaseModel):
    cluster: _Cluster
    task: _Task


def workers() -> int:
    """How many take part. Raises ValueError, as `index` does, if TF_CONFIG can't be understood."""
    config = _tf_config()
    return len(config.cluster.worker) if config else 1


def index() -> int:
    """This worker's place among them, from 0."""
    config = _tf_config()
    return config.task.index if config else 0


def is_chief() -> bool:
    """Whether this is the worker that writes the checkpoints, logs and previews."""
    return index() == 0


@cache
def strategy() -> Any:
    """The `tf.distribute` strategy; for one worker TensorFlow's default, which changes nothing.

    With several the first call waits until all of them have called, and has to come before any other of TensorFlow.
    Raises ValueError if Keras does not run on TensorFlow or a worker has more than one GPU.
    """
    import keras

    if workers() > 1 and keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"TF_CONFIG names {workers()} workers, but KERAS_BACKEND is {keras.backend.backend()}: only tensorflow "
            f"trains on several. Set KERAS_BACKEND=tensorflow, or unset TF_CONFIG."
        )
    import tensorflow as tf

    if workers() == 1:
        return tf.distribute.get_strategy()
    # No timeout for the exchange itself: the workers wait while the chief draws and saves. One that is lost is noticed
    # by its missing heartbeats, within some ten seconds.
    found = tf.distribute.MultiWorkerMirroredStrategy()
    if found.num_replicas_in_sync != workers():
        raise ValueError(
            f"{workers()} workers have {found.num_replicas_in_sync} devices. Expected one GPU a worker, or none: set "
            f"CUDA_VISIBLE_DEVICES to one of them and start a worker for each."
        )
    return found


def scope() -> AbstractContextManager[Any]:
    """Variables made inside are kept equal on all workers, from the chief's values. Raises as `strategy` does."""
    return strategy().scope() if workers() > 1 else nullcontext()  # another backend may have no TensorFlow


def gather(value: float) -> list[float]:
    """Each worker's value, in the order of their indices. All of them have to call it, and wait for each other."""
    if workers() == 1:
        return [value]
    mine = [value if place == index() else 0.0 for place in range(workers())]
    return [float(each) for each in _sum()(mine)]


def anyone(flag: bool) -> bool:
    """Whether the flag is set on any worker. All of them have to call it."""
    return any(gather(float(flag)))


def wait_for_all() -> None:
    """Returns when all workers have called it."""
    gather(0)


def check_same(what: str, value: float) -> None:
    """Raises OSError if `value` is not the same on every worker: they would drift apart, or wait for ever.

    It may be no fault of the command: a shared volume can show a new file to one worker later than to another.
    """
    values = gather(value)
    if len(set(values)) > 1:
        raise OSError(
            f"The workers differ in {what}: {', '.join(f'{each:g}' for each in values)}, by their index. Expected the "
            f"same command, with --run and --data on volumes that they share; check these and start all of them again."
        )


@contextmanager
def told_of_lost_workers() -> Iterator[None]:
    """Turns TensorFlow's error about a worker that can't be reached into a ConnectionError that says what to do."""
    if workers() == 1:
        yield
        return
    import tensorflow as tf

    lost = tf.errors.UnavailableError, tf.errors.DeadlineExceededError, tf.errors.AbortedError, tf.errors.CancelledError
    try:
        yield
    except (*lost, tf.errors.InternalError) as error:  # Internal: lost before the first step
        reason = next((line for line in error.message.splitlines() if line.startswith("Collective ops")), error.message)
        raise ConnectionError(
            f"Worker {index()} of {workers()} has lost another one, so it ends too ({reason[:200].strip()}). Start all "
            f"of them again; with --continue they go on from the last checkpoint."
        ) from error


@cache
def _sum() -> Any:
    import tensorflow as tf

    def add(values: Any) -> Any:
        placed = tf.identity(values)  # an argument is on no device, and the sum is made on that of the value
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, placed)

    def on_all_workers(values: Any) -> Any:
        return strategy().run(add, (values,))

    # steps and losses of a long run need more digits than float32 has
    return tf.function(on_all_workers, input_signature=[tf.TensorSpec([workers()], tf.float64)])


@cache
def _tf_config() -> _TfConfig | None:
    text = os.environ.get("TF_CONFIG")
    if not text:
        return None
    try:
        config = _TfConfig.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'all of it'}: {e['msg']}" for e in error.errors())
    else:
        if config.task.index < len(config.cluster.worker):
            return config
        problems = f"task.index is {config.task.index}, but there are {len(config.cluster.worker)} workers"
    raise ValueError(
        f"TF_CONFIG can't be understood: {problems}. Expected as in "
        '{"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 0}}. '
        f"Received {text!r}. Unset it to train on this machine alone."
    )
