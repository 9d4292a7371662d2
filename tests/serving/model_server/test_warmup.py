"""Every kind of recorded request warms a version up, and one that fails keeps it out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf
from grpc import StatusCode
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from serving.model_server.batching_parameters import BatchingParameters
from serving.model_server.errors import ServingError
from serving.model_server.monitoring import Metrics
from serving.model_server.servable import LoadOptions, Servable

from .saved_models import add_warm_up_logs, save_examples

Stage = Callable[..., Path]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_examples(tmp_path_factory.mktemp("examples") / "1")


@pytest.fixture
def stage(model: Path, tmp_path: Path) -> Stage:
    """A copy of the version with these warm-up records beside it."""

    def put(*logs: PredictionLog) -> Path:
        folder = Path(shutil.copytree(model, tmp_path / "1"))
        add_warm_up_logs(folder, *logs)
        return folder

    return put


def example(x: float = 0.25) -> tf.train.Example:
    return tf.train.Example(features=tf.train.Features(feature={"x": tf.train.Feature(float_list={"value": [x]})}))


def predict_log(signature: str = "regress", name: str = "inputs") -> PredictionLog:
    log = PredictionLog()
    request = log.predict_log.request
    request.model_spec.signature_name = signature
    request.inputs[name].CopyFrom(tf.make_tensor_proto([example().SerializeToString()]))
    return log


def classify_log(signature: str = "classify") -> PredictionLog:
    log = PredictionLog()
    log.classify_log.request.model_spec.signature_name = signature
    log.classify_log.request.input.example_list.examples.append(example())
    return log


def regress_log(signature: str = "regress") -> PredictionLog:
    log = PredictionLog()
    log.regress_log.request.model_spec.signature_name = signature
    log.regress_log.request.input.example_list.examples.append(example())
    return log


def multi_inference_log(method: str = "regress") -> PredictionLog:
    log = PredictionLog()
    request = log.multi_inference_log.request
    for signature, of_task in (("classify", "classify"), ("regress", method)):
        task = request.tasks.add(method_name=f"tensorflow/serving/{of_task}")
        task.model_spec.name = "examples"
        task.model_spec.signature_name = signature
    request.input.example_list.examples.append(example())
    return log


def warm_ups(metrics: Metrics, folder: Path, status: str) -> bool:
    """Whether exactly one warm-up of that folder ended like that."""
    labels = f'model_path="{folder}",status="{status}"'
    return f":tensorflow:serving:model_warmup_latency_count{{{labels}}} 1\n" in metrics.render().decode()


@pytest.mark.parametrize("batching", [None, BatchingParameters(max_batch_size=4, allowed_batch_sizes=(2, 4))])
def test_all_kinds_of_requests_run(stage, batching):
    metrics = Metrics()
    folder = stage(predict_log(), classify_log(), regress_log(), multi_inference_log())
    servable = Servable.load(folder, LoadOptions(metrics=metrics, batching=batching))
    assert sorted(servable.signatures) == ["classify", "regress"]
    assert warm_ups(metrics, folder, "OK")


@pytest.mark.parametrize(
    ("log", "code"),
    [
        (predict_log("nothing"), StatusCode.FAILED_PRECONDITION),
        (predict_log("regress", "x"), StatusCode.INVALID_ARGUMENT),
        (classify_log("regress"), StatusCode.INVALID_ARGUMENT),
        (regress_log("classify"), StatusCode.INVALID_ARGUMENT),
        (multi_inference_log("guess"), StatusCode.UNIMPLEMENTED),
    ],
)
def test_one_that_fails_keeps_the_version_out(stage, log, code):
    metrics = Metrics()
    folder = stage(regress_log(), log)
    with pytest.raises(ServingError, match="Warm-up record 1 of") as error:
        Servable.load(folder, LoadOptions(metrics=metrics))
    assert error.value.code is code
    assert warm_ups(metrics, folder, code.name)


def test_a_kind_that_cannot_be_run_keeps_the_version_out(stage):
    log = PredictionLog()
    log.session_run_log.SetInParent()
    with pytest.raises(ServingError, match="Unsupported log_type for warmup: session_run_log") as error:
        Servable.load(stage(log))
    assert error.value.code is StatusCode.UNIMPLEMENTED


def test_more_than_a_thousand_are_refused(stage):
    with pytest.raises(ServingError, match=r"Number of warmup records exceeds the maximum \(1000\)"):
        Servable.load(stage(*[regress_log()] * 1001))


def test_it_can_be_left_out(stage):
    metrics = Metrics()
    folder = stage(predict_log("nothing"))
    assert Servable.load(folder, LoadOptions(warm_up=False, metrics=metrics)).signatures
    assert b"model_warmup_latency_count" not in metrics.render()
