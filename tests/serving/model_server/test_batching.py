"""Requests that wait at the same time run together, and nobody notices except by the time it takes."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from grpc import StatusCode
from prometheus_client.parser import text_string_to_metric_families

from serving.model_server.batching import BatchScheduler
from serving.model_server.batching_parameters import BatchingParameters, read_batching_parameters
from serving.model_server.current_call import Limit, calling
from serving.model_server.errors import ServingError, StartError
from serving.model_server.monitoring import Metrics
from serving.model_server.servable import LoadOptions, Servable

from .conftest import wait_until
from .saved_models import save_rows

FOR_EVER = 600_000_000  # microseconds: a batch that waits so long only runs when it is full

Load = Callable[..., Servable]


class Visitor:
    """A caller that tells when its request is in the queue, and may go away."""

    def __init__(self, seconds: float | None = 60):
        self.entered = threading.Event()
        self.leave: Callable[[], None] = lambda: None
        self._seconds = seconds

    def time_remaining(self) -> float | None:
        return self._seconds

    def add_callback(self, callback: Callable[[], None]) -> bool:
        self.leave = callback
        self.entered.set()
        return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_rows(tmp_path_factory.mktemp("rows") / "1")


@pytest.fixture
def load(folder: Path) -> Load:
    """Loads the model with batching; takes BatchingParameters' fields."""
    return lambda metrics=None, **parameters: Servable.load(
        folder, LoadOptions(metrics=metrics, batching=BatchingParameters(**parameters))
    )


@pytest.fixture
def clients() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def rows(*values: float, length: int = 1) -> np.ndarray:
    """A row of that length for each value."""
    return np.repeat(np.array(values, np.float32)[:, None], length, axis=1)


def predict(servable: Servable, caller: Visitor | Limit | None = None, signature: str = "", **inputs):
    """The answer as arrays; every request of these tests has a limit, so that a mistake ends as a failure."""
    with calling("rows", "Predict", caller or Limit(60)):
        outputs = servable.signature(signature).predict(inputs)
    return {name: tensor.numpy() for name, tensor in outputs.items()}


def refused(answer: Callable[[], object]) -> tuple[StatusCode, str]:
    with pytest.raises(ServingError) as error:
        answer()
    return error.value.code, error.value.message


def ask(clients: ThreadPoolExecutor, servable: Servable, signature: str = "", **inputs) -> tuple[Visitor, Future]:
    """A request from another thread, once it is in the queue."""
    visitor = Visitor()
    answer = clients.submit(predict, servable, visitor, signature, **inputs)
    assert visitor.entered.wait(60)
    return visitor, answer


def test_requests_that_wait_together_run_together(load, clients):
    servable = load(max_batch_size=4, batch_timeout_micros=FOR_EVER)
    values = [1.0, 2.0, 3.0]
    answers = [ask(clients, servable, x=rows(value, length=2))[1] for value in values]
    last = predict(servable, x=rows(4.0, length=2))
    assert last["rows"].tolist() == [4]
    np.testing.assert_array_equal(last["x"], rows(4.0, length=2))
    for value, answer in zip(values, answers, strict=True):
        np.testing.assert_array_equal(answer.result(60)["x"], rows(value, length=2))
        assert answer.result()["rows"].tolist() == [4]


def test_a_request_alone_is_not_kept_waiting_for_ever(load):
    servable = load(max_batch_size=4, batch_timeout_micros=1000)
    assert predict(servable, x=rows(1, 2))["rows"].tolist() == [2, 2]


def test_outputs_are_filtered_for_each_request(load, clients):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    _, all_of_them = ask(clients, servable, x=rows(1))
    assert list(servable.signature("").predict({"x": rows(2)}, ["rows"])) == ["rows"]
    assert sorted(all_of_them.result(60)) == ["rows", "x"]


def test_every_signature_has_a_queue_of_its_own(load, clients):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    _, first = ask(clients, servable, x=rows(1))
    _, second = ask(clients, servable, "root", x=np.float32([4]))
    assert predict(servable, x=rows(2))["rows"].tolist() == [2]
    assert predict(servable, signature="root", x=np.float32([9]))["y"].tolist() == [3]
    assert first.result(60)["x"].tolist() == [[1]]
    assert second.result(60)["y"].tolist() == [2]


def test_a_batch_is_padded_up_to_an_allowed_size(load):
    servable = load(max_batch_size=8, allowed_batch_sizes=(2, 8))
    answer = predict(servable, x=rows(1, 2, 3))
    assert answer["rows"].tolist() == [8, 8, 8]
    np.testing.assert_array_equal(answer["x"], rows(1, 2, 3))
    assert predict(servable, x=rows(1))["rows"].tolist() == [2]


