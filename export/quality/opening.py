"""Models by what a user calls them -> candidates: shipped weights, SavedModels and runs, all of one task.

task, (first, second) = open_candidates(["shipped=photo", "new=runs/photo"])
"""

from __future__ import annotations

from pathlib import Path

from export.quality.candidates import TRUTH, Candidate
from export.quality.drawn_lines import CHANCE
from export.quality.pictures import ONE_IN
from export.quality.task import TASKS, Task
from export.weights import Card, find_weights, load_generator
from trainer.reports.evaluate import restored
from trainer.run import Run

_TAKEN = (*(task.baseline.name for task in TASKS.values()), TRUTH, CHANCE)  # names of rows


def open_candidates(texts: list[str], unseen: bool = False) -> tuple[Task, list[Candidate]]:
    """NAME=PATH each -> their task, and candidates, loaded. `unseen` as in `open_candidate`.

    Raises ValueError for another form, a name that is taken, or models of two tasks.
    """
    pairs = [text.partition("=") for text in texts]
    names = [*_TAKEN]
    for text, (name, _, place) in zip(texts, pairs, strict=True):
        if not name or not place:
            raise ValueError(f"{text!r} is not NAME=PATH. Name what you score, as in shipped=photo or new=runs/new.")
        if name in names:
            raise ValueError(f"{name!r} is there already. Expected another name for each; change that of {text!r}.")
        names.append(name)
    candidates = [open_candidate(name, place, unseen) for name, _, place in pairs]
    first = candidates[0]
    for other in candidates:
        if other.task != first.task:
            raise ValueError(
                f"{first.name!r} is a model of task {first.task}, and {other.name!r} of task {other.task}. Expected "
                "models of one task, for the pictures and the measures depend on it; score each task by itself."
            )
    return TASKS[first.task], candidates


def open_candidate(name: str, place: str, unseen: bool = False) -> Candidate:
    """A run's folder, a SavedModel's version or base path (then its newest), a weights folder, or a shipped name.

    `unseen`: what is scored was not trained on, whatever the run held out. Raises FileNotFoundError if it is none of
    these, and ValueError if it can't be scored here.
    """
    path = Path(place)
    if (path / "config.json").is_file():
        return _of_run(name, Run.open(path), unseen)
    numbers = [int(file.parent.name) for file in path.glob("*/saved_model.pb") if file.parent.name.isdecimal()]
    if numbers or (path / "saved_model.pb").is_file():
        return _of_saved_model(name, path / str(max(numbers)) if numbers else path)
    try:
        find_weights(place)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"No model at {place!r} to score as {name!r}. Expected a run, a SavedModel's version folder or base path, "
            f"or weights. {error}"
        ) from error
    generator, card = load_generator(place)
    return TASKS[card.task].of_generator(name, generator, card.config().target, "weights")


def _of_run(name: str, run: Run, unseen: bool) -> Candidate:
    if ONE_IN % run.config.validation and not unseen:
        raise ValueError(
            f"{name!r} held out one picture in {run.config.validation} and may have trained on what is scored here: "
            f"one in {ONE_IN}. Expected a run whose `validation` divides {ONE_IN}; train one, or leave it out."
        )
    generator, state = restored(run)
    return TASKS[run.config.task].of_generator(name, generator, run.config.target, f"run, step {state.step}")


def _of_saved_model(name: str, version: Path) -> Candidate:
    import tensorflow as tf

    from export.saved_model import MODEL_CARD

    model = tf.saved_model.load(str(version))
    card = Card.read(version / MODEL_CARD) if (version / MODEL_CARD).is_file() else None
    for task in TASKS.values():
        if task.signature in model.signatures:
            signature = model.signatures[task.signature]
            made_from = f"SavedModel {version.name}"
            return task.of_signature(name, signature, card.parameters if card else None, made_from)
    expected = " or ".join(f"`{task.signature}`" for task in TASKS.values())
    raise ValueError(
        f"The SavedModel {version} has the signatures {', '.join(model.signatures) or 'of none'}. Expected {expected}; "
        "write one with `python -m export saved-model`."
    )
