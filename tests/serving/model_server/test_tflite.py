"""A TensorFlow Lite model answers as any other, with --prefer_tflite_model."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from grpc import StatusCode

from serving.model_server.errors import ServingError, StartError
from serving.model_server.servable import LoadOptions, Servable

from .saved_models import save_scale

LITE = LoadOptions(prefer_tflite=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """y = 2 x + 2 as a SavedModel, and y = 3 x + 2 beside it as a TensorFlow Lite model."""
    base = tmp_path_factory.mktemp("lite")
    source = save_scale(base / "source", 3.0)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(source), signature_keys=["serving_default"])
    lite = converter.convert()
    folder = save_scale(base / "1", 2.0)
    (folder / "model.tflite").write_bytes(lite)
    return folder


@pytest.fixture(scope="module")
def servable(folder: Path) -> Servable:
    return Servable.load(folder, LITE)


def test_it_is_preferred_only_when_asked_for(folder, servable):
    x = np.float32([1.0, 2.0])
    assert servable.signature("").predict({"x": x})["y"].numpy().tolist() == [5, 8]
    assert Servable.load(folder).signature("").predict({"x": x})["y"].numpy().tolist() == [4, 6]


def test_a_version_without_one_is_served_as_a_saved_model(scales):
    assert Servable.load(scales[2], LITE).signature("").predict({"x": np.float32([1])})["y"].numpy().tolist() == [4]


def test_the_files_signature_is_shown_and_checked(servable):
    definition = servable.definitions["serving_default"]
    assert definition.inputs["x"].dtype == tf.float32.as_datatype_enum
    assert [dim.size for dim in definition.inputs["x"].tensor_shape.dim] == [-1]
    assert definition.method_name == "tensorflow/serving/predict"
    for wrong in (np.ones([1, 1], np.float32), np.ones(1)):
        with pytest.raises(ServingError) as error:
            servable.signature("").predict({"x": wrong})
        assert error.value.code is StatusCode.INVALID_ARGUMENT
    with pytest.raises(ServingError) as error:
        servable.signature("slow")
    assert error.value.code is StatusCode.FAILED_PRECONDITION


def test_many_threads_get_their_own_answers(servable):
    def ask(number: int) -> list[float]:
        x = np.full([1 + number % 5], number, np.float32)
        return servable.signature("").predict({"x": x})["y"].numpy().tolist()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(200)))
    assert answers == [[3.0 * number + 2.0] * (1 + number % 5) for number in range(200)]


def test_a_file_without_signatures_has_its_tensors_names(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="pair")])
    def total(pair):
        return tf.reduce_sum(pair, axis=1)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([total.get_concrete_function()], None)
    content = converter.convert()
    (tmp_path / "model.tflite").write_bytes(content)
    servable = Servable.load(tmp_path, LITE)
    definition = servable.definitions["serving_default"]
    (name,), (answer,) = definition.inputs, definition.outputs
    outputs = servable.signature("").predict({name: np.float32([[1, 2], [3, 4]])})
    assert outputs[answer].numpy().tolist() == [3, 7]


def test_a_folder_that_holds_nothing_else_is_served(folder, serve, tmp_path):
    (tmp_path / "1").mkdir()
    shutil.copy(folder / "model.tflite", tmp_path / "1")
    doors = serve(tmp_path, prefer_tflite_model=True)
    assert doors.predict(x=np.float32([1.0]))["y"].tolist() == [5]
    with pytest.raises(StartError, match=r"DATA_LOSS: .*/1 holds no SavedModel that can be loaded"):
        serve(tmp_path)


def test_pieces_of_a_saved_model_beside_it_are_waited_for(folder, serve, tmp_path):
    shutil.copytree(folder, tmp_path / "1")
    doors = serve(tmp_path)
    shutil.copytree(folder, tmp_path / "2", ignore=shutil.ignore_patterns("saved_model.pb"))
    threading.Event().wait(0.5)  # several polls
    assert doors.states() == {1: "AVAILABLE"}
    shutil.copy(folder / "saved_model.pb", tmp_path / "2")
    doors.wait_for(2, "AVAILABLE")


def test_a_broken_file_is_not_served(tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"no model at all")
    with pytest.raises(ServingError, match="holds no TensorFlow Lite model that can be loaded") as error:
        Servable.load(tmp_path, LITE)
    assert error.value.code is StatusCode.DATA_LOSS
