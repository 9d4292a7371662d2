"""Kinds that are not Kubernetes' own, checked against the closed schemas in `schemas/`.

list(violations(manifest))        # sentences; [] when it holds
is_known(manifest)                # whether there is a schema of its kind
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = Path(__file__).resolve().parent / "schemas"


def file_of(manifest: dict[str, Any]) -> Path:
    """Where the schema of a manifest's kind is, if there is one."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    return SCHEMAS / f"{manifest['kind'].lower()}-{group.partition('.')[0]}-{version}.yaml"


def is_known(manifest: dict[str, Any]) -> bool:
    """Whether there is a schema of its kind."""
    return file_of(manifest).is_file()


def violations(manifest: dict[str, Any]) -> Iterator[str]:
    """What the schema of its kind says against a manifest: `where: what`, a sentence each.

    Raises:
        FileNotFoundError: there is no schema of its kind.
    """
    for error in sorted(_validator(file_of(manifest)).iter_errors(manifest), key=lambda error: str(error.path)):
        yield f"{'.'.join(map(str, error.absolute_path)) or 'document'}: {error.message}"


@cache
def _validator(file: Path) -> Draft202012Validator:
    # `$ref` finds files of the same folder by their names.
    registry: Registry[Any] = Registry().with_resources((each.name, _read(each)) for each in SCHEMAS.glob("*.yaml"))
    schema = _read(file).contents
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, registry=registry)


@cache
def _read(file: Path) -> Resource[Any]:
    return Resource.from_contents(yaml.safe_load(file.read_text("utf-8")))
