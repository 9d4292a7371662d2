"""Puts the rows of requests that wait at the same time together, so that a model runs once for all of them.

    scheduler = BatchScheduler(BatchingParameters(max_batch_size=32, batch_timeout_micros=2000))
    run = scheduler.queue(function, feed_names)    # a function that batches what its callers bring
    outputs = run({"x": rows})                     # waits for its turn; called by one thread a request
    scheduler.close()

Every signature has a queue. A batch is ready when it is full or its first request has waited for the timeout, and the
oldest ready one runs as soon as one of the scheduler's turns is free, as many as it has threads; until then others may
join it. A request that need wait for nobody takes a free turn in its caller's own thread.

Better than the original: a request whose shape does not fit the waiting batch is refused by itself, and when a batch
fails its requests run once more one by one, so a bad picture never fails its neighbours. A caller that goes away, or
whose time is up, leaves the queue.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field

import tensorflow as tf
from grpc import StatusCode

from serving.model_server.batch_tensors import Tensors, check_same_shape, merge, rows_of, split
from serving.model_server.batching_parameters import BatchingParameters
from serving.model_server.current_call import current
from serving.model_server.errors import ServingError, invalid
from serving.model_server.monitoring import Metrics

log = logging.getLogger(__name__)

Function = Callable[[Tensors], Tensors]


@dataclass(eq=False)
class _Task:
    """One request that waits."""

    inputs: Tensors
    rows: int
    since: float
    answer: Future[dict[str, tf.Tensor]] = field(default_factory=Future)


@dataclass(eq=False)
class _Batch:
    """Requests that will run together; changed only under the scheduler's lock."""

    since: float
    tasks: list[_Task] = field(default_factory=list)
    closed: bool = False  # another one has been begun behind it

    @property
    def rows(self) -> int:
        return sum(task.rows for task in self.tasks)


class BatchScheduler:
    """The queues and batch threads of one loaded version of a model."""

    def __init__(self, parameters: BatchingParameters, metrics: Metrics | None = None):
        self.parameters = parameters
        self.metrics = metrics
        self.changed = threading.Condition()
        self._queues: list[BatchQueue] = []
        self._free = parameters.threads  # turns
        self._stopped = False
        for index in range(parameters.threads):
            name = f"{parameters.thread_pool_name}-{index}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    def queue(self, function: Function, feed_names: Mapping[str, str]) -> BatchQueue:
        """A queue in front of a function that takes and gives tensors with as many rows as each other.

        `feed_names` says what messages call the inputs: the graph's names for them.
        """
        queue = BatchQueue(self, function, feed_names)
        with self.changed:
            self._queues.append(queue)
        return queue

    def close(self) -> None:
        """Lets the threads end once they have run what waits. Nothing may be asked of the queues afterwards."""
        with self.changed:
            self._stopped = True
            self.changed.notify_all()

    def take_turn(self) -> bool:
        """Whether a request may run at once: nobody else need be waited for, nobody waits, and a turn is free."""
        if self.parameters.batch_timeout_micros:
            return False
        with self.changed:
            if not self._free or any(queue.batches for queue in self._queues):
                return False
            self._free -= 1
            return True

    def end_turn(self) -> None:
        """Makes room for the next batch."""
        with self.changed:
            self._free += 1
            self.changed.notify_all()

    def _work(self) -> None:
        while self._run_next():
            pass

    def _run_next(self) -> bool:
        """Runs one batch, and keeps nothing of it while waiting for another; false when there will be no more."""
        chosen = self._next()
        if chosen is None:
            return False
        queue, tasks = chosen
        try:
            queue.run_batch(tasks)
        finally:
            self.end_turn()
        return True

    def _next(self) -> tuple[BatchQueue, list[_Task]] | None:
        """Waits for a batch that is ready, and a turn, which is taken; None when there will be no more."""
        with self.changed:
            while True:
                waits = {queue: queue.ready_in() for queue in self._queues if queue.batches}
                ready = [queue for queue, seconds in waits.items() if seconds <= 0 or self._stopped]
                if ready and self._free:
                    self._free -= 1
                    queue = min(ready, key=lambda one: one.batches[0].since)
                    return queue, queue.batches.popleft().tasks
                if self._stopped and not ready:
                    return None
                self.changed.wait(None if ready else min(waits.values(), default=None))


