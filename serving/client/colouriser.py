"""One interface to every door: colourise here, through a model server, or through a gateway.

    with Colouriser("grpc://127.0.0.1:8500") as colouriser:
        picture = colouriser.colourise("old.jpg", saturation=1.1)
    Path("new.png").write_bytes(encode_picture(picture, "png"))

It also says which colours a spot may have (`suggest`), how sure the model is of each place (`confidence`), colours the
picture in several believable ways (`alternatives`), and takes a coloured drawing apart (`layers`). docs/clients.md has
more; `AsyncColouriser` is the same for asyncio.

In this process and with a model server, the picture is read and painted at full size here, and only small maps travel
(of the signature `chroma`, or `flats` for drawings). So every format gives the same colours through every door, a
picture of any size costs the server the same (and batches with all others), and the client needs no TensorFlow. gRPC
carries the maps as 2 MB of floats in 0.01 s; REST as 8 MB of JSON, 0.9 s with the embedded server, which still beats
sending a photograph of 12 megapixels to and fro. A gateway, which does the same for those who only have a browser, is
sent the whole picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from serving.client.base import ColouriserBase
from serving.client.conversations import Result, Talk
from serving.client.inputs import PictureInput
from serving.colouring.hints import Hint
from serving.colouring.layers import Layers
from serving.colouring.suggestions import Suggestion
from serving.colouring.wishes import Wishes
from serving.doors.door import Door, open_door
from serving.errors import HandtintError
from serving.pictures import Picture


class Colouriser(ColouriserBase):
    """Pictures in, coloured pictures out; any number of threads may use one.

    Takes what `ColouriserBase` does, and is a context manager.

    Raises:
        OptionError: as `ColouriserBase` says, or TensorFlow is needed and not installed.
        ModelNotFound: in this process, there is no such model.
    """

    def colourise(
        self,
        picture: PictureInput,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
        *,
        palette: Sequence[str] = (),
        panels: bool = False,
        task: str | None = None,
        timeout: float | None = None,
    ) -> Picture:
        """The picture in colour: of the same size, a photograph with its own luminance and alpha.

        A drawing has its own lines, on white paper where it was transparent.

        Args:
            picture: a file's path, its bytes, an array uint8 [H, W], [H, W, 3] or [H, W, 4], or a PIL image.
            hints: colours wanted at certain points.
            saturation: 0..3, what the model's chroma is multiplied by.
            palette: up to 12 colours like #b03a2e, in any order, that the result is steered towards where there are
                no hints, see `serving.colouring.palette`.
            panels: colour each panel of a comic page as a picture of its own, see `serving.colouring.panels`; what lies
                between them stays black on white.
            task: photo, sketch or auto for this picture; None is the Colouriser's.
            timeout: seconds to wait for the other side, in all; None is the Colouriser's.

        Raises:
            PictureError: the picture cannot be used.
            OptionError: the saturation is out of range, the palette or task is none, or the model is of another task.
                NotOffered: a gateway has neither palettes nor panels.
            ServerError: the other side did not answer, or not with colours. SignatureNotFound: a palette needs the
                model's `colours`, which it lacks.
        """
        return self._run(self._talks.colourise(picture, Wishes(hints, saturation, palette, panels, task)), timeout)

    def layers(
        self,
        picture: PictureInput,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
        *,
        palette: Sequence[str] = (),
        task: str | None = None,
        timeout: float | None = None,
    ) -> Layers:
        """A drawing in colour, taken apart: its lines, its flat colours, and both merged.

        Takes and raises what `colourise` does, and OptionError for a photograph, which has no lines. A gateway does
        not do this, nor what follows: NotOffered.
        """
        return self._run(self._talks.layers(picture, Wishes(hints, saturation, palette, task=task)), timeout)

    def suggest(
        self,
        picture: PictureInput,
        x: float,
        y: float,
        count: int = 5,
        hints: Sequence[Hint] = (),
        *,
        task: str | None = None,
        timeout: float | None = None,
    ) -> list[Suggestion]:
        """The likely natural colours of a spot (shares of width and height), at most `count`, the likeliest first.

        Raises as `colourise` does, and OptionError for a spot outside the picture or a count below 1; SignatureNotFound
        if the model has no `colours`, here and in the methods below.
        """
        return self._run(self._talks.suggest(picture, Wishes(hints, task=task), x, y, count), timeout)

    def confidence(
        self,
        picture: PictureInput,
        hints: Sequence[Hint] = (),
        *,
        task: str | None = None,
        timeout: float | None = None,
    ) -> np.ndarray:
        """How sure the model is of each of 32 x 32 places, float32 0..1; `draw_confidence` makes a picture of it."""
        return self._run(self._talks.confidence(picture, Wishes(hints, task=task)), timeout)

    def alternatives(
        self,
        picture: PictureInput,
        count: int = 4,
        seed: int = 0,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
        *,
        palette: Sequence[str] = (),
        task: str | None = None,
        timeout: float | None = None,
    ) -> Iterator[Picture]:
        """Up to `count` different believable colourings; fewer where the model sees only so many, even none.

        With a palette these are other layouts of it than the one that `colourise` gives.

        The same seed gives the same, and the first ones do not depend on `count`. They are coloured one by one as they
        are asked for: each takes as much memory as the picture, and may take `timeout` anew.

        Raises as `colourise` does, before the first, and OptionError for a count that is not 1..20 or a seed below 0.
        """
        wishes = Wishes(hints, saturation, palette, task=task)
        talks = self._run(self._talks.alternatives(picture, wishes, count, seed), timeout)
        return (self._run(talk, timeout) for talk in talks)

    def check(self, timeout: float = 2.0) -> None:
        """Returns if the model, or the gateway with the key, is there and answers in so many seconds.

        Raises:
            ServerError: of the kind that says why not.
        """
        deadline = self._deadline(timeout)
        with self._while_open():
            self._door.check(deadline)

    def close(self) -> None:
        """Closes connections. What is asked after that, or still waits for its answer, is an error."""
        self._closed = True
        self._door.close()

    def _open(self) -> None:
        self._door: Door = open_door(self._where, self._calls)

    def _run(self, talk: Talk[Result], timeout: float | None) -> Result:
        deadline = self._deadline(timeout)
        try:
            question = next(talk)
            while True:
                try:
                    with self._while_open():
                        answer = self._door.answer(question, deadline)
                except HandtintError as error:
                    question = talk.throw(error)
                else:
                    question = talk.send(answer)
        except StopIteration as end:
            return end.value

    def __enter__(self) -> Colouriser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
