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


class Rows(tf.Module):
    """Says how many rows ran together, so that a test sees a batch."""

    @tf.function(input_signature=[spec([None, None], tf.float32, "x")])
    def serving_default(self, x):
        return {"x": x, "rows": tf.fill([tf.shape(x)[0]], tf.shape(x)[0])}

    @tf.function(input_signature=[spec([None, None], tf.string, "word")])
    def words(self, word):
        return {"word": word}

    @tf.function(input_signature=[spec([None], tf.float32, "x"), spec([None], tf.float32, "y")])
    def add(self, x, y):
        return {"sum": x + y, "rows": tf.fill([tf.shape(x)[0]], tf.shape(x)[0])}

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def root(self, x):
        """Refuses a batch as soon as one number in it is negative."""
        check = tf.debugging.assert_non_negative(x, message="There is no root of a negative number.")
        with tf.control_dependencies([check]):
            return {"y": tf.sqrt(x), "rows": tf.fill([tf.shape(x)[0]], tf.shape(x)[0])}

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def palette(self, x):
        """One output belongs to the model, not to a row."""
        return {"x": x, "centres": tf.constant([[-70.0, 70.0], [0.0, 0.0], [60.0, 40.0]])}

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def twice(self, x):
        """Does not say so, but gives two rows for each."""
        doubled = tf.repeat(x, 2)
        return {"y": tf.boolean_mask(doubled, tf.math.is_finite(doubled))}


class Examples(tf.Module):
    """Takes serialised tf.Examples: one signature classifies, one regresses."""

    def _x(self, inputs):
        return tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([], tf.float32)})["x"]

    @tf.function(input_signature=[spec([None], tf.string, "inputs")])
    def classify(self, inputs):
        x = self._x(inputs)
        labels = tf.tile(tf.constant([["low", "high"]]), [tf.size(x), 1])
        return {"classes": labels, "scores": tf.stack([1.0 - x, x], axis=1)}

    @tf.function(input_signature=[spec([None], tf.string, "inputs")])
    def regress(self, inputs):
        return {"outputs": 2.0 * self._x(inputs)}


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


def save_rows(folder: Path) -> Path:
    """A version folder of Rows."""
    rows = Rows()
    names = ["serving_default", "words", "add", "root", "palette", "twice"]
    tf.saved_model.save(rows, str(folder), signatures={name: getattr(rows, name) for name in names})
    return folder


def save_examples(folder: Path) -> Path:
    """A version folder of Examples."""
    model = Examples()
    signatures = {"classify": model.classify, "regress": model.regress}
    tf.saved_model.save(model, str(folder), signatures=signatures)
    return folder


def save_tensorflow_1(folder: Path, tags: tuple[str, ...] = ("serve",)) -> Path:
    """A version folder as TensorFlow 1 wrote them: a graph and a session, no objects.

    y = 3 x for x [N, 1], and the number of a word in a vocabulary, whose table the graph's main_op fills.
    """
    v1 = tf.compat.v1
    vocabulary = folder.parent / f"{folder.name}.vocabulary"
    vocabulary.write_text("grass\nsky\n")
    lines = tf.lookup.TextFileIndex
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 1], "x")
        y = x * v1.get_variable("factor", initializer=3.0)
        word = v1.placeholder(tf.string, [None], "word")
        numbers = tf.lookup.TextFileInitializer(
            str(vocabulary), tf.string, lines.WHOLE_LINE, tf.int64, lines.LINE_NUMBER
        )
        number = tf.lookup.StaticHashTable(numbers, -1).lookup(word)
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        builder = v1.saved_model.Builder(str(folder))
        describe = v1.saved_model.predict_signature_def
        builder.add_meta_graph_and_variables(
            session,
            list(tags),
            {
                "serving_default": describe({"x": x}, {"y": y, "half": y / 2}),
                "lookup": describe({"word": word}, {"number": number}),
            },
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            main_op=v1.tables_initializer(),
        )
        builder.save()
    vocabulary.unlink()  # the model carries its own copy
    return folder


def add_warm_up(folder: Path, *requests: PredictRequest) -> None:
    """Puts warm-up requests beside a SavedModel."""
    logs = [PredictionLog() for _ in requests]
    for log, request in zip(logs, requests, strict=True):
        log.predict_log.request.CopyFrom(request)
    add_warm_up_logs(folder, *logs)


def add_warm_up_logs(folder: Path, *logs: PredictionLog) -> None:
    """Puts warm-up records of any kind beside a SavedModel."""
    (folder / "assets.extra").mkdir()
    with tf.io.TFRecordWriter(str(folder / "assets.extra" / "tf_serving_warmup_requests")) as writer:
        for log in logs:
            writer.write(log.SerializeToString())
