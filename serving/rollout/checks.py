"""What a version has to show before it gets any traffic: its card, its signatures, and the golden set.

    seen = Checks(servers, folder, pictures).judge(candidate=2, stable=1, bounds=bounds)

The candidate stands beside the stable version in the same servers, so both colour the same pictures, in turns: whatever
else the machine does, it does to both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from serving.colouring.task import TASKS, Task
from serving.errors import HandtintError, ServerUnavailable
from serving.rollout.errors import RolloutError
from serving.rollout.golden import Golden, colour_one, golden_pictures
from serving.rollout.machine import YES, Seen, no, not_yet
from serving.rollout.servers import Servers, Signature
from serving.rollout.state import Bounds

CARD = Path("assets.extra/model_card.json")
WARM_UP = Path("assets.extra/tf_serving_warmup_requests")
_ROUNDS = 3  # each picture so often: a median of few times is chance
_SECONDS = 60.0  # for one golden picture
_SLACK = 0.005  # seconds that no comparison of times can tell


class Checks:
    """Those of one model.

    Args:
        servers: that have loaded both versions.
        folder: the model's base path as it is seen from here, for card and warm-up; None leaves these out.
        pictures: a folder with a golden set; None takes the one that comes with the package.
    """

    def __init__(self, servers: Servers, folder: Path | None, pictures: Path | None = None):
        self._servers = servers
        self._folder = folder
        self._pictures = pictures

    def judge(self, candidate: int, stable: int, bounds: Bounds) -> Seen:
        """Whether the candidate may have traffic.

        Raises:
            Unavailable: a server went away meanwhile.
        """
        addresses = self._servers.addresses()
        ours, theirs = (self._servers.signatures(addresses[0], version) for version in (candidate, stable))
        try:
            task = _task(theirs)
            if problem := _signatures(ours, theirs, task) or self._card(candidate, task, ours):
                return no(problem)
            pictures = golden_pictures(task.name, self._pictures)
            name, data = next(iter(pictures.items()))
            for address in addresses:
                # not counted: each must answer, and none keep its first client waiting
                colour_one(self._servers.version_at(address, candidate, _SECONDS), task, name, data, Golden())
            results = self._golden(addresses[0], (candidate, stable), task, pictures)
            return compare(results[candidate], results[stable], bounds)
        except ServerUnavailable as error:
            return not_yet(error.detail)
        except RolloutError:
            raise
        except HandtintError as error:
            return no(f"it does not colour the golden set: {error.detail}")

    def _card(self, version: int, task: Task, signatures: Mapping[str, Signature]) -> str:
        """What is wrong with the model card and the warm-up; nothing if they are in order."""
        if self._folder is None:
            return ""
        folder = self._folder / str(version)
        if not folder.is_dir():
            return (
                f"its folder, {folder}, cannot be seen from here: mount the models where handtint rollout runs, or "
                "leave its card out with --no-card"
            )
        try:
            card = json.loads((folder / CARD).read_text("utf-8"))
            if not isinstance(card, dict):
                raise ValueError("expected an object")
        except (OSError, ValueError) as error:
            return f"its model card cannot be read: {error}"
        size = signatures[task.maps].inputs[task.seen][1]
        for name, expected in {"task": task.name, "size": size}.items():
            if card.get(name) != expected:
                return f"its model card says {name} {card.get(name)!r}; its signatures say {expected!r}"
        if not (folder / WARM_UP).is_file():
            return "it has no warm-up requests: its first clients would wait for it"
        return ""

    def _golden(
        self, address: str, versions: tuple[int, ...], task: Task, pictures: Mapping[str, bytes]
    ) -> dict[int, Golden]:
        results = {version: Golden() for version in versions}
        for _ in range(_ROUNDS):
            for name, data in pictures.items():
                for version, golden in results.items():
                    colour_one(self._servers.version_at(address, version, _SECONDS), task, name, data, golden)
        return results


def compare(candidate: Golden, stable: Golden, bounds: Bounds) -> Seen:
    """Whether the candidate's golden set is as good as the stable version's."""
    for name, lightness in candidate.lightness.items():
        if lightness < stable.lightness[name] - bounds.darker:
            return no(
                f"golden picture {name} is darker: L* {lightness:.1f}, the stable version's "
                f"{stable.lightness[name]:.1f}"
            )
    if odd := bounds.odd_colours(candidate.colourfulness, stable.colourfulness):
        return no(f"the golden set has a {odd}")
    if (distance := candidate.distance(stable)) > bounds.distance:
        return no(
            f"the golden set has other colours: {distance:.1f} from the stable version's; at most {bounds.distance:g} "
            "is allowed"
        )
    if candidate.seconds > bounds.latency * stable.seconds + _SLACK:
        return no(
            f"a golden picture takes {candidate.seconds * 1000:.0f} ms, the stable version {stable.seconds * 1000:.0f} "
            f"ms; at most {bounds.latency:g} times as long is allowed"
        )
    return YES


def _task(signatures: Mapping[str, Signature]) -> Task:
    for task in TASKS.values():
        if task.maps in signatures:
            return task
    raise RolloutError(
        f"The stable version has the signatures {', '.join(sorted(signatures))}, which colour nothing.",
        "Name a model that handtint exported with --model.",
    )


def _signatures(ours: Mapping[str, Signature], theirs: Mapping[str, Signature], task: Task) -> str:
    """What a client of the stable version would miss; nothing if all is there."""
    if task.maps not in ours:
        return f"it has no signature {task.maps}: it is not of task {task.name}"
    for name, signature in sorted(theirs.items()):
        if name not in ours:
            return f"it has no signature {name}, which the stable version has"
        if ours[name] != signature:
            return f"its signature {name} is {ours[name]}, the stable version's {signature}"
    return ""
