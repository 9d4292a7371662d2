"""A TensorFlow 1 model that takes tf.Examples: signatures that classify and regress, and some that only seem to.

python -m tests.serving.contract.models contract-models

Every example has `x`, and may have `name` and `bonus`.
"""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


def save_example_model(folder: Path) -> None:
    """A version folder: `serving_default` regresses to x / 2 + 2 + bonus, `classify` gives x and 1 - x as scores."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        serialized = v1.placeholder(tf.string, [None], "tf_example")
        features = tf.io.parse_example(
            serialized,
            {
                "x": tf.io.FixedLenFeature([1], tf.float32),
                "bonus": tf.io.FixedLenFeature([1], tf.int64, default_value=[0]),
                "name": tf.io.FixedLenFeature([1], tf.string, default_value=["nobody"]),
            },
        )
        half = v1.get_variable("half", initializer=0.5)
        x = tf.identity(features["x"], "x")
        value = half * x + 2.0 + tf.cast(features["bonus"], tf.float32)
        scores = tf.concat([x, 1.0 - x], axis=1)
        classes = tf.concat([features["name"], tf.fill(tf.shape(x), "other")], axis=1)
        session.run(v1.global_variables_initializer())

        def signature(method, inputs=None, **outputs):
            return v1.saved_model.build_signature_def(
                {name: v1.saved_model.build_tensor_info(t) for name, t in (inputs or {"inputs": serialized}).items()},
                {name: v1.saved_model.build_tensor_info(t) for name, t in outputs.items()},
                method,
            )

        signatures = {
            "serving_default": signature(REGRESS, outputs=value),
            "classify": signature(CLASSIFY, classes=classes, scores=scores),
            # other forms that are right
            "flat": signature(REGRESS, outputs=tf.squeeze(value, axis=1)),
            "scores": signature(CLASSIFY, scores=scores),
            "classes": signature(CLASSIFY, classes=classes),
            # fed in the middle of the graph, past the examples
            "predict": signature("tensorflow/serving/predict", {"x": x}, y=half * x + 2.0),
            # wrong by their names
            "two_inputs": signature(CLASSIFY, {"inputs": serialized, "more": x}, scores=scores),
            "two_outputs": signature(REGRESS, outputs=value, more=x),
            "three_outputs": signature(CLASSIFY, classes=classes, scores=scores, more=x),
            "elsewhere": signature(CLASSIFY, {"examples": serialized}, scores=scores),
            "nothing": signature(CLASSIFY, neither=scores),
            # wrong by what they give
            "flat_scores": signature(CLASSIFY, scores=tf.squeeze(x, axis=1)),
            "whole_scores": signature(CLASSIFY, scores=tf.cast(scores, tf.int64)),
            "numbered": signature(CLASSIFY, classes=scores),
            "one_row": signature(CLASSIFY, scores=scores[:1]),
            "uneven": signature(CLASSIFY, classes=classes, scores=tf.concat([scores, x], axis=1)),
            "wide": signature(REGRESS, outputs=scores),
            "first": signature(REGRESS, outputs=value[:1]),
            "double": signature(REGRESS, outputs=tf.cast(value, tf.float64)),
        }
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()