class BatchQueue:
    """One signature's queue. Calling it is calling its function, together with whoever else does."""

    def __init__(self, scheduler: BatchScheduler, function: Function, feed_names: Mapping[str, str]):
        self.batches: deque[_Batch] = deque()  # only the last one may be open
        self._scheduler = scheduler
        self._function = function
        self._feed_names = feed_names

    def __call__(self, inputs: Tensors) -> dict[str, tf.Tensor]:
        """The function's outputs for these inputs.

        Raises:
            ServingError: INVALID_ARGUMENT for inputs that make no rows, or too many; FAILED_PRECONDITION for rows of
                another shape than those that wait, and for outputs that make no rows; UNAVAILABLE, the queue is full;
                DEADLINE_EXCEEDED or CANCELLED, the caller has not waited so long.
            Exception: whatever the function raises.
        """
        rows = rows_of(inputs)
        if not rows:
            return dict(self._function(inputs))  # there is nothing to put together, nor to pad with
        task = _Task(inputs, rows, time.monotonic())
        if rows <= self._scheduler.parameters.max_batch_size and self._scheduler.take_turn():
            try:
                self.run_batch([task])
            finally:
                self._scheduler.end_turn()
            return task.answer.result()
        batch = self._enter(task)
        call = current()
        if call and not call.caller.add_callback(task.answer.cancel):
            task.answer.cancel()
        try:
            return task.answer.result(call.caller.time_remaining() if call else None)
        except CancelledError:
            raise ServingError(StatusCode.CANCELLED, "The client went away before its request was run.") from None
        except TimeoutError:
            if task.answer.done():
                return task.answer.result()  # in the last moment, or the function's own TimeoutError
            raise ServingError(
                StatusCode.DEADLINE_EXCEEDED, "Run() timeout exceeded while waiting in batching queue"
            ) from None
        finally:
            if task.answer.cancel():
                self._leave(batch, task)

    def ready_in(self) -> float:
        """Seconds until the first batch may run."""
        batch, parameters = self.batches[0], self._scheduler.parameters
        if batch.closed or batch.rows >= parameters.max_batch_size:
            return 0.0
        return batch.since + parameters.batch_timeout_micros / 1e6 - time.monotonic()

    def run_batch(self, tasks: list[_Task]) -> None:
        """Runs what waited together and hands out the answers. Never raises."""
        metrics, now = self._scheduler.metrics, time.monotonic()
        # Those whose callers have gone in the meantime drop out here.
        tasks = [task for task in tasks if task.answer.set_running_or_notify_cancel()]
        if metrics:
            for task in tasks:
                metrics.queuing(self._scheduler.parameters.thread_pool_name, now - task.since)
        if tasks:
            self._answer(tasks)

    def _answer(self, tasks: list[_Task]) -> None:
        rows = [task.rows for task in tasks]
        size = self._scheduler.parameters.padded(sum(rows))
        try:
            answers = split(self._function(merge([task.inputs for task in tasks], size)), rows, size)
        except Exception as error:
            if len(tasks) == 1:
                tasks[0].answer.set_exception(error)
                return
            log.info("A batch of %d requests failed (%s); each runs by itself", len(tasks), type(error).__name__)
            for task in tasks:
                self._answer([task])
            return
        for task, outputs in zip(tasks, answers, strict=True):
            task.answer.set_result(outputs)

    def _enter(self, task: _Task) -> _Batch:
        """Joins the open batch, or begins one."""
        parameters = self._scheduler.parameters
        if task.rows > parameters.max_batch_size:
            raise invalid(f"Task size {task.rows} is larger than maximum input batch size {parameters.max_batch_size}")
        with self._scheduler.changed:
            batch = self.batches[-1] if self.batches else None
            if batch and batch.rows + task.rows > parameters.max_batch_size:
                if len(self.batches) >= parameters.max_enqueued_batches:
                    raise ServingError(
                        StatusCode.UNAVAILABLE,
                        "The batch scheduling queue to which this task was submitted is full; currently "
                        f"{len(self.batches)} batches enqueued and max_enqueued_batches is "
                        f"{parameters.max_enqueued_batches}",
                    )
                batch.closed = True
                batch = None
            if batch is None:
                batch = _Batch(task.since)
                self.batches.append(batch)
            else:
                padding = parameters.pad_variable_length_inputs
                check_same_shape(task.inputs, batch.tasks[0].inputs, self._feed_names, padding)
            batch.tasks.append(task)
            self._scheduler.changed.notify()
        return batch

    def _leave(self, batch: _Batch, task: _Task) -> None:
        """Makes room for others; a batch that has begun meanwhile drops the task by itself."""
        with self._scheduler.changed:
            if batch in self.batches:
                batch.tasks.remove(task)
                if not batch.tasks:
                    self.batches.remove(batch)
