"""What the API server itself would refuse, and the namespace that everything goes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

import custom_kinds
from kubernetes_validate import SchemaNotFoundError, ValidationError, validate

from checks.documents import Manifest, name_of

KUBERNETES = "1.34"  # the release whose schemas count
NAMESPACE = "handtint"


def schema(manifests: list[Manifest]) -> Iterator[str]:
    """The schema of its kind, unknown fields refused. A kind without a schema is an error, not waved through."""
    for manifest in manifests:
        # The same document stands in hundreds of renderings.
        yield from (
            f"{name_of(manifest)}: {sentence}" for sentence in _violations(json.dumps(manifest, sort_keys=True))
        )


def namespaces(manifests: list[Manifest]) -> Iterator[str]:
    """All lies in our namespace; a component's own resources land in `default` unless it says so."""
    for manifest in manifests:
        found = manifest["metadata"].get("namespace")
        if manifest["kind"] != "Namespace" and found != NAMESPACE:
            yield f"{name_of(manifest)}: lies in the namespace {found}"


@lru_cache(maxsize=4096)
def _violations(document: str) -> tuple[str, ...]:
    manifest = json.loads(document)
    if custom_kinds.is_known(manifest):
        return tuple(custom_kinds.violations(manifest))
    try:
        validate(manifest, KUBERNETES, strict=True)
    except ValidationError as error:
        return (f"{'.'.join(map(str, error.path))}: {error.message}",)
    except SchemaNotFoundError as error:
        return (str(error.message),)
    return ()
