"""The other networks as TF.js folders, for the benchmark's page.

write(Path("build/page-bench/models"))     # .../deoldify_artistic/model.json, .../ddcolor_tiny/model.json
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import tensorflow as tf

from export.page_bench import ddcolor, deoldify
from export.tfjs import run_converter

BUILDERS = {"deoldify_artistic": deoldify.build, "ddcolor_tiny": ddcolor.build}


def write(out: Path) -> None:
    """Those that are not there yet, with the same random weights each time, as float16 as ours."""
    for name, build in BUILDERS.items():
        if (out / name / "model.json").is_file():
            continue
        keras.utils.set_random_seed(1)
        model = build()
        for variable in model.variables:  # a bias of zero would be left out
            variable.assign_add(abs(keras.random.normal(variable.shape, stddev=0.01)))
        module = tf.Module()
        module.model = model
        signature = tf.TensorSpec(model.input_shape, tf.float32, "picture")
        answer = tf.function(lambda picture, model=model: {"colours": model(picture, training=False)})
        with tempfile.TemporaryDirectory() as folder:
            tf.saved_model.save(module, folder, signatures=answer.get_concrete_function(signature))
            run_converter(Path(folder), out / name, rounded="*")
