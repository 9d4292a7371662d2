"""Which serving graph a set of weights gets.

module, card = load_module("photo")
png = module.serving_default(tf.constant([jpeg]))["image_bytes"]
"""

from __future__ import annotations

from pathlib import Path

from export.photo_module import PhotoModule
from export.serving_module import ServingModule
from export.sketch_module import SketchModule
from export.weights import Card, load_generator

MODULES: dict[str, type[ServingModule]] = {"photo": PhotoModule, "sketch": SketchModule}


def load_module(weights: str | Path = "photo") -> tuple[ServingModule, Card]:
    """Shipped weights -> their signatures, without an artifact, and their card. Raises as `load_generator` does."""
    generator, card = load_generator(weights)
    return MODULES[card.task](generator, card.size, card.training.get("temperature", 1.0)), card
