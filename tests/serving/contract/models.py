"""The models that the contract is tried on, written for any server that speaks it.

    python -m tests.serving.contract.models contract-models

It prints the docker command that serves them. Each is tiny, and together they have every kind of signature.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf

from .example_model import save_example_model

CONFIG_FILE = "models.config"

# A server is to be started with these beside the ports and the config file.
FLAGS = ["--allow_version_labels_for_unavailable_models=true", "--enable_grpc_healthcheck_service=true"]


def spec(shape, dtype, name):
    return tf.TensorSpec(shape, dtype, name)


class HalfPlus(tf.Module):
    """y = x / 2 + offset, so that an answer tells which version gave it."""

    def __init__(self, offset: float):
        self.offset = tf.Variable(offset)

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def serving_default(self, x):
        return {"y": 0.5 * x + self.offset}


class Kinds(tf.Module):
    """One signature for each kind of thing that may pass through a server."""

    def __init__(self):
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(["grass", "sky"], ["green", "blue"]), "unknown"
        )

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def serving_default(self, x):
        return {"y": x}

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
    def several(self, small, large, tiny, flag, text, double):
        return {"small": small, "large": large, "tiny": tiny, "flag": flag, "text": text, "double": double}

    @tf.function(input_signature=[spec([None], tf.string, "image_bytes")])
    def picture(self, image_bytes):
        return {"image_bytes": image_bytes}

    @tf.function(input_signature=[spec([None], tf.string, "word")])
    def lookup(self, word):
        return {"colour": self.table.lookup(word)}

    @tf.function(input_signature=[spec([None], tf.string, "blob")])
    def blob(self, blob):
        return {"text": blob}

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def total(self, x):
        return {"sum": tf.reduce_sum(x), "x": x}

    @tf.function(input_signature=[spec([None, 1], tf.float32, "x")])
    def palette(self, x):
        """One output has a row for each of the input's, the other has rows of its own."""
        return {"near": x, "table": tf.constant([[1.0], [2.0], [3.0]])}

    @tf.function(input_signature=[spec([None], tf.float16, "x")])
    def half(self, x):
        return {"y": x}

    @tf.function(input_signature=[spec(None, tf.float32, "x")])
    def anything(self, x):
        return {"y": x}

    @tf.function(input_signature=[spec([None, 2, 3], tf.float32, "x")])
    def grid(self, x):
        return {"y": tf.reduce_sum(x, axis=[1, 2])}

    @tf.function(input_signature=[spec([None], tf.float32, "x")])
    def small_only(self, x):
        small = tf.debugging.assert_less(x, 10.0, message="Too large for this model.")
        with tf.control_dependencies([small]):
            return {"y": tf.identity(x)}

    @tf.function(input_signature=[spec([None], tf.string, "inputs")])
    def classify(self, inputs):
        """Of TensorFlow 2, so that its method_name says predict."""
        x = tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"]
        return {"scores": tf.concat([x, 1 - x], axis=1)}


def save(model: tf.Module, folder: Path) -> None:
    """A version folder with a signature for each tf.function of a model."""
    functions = {name: getattr(model, name) for name in vars(type(model)) if not name.startswith("_")}
    tf.saved_model.save(model, str(folder), signatures=functions)


def save_tensorflow_1(folder: Path) -> None:
    """A version folder as TensorFlow 1 wrote them: a graph and a session, no objects. y = 3 x."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], "x")
        y = x * v1.get_variable("factor", initializer=3.0)
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        signature = v1.saved_model.predict_signature_def({"x": x}, {"y": y})
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()


def config(folder: Path, stable: int = 1, canary: int = 2) -> str:
    """The configuration that serves the models of a folder."""

    def entry(name: str, more: str = "") -> str:
        return f'  config {{ name: "{name}" base_path: "{folder / name}" model_platform: "tensorflow" {more}}}\n'

    both = (
        "model_version_policy { specific { versions: 1 versions: 2 } } "
        f'version_labels {{ key: "stable" value: {stable} }} version_labels {{ key: "canary" value: {canary} }} '
    )
    entries = entry("half_plus", both) + "".join(map(entry, ("kinds", "examples", "tensorflow_1")))
    return f"model_config_list {{\n{entries}}}\n"


def write(folder: Path) -> Path:
    """Writes all models and their configuration; the path of the latter."""
    folder = folder.resolve()
    save(HalfPlus(2.0), folder / "half_plus" / "1")
    save(HalfPlus(3.0), folder / "half_plus" / "2")
    save(Kinds(), folder / "kinds" / "7")
    save_example_model(folder / "examples" / "1")
    save_tensorflow_1(folder / "tensorflow_1" / "3")
    (folder / CONFIG_FILE).write_text(config(folder))
    return folder / CONFIG_FILE


def main() -> None:
    """Writes the models and says how to go on."""
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tests.serving.contract.models FOLDER")
    file = write(Path(sys.argv[1]))
    # Mounted under its own path, so that the base paths of the configuration hold inside too.
    print(
        f"docker run --rm -p 8500:8500 -p 8501:8501 -v {file.parent}:{file.parent} tensorflow/serving "
        f"--model_config_file={file} {' '.join(FLAGS)}\n\n"
        f"HANDTINT_CONTRACT_GRPC=127.0.0.1:8500 HANDTINT_CONTRACT_REST=http://127.0.0.1:8501 \\\n"
        f"HANDTINT_CONTRACT_MODELS={file.parent} python -m pytest tests/serving/contract"
    )


if __name__ == "__main__":
    main()
