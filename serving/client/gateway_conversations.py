"""`serving.client.conversations`, with a gateway instead of a model.

talk = GatewayConversations(where, calls, max_pixels).colourise("old.jpg", Wishes(saturation=1.1))
request = next(talk)                  # of HTTP; talk.send(reply) ends it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from serving.client.conversations import Talk
from serving.client.inputs import PictureInput, input_bytes
from serving.colouring.layers import Layers
from serving.colouring.suggestions import Suggestion
from serving.colouring.wishes import Wishes
from serving.doors.gateway_calls import GatewayCalls, not_offered
from serving.doors.where import Where
from serving.pictures import Picture


class GatewayConversations:
    """With a gateway, which is sent the whole picture and sends it back in colour, and does nothing else."""

    def __init__(self, where: Where, calls: GatewayCalls, max_pixels: int):
        self._task = where.wanted_task
        self._calls = calls
        self._max_pixels = max_pixels

    def colourise(self, picture: PictureInput, wishes: Wishes) -> Talk[Picture]:
        """The picture in colour. Raises NotOffered if a palette or panels are wished for."""
        wishes = replace(wishes, task=wishes.task or self._task)
        self._calls.check_offered(wishes)
        request = self._calls.request(input_bytes(picture, self._max_pixels), wishes)
        return self._calls.picture((yield request))

    def layers(self, picture: PictureInput, wishes: Wishes) -> Talk[Layers]:
        """Raises NotOffered, as all that follow do."""
        raise not_offered("layers")

    def suggest(self, picture: PictureInput, wishes: Wishes, x: float, y: float, count: int) -> Talk[list[Suggestion]]:
        """Raises NotOffered."""
        raise not_offered("suggested colours")

    def confidence(self, picture: PictureInput, wishes: Wishes) -> Talk[np.ndarray]:
        """Raises NotOffered."""
        raise not_offered("a map of confidence")

    def alternatives(
        self, picture: PictureInput, wishes: Wishes, count: int, seed: int
    ) -> Talk[Iterator[Talk[Picture]]]:
        """Raises NotOffered."""
        raise not_offered("alternatives")
