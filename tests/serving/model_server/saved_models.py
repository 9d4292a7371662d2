"""SavedModels made for these tests: small, but of every kind of input and output."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog


def spec(shape, dtype, name):
    return tf.TensorSpec(shape, dtype, name)


class Scale(tf.Module):
    """y = factor * x + 2, so that an answer tells which version gave it."""

    def __init__(self, factor: float):
        self.factor = tf.Variable(factor)

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def serving_default(self, x):
        return {"y": self.factor * x + 2.0}

    @tf.function(input_signature=[spec([None], tf.float64, "seconds")])
    def slow(self, seconds):
        """Works for so many seconds."""
        start = tf.timestamp()
        turns = tf.constant(0)
        while tf.timestamp() - start < seconds[0]:
            turns += 1
        return {"factor": self.factor * tf.ones_like(seconds, tf.float32), "turns": turns[tf.newaxis]}


class Zoo(tf.Module):
    """One signature for each kind of thing that may pass through the server."""

    def __init__(self):
        self.kernel = tf.Variable(tf.ones([3, 3, 1, 4]))
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(["grass", "sky"], ["green", "blue"]), "unknown"
        )

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def serving_default(self, x):
        return {"y": 0.5 * x + 2.0}

    @tf.function(
        input_signature=[
            spec([None, 8, 8, 1], tf.float32, "luminance"),
            spec([None, 8, 8, 3], tf.float32, "hints"),
        ]
    )
    def chroma(self, luminance, hints):
        drawn = tf.nn.conv2d(luminance, self.kernel, 1, "SAME")
        return {"coefficients": drawn + tf.reduce_sum(hints, axis=-1, keepdims=True)}

    @tf.function(input_signature=[spec([None], tf.string, "image_bytes")])
    def picture(self, image_bytes):
        def reverse(one):
            picture = tf.io.decode_image(one, channels=3, expand_animations=False)
            small = tf.debugging.assert_less(tf.size(picture), 1000, message="The picture is too big.")
            with tf.control_dependencies([small]):
                return tf.io.encode_png(255 - picture)

        return {"image_bytes": tf.map_fn(reverse, image_bytes)}

    @tf.function(
        input_signature=[
            spec([None], tf.int32, "small"),
            spec([None], tf.int64, "large"),
            spec([None], tf.uint8, "tiny"),
            spec([None], tf.bool, "flag"),
            spec([None], tf.string, "text"),
            spec([None], tf.float64, "double"),
        ]
    )
    def kinds(self, small, large, tiny, flag, text, double):
        return {"small": small, "large": large, "tiny": tiny, "flag": flag, "text": text, "double": double}

    @tf.function(input_signature=[spec([None], tf.string, "word")])
    def lookup(self, word):
        return {"colour": self.table.lookup(word)}

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def total(self, x):
        return {"sum": tf.reduce_sum(x), "x": x}

    @tf.function(input_signature=[spec([None, 1], tf.float32, "x")])
    def palette(self, x):
        """One output has a row for each of the input's, the other has rows of its own."""
        return {"probabilities": x, "centres": tf.constant([[-70.0, 70.0], [0.0, 0.0], [60.0, 40.0]])}

    @tf.function(input_signature=[spec([None], tf.float16, "x")])
    def half(self, x):
        return {"y": x}

    @tf.function(input_signature=[spec(None, tf.float32, "x")])
    def anything(self, x):
        return {"y": x}

    @tf.function(input_signature=[spec([None], tf.string, "blob")])
    def blob(self, blob):
        return {"text": blob}


def save_scale(folder: Path, factor: float) -> Path:
    """A version folder of Scale."""
    model = Scale(factor)
    tf.saved_model.save(model, str(folder), signatures={"serving_default": model.serving_default, "slow": model.slow})
    return folder


def save_zoo(folder: Path) -> Path:
    """A version folder of Zoo."""
    zoo = Zoo()
    names = ["serving_default", "chroma", "picture", "kinds", "lookup", "total", "palette", "half", "anything", "blob"]
    tf.saved_model.save(zoo, str(folder), signatures={name: getattr(zoo, name) for name in names})
    return folder


def save_tensorflow_1(folder: Path) -> Path:
    """A version folder as TensorFlow 1 wrote them: a graph and a session, no objects. y = 3 x."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], "x")
        y = x * v1.get_variable("factor", initializer=3.0)
        session.run(v1.global_variables_initializer())
        signature = v1.saved_model.predict_signature_def({"x": x}, {"y": y})
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()
    return folder


def add_warm_up(folder: Path, *requests: PredictRequest) -> None:
    """Puts warm-up requests beside a SavedModel."""
    (folder / "assets.extra").mkdir()
    with tf.io.TFRecordWriter(str(folder / "assets.extra" / "tf_serving_warmup_requests")) as writer:
        for request in requests:
            log = PredictionLog()
            log.predict_log.request.CopyFrom(request)
            writer.write(log.SerializeToString())
