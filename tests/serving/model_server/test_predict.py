"""What both doors answer to the same question, and that a wrong tensor never ends the process."""

from __future__ import annotations

import base64

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

from serving.model_server.errors import ServingError
from serving.model_server.servable import LoadOptions, Servable
from serving.model_server.server import start
from serving.model_server.tensors import to_tensor, write

from .conftest import Doors
from .saved_models import save_tensorflow_1

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def test_both_doors_give_the_same_numbers(zoo):
    luminance = np.random.default_rng(0).normal(size=[2, 8, 8, 1]).astype(np.float32)
    hints = np.zeros([2, 8, 8, 3], np.float32)
    over_grpc = zoo.predict("chroma", luminance=luminance, hints=hints)["coefficients"]
    answer = zoo.post({"inputs": {"luminance": luminance.tolist(), "hints": hints.tolist()}}, "chroma")
    assert over_grpc.shape == (2, 8, 8, 4)
    np.testing.assert_array_equal(np.array(answer.json()["outputs"], np.float32), over_grpc)


def test_a_picture_comes_back_as_a_picture(zoo):
    grey = np.full([4, 6, 3], 10, np.uint8)
    png = tf.io.encode_png(grey).numpy()
    over_grpc = zoo.predict("picture", image_bytes=[png])["image_bytes"][0]
    np.testing.assert_array_equal(tf.io.decode_png(over_grpc).numpy(), 255 - grey)

    b64 = {"b64": base64.b64encode(png).decode()}
    rows = zoo.post({"instances": [{"image_bytes": b64}, {"image_bytes": b64}]}, "picture").json()["predictions"]
    assert [base64.b64decode(row["b64"]) for row in rows] == [over_grpc, over_grpc]
    assert zoo.post({"instances": [b64]}, "picture").json()["predictions"] == rows[:1]


@pytest.mark.parametrize("shape", [[8, 8, 1], [8, 8], [], [1, 1, 8, 8, 1], [1, 8, 8, 3], [1, 9, 8, 1]])
def test_a_wrong_shape_is_refused_and_the_server_lives(zoo, shape):
    wrong = np.zeros(shape, np.float32)
    code, message = zoo.refused(zoo.request("chroma", luminance=wrong, hints=np.zeros([1, 8, 8, 3], np.float32)))
    assert code is INVALID
    assert "expect [?,8,8,1]" in message
    assert 'input "luminance"' in message
    answer = zoo.post({"inputs": {"luminance": wrong.tolist(), "hints": [[[[0.0] * 3] * 8] * 8]}}, "chroma")
    assert answer.status_code == 400
    assert "expect [?,8,8,1]" in answer.json()["error"]
    assert zoo.predict(x=[2.0])["y"] == [3.0]


def test_an_empty_batch_is_answered_with_an_empty_batch(zoo):
    assert zoo.predict(x=np.zeros([0], np.float32))["y"].shape == (0,)
    empty = {"luminance": np.zeros([0, 8, 8, 1], np.float32), "hints": np.zeros([0, 8, 8, 3], np.float32)}
    assert zoo.predict("chroma", **empty)["coefficients"].shape[0] == 0


def test_an_input_of_any_shape_takes_any_shape(zoo):
    assert zoo.predict("anything", x=np.float32(5))["y"] == 5
    assert zoo.predict("anything", x=np.ones([2, 0, 3], np.float32))["y"].shape == (2, 0, 3)
    assert zoo.post({"inputs": 1.5}, "anything").json() == {"outputs": 1.5}


def test_what_the_graph_refuses_is_the_clients_mistake(zoo):
    html = b"<html>no picture</html>"
    code, message = zoo.refused(zoo.request("picture", image_bytes=[html]))
    assert code is INVALID
    assert message.startswith("Unknown image file format.")
    assert not any(noise in message for noise in ("\n", "{{", "Graph execution error", ".py", "[Op:"))
    answer = zoo.post({"instances": [{"b64": base64.b64encode(html).decode()}]}, "picture")
    assert answer.status_code == 400
    assert answer.json() == {"error": message}


