"""What must hold for a set of manifests that is applied together.

    from checks import problems
    problems(documents)     # ["grace: deployment/gateway: ...", ...]; [] when all is well

Each check takes all documents of one rendering and yields one sentence for each thing that is wrong. `schema` is what
the API server refuses; the others are what a schema cannot express, most of them mistakes that the API server accepts
and that then silently do nothing. A new check is a function in one of these files and its name in `CHECKS`.
"""

from __future__ import annotations

from checks.documents import Manifest
from checks.hardening import gpus, hardening, rights, tokens
from checks.network import edges, policies, ports
from checks.references import mounts, references, workers
from checks.scaling import autoscalers, budgets
from checks.schema import namespaces, schema
from checks.selectors import selectors, spread
from checks.serving import grace, probes

CHECKS = (
    *(schema, namespaces),
    *(selectors, spread),
    *(ports, policies, edges),
    *(references, mounts, workers),
    *(probes, grace),
    *(autoscalers, budgets),
    *(gpus, hardening, tokens, rights),
)


def problems(manifests: list[Manifest]) -> list[str]:
    """Everything that is wrong with one rendering, as `check: sentence`."""
    return [f"{check.__name__}: {sentence}" for check in CHECKS for sentence in check(manifests)]