def test_another_shape_is_refused_and_its_neighbours_are_not(load, clients):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    _, waiting = ask(clients, servable, x=rows(1, length=3))
    code, message = refused(lambda: predict(servable, x=rows(2, length=2)))
    assert code is StatusCode.FAILED_PRECONDITION
    assert message.startswith(
        "Tensors with name 'serving_default_x:0' from different tasks have different shapes and padding is turned off."
    )
    assert predict(servable, x=rows(3, length=3))["rows"].tolist() == [2]
    np.testing.assert_array_equal(waiting.result(60)["x"], rows(1, length=3))


@pytest.mark.parametrize(
    ("signature", "name", "short", "long"),
    [("", "x", np.float32([[5, 6]]), np.float32([[1, 2, 3]])), ("words", "word", [[b"a"]], [[b"b", b"c", b"d"]])],
)
def test_lengths_are_evened_out_where_padding_is_on(load, clients, signature, name, short, long):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER, pad_variable_length_inputs=True)
    short, long = (value if isinstance(value, np.ndarray) else np.array(value, object) for value in (short, long))
    _, first = ask(clients, servable, signature, **{name: short})
    np.testing.assert_array_equal(predict(servable, signature=signature, **{name: long})[name], long)
    padded = np.concatenate([short, np.full([1, 3 - short.shape[1]], short[0, 0], short.dtype)], axis=1)
    np.testing.assert_array_equal(first.result(60)[name], padded)


def test_an_empty_row_cannot_be_padded_and_runs_by_itself(load, clients):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER, pad_variable_length_inputs=True)
    _, first = ask(clients, servable, x=np.zeros([1, 0], np.float32))
    assert predict(servable, x=rows(1, length=2))["rows"].tolist() == [1]
    assert first.result(60)["x"].shape == (1, 0)


def test_what_fails_in_a_batch_fails_alone(load, clients):
    servable = load(max_batch_size=3, batch_timeout_micros=FOR_EVER)
    _, good = ask(clients, servable, "root", x=np.float32([4]))
    _, bad = ask(clients, servable, "root", x=np.float32([-1]))
    assert predict(servable, signature="root", x=np.float32([9]))["y"].tolist() == [3]
    assert good.result(60)["y"].tolist() == [2]
    code, message = refused(lambda: bad.result(60))
    assert code is StatusCode.INVALID_ARGUMENT
    assert "There is no root of a negative number." in message


def test_a_wrong_request_is_refused_before_it_joins(load, clients):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    _, waiting = ask(clients, servable, x=rows(1))
    for wrong in (np.float32(1), np.ones([1, 1, 1], np.float32), np.ones([1, 1])):
        assert refused(lambda wrong=wrong: predict(servable, x=wrong))[0] is StatusCode.INVALID_ARGUMENT
    assert predict(servable, x=rows(2))["rows"].tolist() == [2]
    assert waiting.result(60)["rows"].tolist() == [2]


def test_inputs_need_one_number_of_rows(load):
    servable = load()
    assert refused(lambda: predict(servable, signature="add", x=np.ones(2, np.float32), y=np.ones(3, np.float32))) == (
        StatusCode.INVALID_ARGUMENT,
        "Batching Run() input tensors must have equal 0th-dimension size",
    )
    assert predict(servable, signature="add", x=np.float32([1, 2]), y=np.float32([3, 4]))["sum"].tolist() == [4, 6]


def test_a_request_larger_than_a_batch_is_refused(load):
    assert refused(lambda: predict(load(max_batch_size=2), x=rows(1, 2, 3))) == (
        StatusCode.INVALID_ARGUMENT,
        "Task size 3 is larger than maximum input batch size 2",
    )


def test_a_full_queue_is_unavailable_until_somebody_leaves(load, clients):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER, max_enqueued_batches=1)
    visitor, waiting = ask(clients, servable, x=rows(1))
    code, message = refused(lambda: predict(servable, x=rows(2, 3)))
    assert code is StatusCode.UNAVAILABLE
    assert message == (
        "The batch scheduling queue to which this task was submitted is full; currently 1 batches enqueued and "
        "max_enqueued_batches is 1"
    )
    visitor.leave()
    assert refused(lambda: waiting.result(60))[0] is StatusCode.CANCELLED
    assert predict(servable, x=rows(2, 3))["rows"].tolist() == [2, 2]


def test_a_request_whose_time_is_up_leaves_the_queue(load):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER, max_enqueued_batches=1)
    code, message = refused(lambda: predict(servable, Limit(0.05), x=rows(1)))
    assert code is StatusCode.DEADLINE_EXCEEDED
    assert message == "Run() timeout exceeded while waiting in batching queue"
    assert predict(servable, x=rows(2, 3))["x"].tolist() == [[2], [3]]


def test_a_client_that_has_gone_already_does_not_wait(load):
    class Gone(Limit):
        def add_callback(self, callback):
            return False

    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    assert refused(lambda: predict(servable, Gone(60), x=rows(1)))[0] is StatusCode.CANCELLED


def test_an_output_without_rows_keeps_its_signature_out_of_batches(load):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    answer = predict(servable, signature="palette", x=np.float32([1]))
    assert answer["x"].tolist() == [1]
    assert answer["centres"].shape == (3, 2)


