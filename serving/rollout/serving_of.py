"""What a state means for those who serve, as the three texts that a store keeps.

    texts = serving_of(state, texts)

| phase | versions | `stable` | `canary` | split |
| --- | --- | --- | --- | --- |
| idle | S | S | S | 100 / 0 |
| loading, checking | S, C | S | S | 100 / 0 |
| labelling | S, C | S | C | 100 / 0 |
| shifting, watching | S, C | S | C | 90 / 10 ... |
| promoting | S, C | C | C | as before |
| settling | both | the one that stays | the same | 100 / 0 |
| unloading | the one that stays | the same | the same | 100 / 0 |

A label never names a version that is not loaded yet, since a server refuses to start, or to take the change. No label
ever goes away, and none names a version that has been let go: so whatever a gateway still believes, a server
knows an answer. `canary` at the stable version is what makes the way back immediate.

Where others wrote another models.config, servers may have let a version go, and would then refuse a label on it for
ever, with all that the file says beside. So while a state is mending, labels stay as they were found, nothing goes to
`canary`, and the versions of both are served: what was let go is loaded again.
"""

from __future__ import annotations

from collections.abc import Mapping

from serving.rollout import model_config
from serving.rollout.errors import RolloutError
from serving.rollout.state import Phase, State

CONFIG, SPLIT, STATE = "models.config", "split", "rollout.json"
STABLE, CANARY = "stable", "canary"

_ALONE = (Phase.IDLE, Phase.UNLOADING)
_WITH_LABEL = (Phase.LABELLING, Phase.SHIFTING, Phase.WATCHING, Phase.PROMOTING)


def serving_of(state: State, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts that a store should hold in a state.

    Args:
        state: where the roll-out stands.
        texts: what the store holds; other models in its models.config stay as they are.
    """
    labels, versions = labels_of(state), {state.stable}
    if state.candidate is not None and state.phase not in _ALONE:
        versions.add(state.candidate)
    config = model_config.parse(texts.get(CONFIG, ""))
    if state.mending:
        found = model_config.entry(config, state.model).version_labels
        labels |= {label: int(found[label]) for label in labels if label in found}
        versions |= set(labels.values())
    return {
        STATE: state.render(),
        CONFIG: model_config.with_versions(config, state.model, labels, versions),
        SPLIT: f"{STABLE}={100 - state.share:g}\n{CANARY}={state.share:g}\n",
    }


def labels_of(state: State) -> dict[str, int]:
    """The version that each label should name in a state, once nothing is mended any more."""
    canary = state.candidate if state.phase in _WITH_LABEL and state.candidate is not None else state.stable
    return {STABLE: canary if state.phase is Phase.PROMOTING else state.stable, CANARY: canary}


def state_of(model: str, texts: Mapping[str, str]) -> State:
    """The state that a store holds; before the first roll-out, what its models.config says.

    Raises:
        RolloutError: there is none, or it is another model's.
    """
    if STATE not in texts:
        return State(model, model_config.labelled(model_config.parse(texts.get(CONFIG, "")), model, STABLE))
    state = State.parse(texts[STATE])
    if state.model == model:
        return state
    if state.phase is not Phase.IDLE:
        raise RolloutError(
            f'Model "{state.model}" is being rolled out; received --model {model}.',
            "Gateways have one split for all models: let one roll-out end before the next begins.",
        )
    config = model_config.parse(texts.get(CONFIG, ""))
    stable = model_config.labelled(config, model, STABLE)
    return State(model, stable, history=state.history, revision=state.revision)