def test_what_the_model_says_in_an_assertion_reaches_the_client(zoo):
    big = tf.io.encode_png(np.zeros([40, 40, 3], np.uint8)).numpy()
    code, message = zoo.refused(zoo.request("picture", image_bytes=[big]))
    assert code is INVALID
    assert "The picture is too big." in message


def test_a_table_in_the_model_is_initialised(zoo):
    assert zoo.predict("lookup", word=[b"sky", b"sea"])["colour"].tolist() == [b"blue", b"unknown"]


@pytest.fixture(scope="module")
def tensorflow_1(tmp_path_factory):
    """A server of a TensorFlow 1 model."""
    base = tmp_path_factory.mktemp("tensorflow_1")
    save_tensorflow_1(base / "1")
    doors = Doors(start(base, "old", rest_api_port=0, poll_seconds=0), "old")
    yield doors
    doors.close()


def test_a_tensorflow_1_model_is_served(tensorflow_1):
    answer = tensorflow_1.predict(x=[[2.0]])
    assert (answer["y"].tolist(), answer["half"].tolist()) == ([[6.0]], [[3.0]])
    assert tensorflow_1.post({"instances": [{"x": [2.0]}]}).json() == {"predictions": [{"half": [3.0], "y": [6.0]}]}


def test_its_table_is_filled_from_its_own_vocabulary(tensorflow_1):
    assert tensorflow_1.predict("lookup", word=[b"sky", b"sea", b"grass"])["number"].tolist() == [1, -1, 0]


@pytest.mark.parametrize("shape", [[1], [], [2, 3], [2, 1, 1], [0, 1]])
def test_its_shapes_are_not_checked_as_the_original_does_not(tensorflow_1, shape):
    assert tensorflow_1.predict(x=np.ones(shape, np.float32))["y"].shape == tuple(shape)


def test_its_names_and_dtypes_are_checked(tensorflow_1):
    code, message = tensorflow_1.refused(tensorflow_1.request(x=np.ones([1, 1])))
    assert code is INVALID
    assert message.startswith("Type mismatch: actual double vs. expect float")
    assert tensorflow_1.refused(tensorflow_1.request(z=[1.0]))[0] is INVALID


def test_other_tags_name_another_graph(tmp_path):
    folder = save_tensorflow_1(tmp_path / "1", ("serve", "fast"))
    servable = Servable.load(folder, LoadOptions(tags=("fast", "serve")))
    assert servable.signature("").predict({"x": np.float32([[2]])})["y"].numpy().tolist() == [[6]]
    with pytest.raises(
        ServingError, match=r"Could not find meta graph def matching supplied tags: \{ serve \}"
    ) as error:
        Servable.load(folder)
    assert error.value.code is grpc.StatusCode.NOT_FOUND


NUMBERS = [tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64]
NUMBERS += [tf.uint8, tf.uint16, tf.uint32, tf.uint64, tf.bool, tf.complex64]


@pytest.mark.parametrize("as_content", [False, True])
@pytest.mark.parametrize("dtype", NUMBERS, ids=lambda dtype: dtype.name)
def test_a_tensor_comes_back_from_the_wire_as_it_was(dtype, as_content):
    tensor = tf.cast(tf.constant([[0, 1, 2], [100, 5, 1]]), dtype)
    for sent in (tensor, tensor[:0], tensor[0, 1]):
        proto = TensorProto()
        write(sent, proto, as_content)
        np.testing.assert_array_equal(tf.make_ndarray(proto), sent.numpy())
        back = to_tensor("x", proto)
        assert back.dtype == dtype
        np.testing.assert_array_equal(back.numpy(), sent.numpy())


@pytest.mark.parametrize("words", [[b"a\0", b"", b"\xff\0\0"], b"a\0\0", np.zeros([0, 2], object)])
def test_bytes_come_back_from_the_wire_as_they_were(words):
    proto = TensorProto()
    sent = tf.constant(words, tf.string)
    write(sent, proto, as_content=True)
    np.testing.assert_array_equal(to_tensor("x", proto).numpy(), sent.numpy())
    assert list(proto.string_val) == np.ravel(np.array(sent.numpy(), object)).tolist()
