"""What is asked for a picture, in which order, and what becomes of the answers: all but the asking itself.

    talk = ModelConversations(where, max_pixels).colourise("old.jpg", Wishes(saturation=1.1))
    question = next(talk)
    question = talk.send(answer)          # or talk.throw(error); StopIteration brings the picture

So the client and its asynchronous twin, which wait for answers in different ways, do the same with them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

import numpy as np

from serving.client.inputs import PictureInput, read_input
from serving.colouring.alternatives import draw_alternatives, find_spots
from serving.colouring.confidence import confidence
from serving.colouring.hints import Hint, hint_map
from serving.colouring.layers import Layers, take_apart
from serving.colouring.palette import Place, draw_layouts, find_places, lay_out
from serving.colouring.panels import find_panels, hints_inside
from serving.colouring.sketch import SKETCH
from serving.colouring.suggestions import Suggestion, suggest
from serving.colouring.task import AUTO, TASKS, Task, choose_task
from serving.colouring.wishes import Wishes
from serving.doors.model import Question, Served, check_colours, check_maps, colours_of, maps_of
from serving.doors.where import Where
from serving.errors import ModelNotFound, OptionError
from serving.pictures import Picture, eight_bit, on_white

Result = TypeVar("Result")
Talk: TypeAlias = Generator[Any, Any, Result]  # yields questions, receives answers, returns a result

MAX_ALTERNATIVES = 20


class ModelConversations:
    """With a model, by its small maps. What each gives and raises, `serving.client.Colouriser` says."""

    def __init__(self, where: Where, max_pixels: int):
        self._task = where.task
        self._of_one_task = where.of_one_task
        self._max_pixels = max_pixels

    def colourise(self, picture: PictureInput, wishes: Wishes) -> Talk[Picture]:
        """The picture in colour."""
        original, task, seen, hints = yield from self._prepare(picture, wishes)
        panels = find_panels(eight_bit(original.rgb)) if wishes.panels and task is SKETCH else []
        if not panels:
            return (yield from _colour(original, task, seen, hints, wishes.saturation))
        ink = SKETCH.ink(original.rgb, (yield from _maps(task, seen, ())))
        page = np.repeat(ink[..., np.newaxis], 3, axis=2)
        for panel in panels:
            part = replace(original, rgb=original.rgb[panel])
            inside = hints_inside(hints, panel, original.rgb.shape)
            page[panel] = (yield from _colour(part, task, task.see(part.rgb), inside, wishes.saturation)).rgb
        return replace(original, rgb=page, task=task.name)

    def layers(self, picture: PictureInput, wishes: Wishes) -> Talk[Layers]:
        """A drawing, taken apart."""
        original, task, seen, hints = yield from self._prepare(picture, wishes)
        if task is not SKETCH:
            raise OptionError(
                f"Only drawings have layers; expected one, received a picture that is coloured as a {task.name}.",
                "Use --task sketch if it is a drawing, else leave out --flat and .ora.",
            )
        return take_apart(original, (yield from _maps(task, seen, hints)), wishes.saturation)

    def suggest(self, picture: PictureInput, wishes: Wishes, x: float, y: float, count: int) -> Talk[list[Suggestion]]:
        """Likely colours of a spot."""
        _, task, seen = yield from self._read(picture, wishes)
        probabilities, centres = yield from _colours(task, seen, wishes.hints)
        lightness = yield from _lightness(task, seen, wishes.hints)
        return suggest(probabilities, centres, lightness, x, y, count)

    def confidence(self, picture: PictureInput, wishes: Wishes) -> Talk[np.ndarray]:
        """How sure the model is."""
        _, task, seen = yield from self._read(picture, wishes)
        return confidence(*(yield from _colours(task, seen, wishes.hints)))

    def alternatives(
        self, picture: PictureInput, wishes: Wishes, count: int, seed: int
    ) -> Talk[Iterator[Talk[Picture]]]:
        """A conversation for each of the colourings."""
        if not 1 <= count <= MAX_ALTERNATIVES or seed < 0:
            raise OptionError(
                f"Expected 1 to {MAX_ALTERNATIVES} alternatives and a seed of 0 or more; received {count} and {seed}.",
                "Ask again with another seed for more.",
            )
        original, task, seen = yield from self._read(picture, wishes)
        if wishes.palette:
            places = yield from _places(task, seen, wishes.hints)
            drawn = draw_layouts(places, wishes.palette, count, seed, task is SKETCH)
        else:
            probabilities, centres = yield from _colours(task, seen, wishes.hints)
            lightness = yield from _lightness(task, seen, wishes.hints)
            drawn = draw_alternatives(find_spots(probabilities, centres, lightness), count, seed)
        return (_colour(original, task, seen, [*wishes.hints, *added], wishes.saturation) for added in drawn)

    def _prepare(self, picture: PictureInput, wishes: Wishes) -> Talk[tuple[Picture, Task, np.ndarray, Sequence[Hint]]]:
        """What `_read` gives, and the hints with those that lay out the palette."""
        original, task, seen = yield from self._read(picture, wishes)
        hints = wishes.hints
        if wishes.palette:
            places = yield from _places(task, seen, hints)
            hints = [*hints, *lay_out(places, wishes.palette, task is SKETCH)]
        return original, task, seen, hints

    def _read(self, picture: PictureInput, wishes: Wishes) -> Talk[tuple[Picture, Task, np.ndarray]]:
        """The picture, what is to be done with it, and what the model sees of it [1, S, S, 1]."""
        task = self._task if wishes.task is None else (yield from self._named(wishes.task))
        original = read_input(picture, self._max_pixels)
        on_paper = on_white(original)
        task = task or (yield from _choose(on_paper.rgb))
        if task is SKETCH:  # drawings are often black everywhere and transparent but for the lines
            original = on_paper
        return original, task, task.see(original.rgb)

    def _named(self, name: str) -> Talk[Task | None]:
        """The task that a call names; None is to be chosen by the picture."""
        if self._task and self._of_one_task:
            if name not in (AUTO, self._task.name):
                raise OptionError(
                    f"The model that was named is of task {self._task.name}; received task {name!r}.",
                    "Leave the task out, or name no model: then each task has its own.",
                )
            return self._task
        if name == AUTO:
            return None
        yield Served(TASKS[name])
        return TASKS[name]


def _choose(rgb: np.ndarray) -> Talk[Task]:
    """What pixels uint8 [H, W, 3] look like, if there is a model for that; else a photograph."""
    task = choose_task(rgb)
    try:
        yield Served(task)
    except ModelNotFound:
        return TASKS["photo"]
    return task


def _ask(question: Question) -> Talk[list[np.ndarray]]:
    return (yield question)


def _maps(task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> Talk[np.ndarray]:
    question = maps_of(task, seen, hint_map(hints, task.hint_channels))
    return check_maps(question, (yield from _ask(question)))[0]


def _colour(original: Picture, task: Task, seen: np.ndarray, hints: Sequence[Hint], saturation: float) -> Talk[Picture]:
    maps = yield from _maps(task, seen, hints)
    return replace(original, rgb=task.paint(original.rgb, maps, saturation), task=task.name)


def _colours(task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> Talk[tuple[np.ndarray, np.ndarray]]:
    """Probabilities [32, 32, Q] of colours [Q, 2] in one picture."""
    answer = yield from _ask(colours_of(task, seen, hint_map(hints, task.hint_channels)))
    probabilities, centres = check_colours(answer[0], answer[1], 1)
    return probabilities[0], centres


def _places(task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> Talk[list[Place]]:
    probabilities, centres = yield from _colours(task, seen, hints)
    return find_places(probabilities, centres, (yield from _lightness(task, seen, hints)), hints)


def _lightness(task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> Talk[np.ndarray]:
    """L* of the result, [S, S]; only a drawing's has to be asked for."""
    maps = (yield from _maps(task, seen, hints)) if task is SKETCH else np.empty(0)
    return task.lightness(seen, lambda: maps)
