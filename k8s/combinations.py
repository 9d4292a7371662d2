"""Which components go together.

    list(combinations(Path("k8s/components"), pairs=True))      # [("gpu",), ("gpu", "tls"), ...]

Those of one line of `CHOICES` exclude each other: they change the same thing. A component that is in no line is a line
by itself, so it goes with all the others until somebody says that it does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations as choose
from itertools import product
from pathlib import Path

# In the order in which an overlay names them.
CHOICES = (
    ("cpu-only", "gpu", "gpu-sharing/mig", "gpu-sharing/time-slicing"),  # what the model servers run on
    ("model-delivery/image-volume", "model-delivery/object-store"),  # else the base's volume
    ("tls", "canary"),  # the way in: the second has no Ingress
    ("autoscaling/gateway",),
    ("monitoring",),
    ("autoscaling/model-server", "keda"),  # one autoscaler for a Deployment
    ("argo-rollouts",),  # takes over what scales the servers, so after it
)
NEEDS = {  # what a component does nothing without
    "keda": ("monitoring",),
    "argo-rollouts": ("monitoring", "keda"),
}


def found(folder: Path) -> list[str]:
    """Every component of a folder, by its path in it."""
    return sorted(str(file.parent.relative_to(folder)) for file in folder.rglob("kustomization.yaml") if _whole(file))


def combinations(folder: Path, pairs: bool) -> Iterator[tuple[str, ...]]:
    """Those that make sense, in the order in which an overlay names them.

    Args:
        folder: holds the components.
        pairs: each by itself and every two of them, with what they need; else all combinations.
    """
    components = found(folder)
    named = [tuple(name for name in line if name in components) for line in CHOICES]
    lines = [line for line in named if line]
    lines += [(name,) for name in components if not any(name in line for line in CHOICES)]
    if pairs:
        ranks = [name for line in lines for name in line]
        together = [*((name,) for name in ranks), *choose(ranks, 2)]
        wanted = [{need for name in chosen for need in (name, *NEEDS.get(name, ()))} for chosen in together]
        sensible = [chosen for chosen in wanted if all(len(chosen & set(line)) <= 1 for line in lines)]
        yield from dict.fromkeys(tuple(name for name in ranks if name in chosen) for chosen in sensible)
    else:
        for chosen in product(*((None, *line) for line in lines)):
            names = tuple(name for name in chosen if name)
            if names and all(need in names for name in names for need in NEEDS.get(name, ())):
                yield names


def _whole(file: Path) -> bool:
    """Not a kustomization that a component is made of."""
    return "kind: Component" in file.read_text("utf-8")
