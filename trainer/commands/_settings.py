"""`--set KEY=VALUE`, as several commands take it."""

from __future__ import annotations

import tomllib
from typing import Any

import click


def setting(text: str) -> tuple[str, Any]:
    """«batch=16», «adversarial=lsgan» -> (key, value), the value as in TOML. Raises BadParameter without an «=»."""
    key, separator, value = text.partition("=")
    if not separator:
        raise click.BadParameter(f"{text!r} is not KEY=VALUE, as in --set batch=16.", param_hint="--set")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value  # a bare word