def test_an_output_that_breaks_its_word_is_refused(load):
    assert refused(lambda: predict(load(), signature="twice", x=np.float32([1, 2]))) == (
        StatusCode.FAILED_PRECONDITION,
        "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input tensors",
    )


def test_no_rows_are_answered_with_no_rows(load):
    servable = load(max_batch_size=2, batch_timeout_micros=FOR_EVER, allowed_batch_sizes=(2,))
    assert predict(servable, x=np.zeros([0, 3], np.float32))["x"].shape == (0, 3)


def test_everybody_gets_their_own_rows(load, clients):
    metrics = Metrics()
    servable = load(metrics, max_batch_size=8, num_batch_threads=2, max_enqueued_batches=1000, batch_timeout_micros=500)

    def visit(client: int) -> int:
        for turn in range(20):
            mine = rows(*(100 * client + turn + 0.25 * row for row in range(1 + (client + turn) % 3)))
            np.testing.assert_array_equal(predict(servable, x=mine)["x"], mine)
        return 20

    assert sum(clients.map(visit, range(16))) == 320
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.labels.get("thread_pool_name") == "model_server_batch_threads"
    }
    assert samples[":tensorflow:serving:batching_session:queuing_latency_count"] == 320


def test_who_finds_a_free_turn_runs_in_their_own_thread_and_the_next_ones_run_together(clients):
    seen: list[tuple[int, int]] = []
    running, go_on = threading.Event(), threading.Event()

    def double(inputs):
        seen.append((threading.get_ident(), inputs["x"].shape[0]))
        running.set()
        assert go_on.wait(60)
        return {"y": 2 * inputs["x"]}

    scheduler = BatchScheduler(BatchingParameters(max_batch_size=4, num_batch_threads=1))
    queue = scheduler.queue(double, {"x": "x"})

    def ask_queue(value: float) -> tuple[int, list[list[float]]]:
        return threading.get_ident(), queue({"x": tf.constant(rows(value))})["y"].numpy().tolist()

    first = clients.submit(ask_queue, 1)
    assert running.wait(60)
    others = [clients.submit(ask_queue, value) for value in (2, 3)]
    wait_until(lambda: queue.batches and queue.batches[0].rows == 2)
    go_on.set()
    thread, answer = first.result(60)
    assert answer == [[2]]
    assert [other.result(60)[1] for other in others] == [[[4]], [[6]]]
    assert seen[0] == (thread, 1)
    assert [rows_run for _, rows_run in seen] == [1, 2]
    scheduler.close()


def test_the_threads_go_with_the_version(load):
    servable = load(thread_pool_name="of-this-test", num_batch_threads=3)
    predict(servable, x=rows(1))

    def alive() -> int:
        gc.collect()
        return sum(thread.name.startswith("of-this-test") for thread in threading.enumerate())

    assert alive() == 3
    del servable
    wait_until(lambda: alive() == 0)


def read(tmp_path: Path, text: str) -> BatchingParameters:
    (tmp_path / "batching.config").write_text(text)
    return read_batching_parameters(tmp_path / "batching.config")


def test_a_file_says_everything(tmp_path):
    text = """
        max_batch_size { value: 16 } batch_timeout_micros { value: 250 } max_enqueued_batches { value: 7 }
        num_batch_threads { value: 3 } thread_pool_name { value: "pool" }
        allowed_batch_sizes: 4 allowed_batch_sizes: 16 pad_variable_length_inputs: true
    """
    assert read(tmp_path, text) == BatchingParameters(16, 250, 7, 3, "pool", (4, 16), True)


def test_what_a_file_leaves_out_has_its_default(tmp_path):
    parameters = read(tmp_path, "# nothing")
    assert parameters == BatchingParameters()
    assert (parameters.max_batch_size, parameters.batch_timeout_micros, parameters.max_enqueued_batches) == (
        1000,
        0,
        10,
    )
    assert parameters.threads >= 1
    assert not parameters.pad_variable_length_inputs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batch_size { value: 0 }", "max_batch_size must be 1 or more; received 0"),
        ("batch_timeout_micros { value: -1 }", "batch_timeout_micros must be 0 or more; received -1"),
        ("max_enqueued_batches { value: 0 }", "max_enqueued_batches must be 1 or more"),
        ("num_batch_threads { value: 0 }", "num_batch_threads must be 1 or more"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: 4", "final entry in allowed_batch_sizes must equal"),
        ("allowed_batch_sizes: 8 allowed_batch_sizes: 4", "must be monotonically increasing"),
        ("max_batch_size: 8", "Error parsing text-format tensorflow.serving.BatchingParameters"),
        ("batch_size { value: 8 }", "Its fields are max_batch_size, batch_timeout_micros"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, text, message):
    with pytest.raises(StartError) as error:
        read(tmp_path, text)
    assert message in str(error.value)
    assert "batching.config" in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StartError, match=r"Cannot read .*none\.config"):
        read_batching_parameters(tmp_path / "none.config")
