"""Which door and which model, as a caller says it: checked once, for the client and its asynchronous twin.

where = Where("gateway+https://example.org", api_key=key)
where.target, where.name_of("photo"), where.task
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from serving.colouring.task import AUTO, TASKS, Task
from serving.colouring.wishes import check_task
from serving.doors.deadline import Deadline
from serving.doors.gateway_calls import KEY_VARIABLE, GatewayCalls
from serving.doors.local_model import MODEL_DIR_VARIABLE
from serving.doors.target import Target, parse_target
from serving.doors.tls import Tls
from serving.doors.version import NEWEST, Which
from serving.errors import NotOffered, OptionError


@dataclass(frozen=True)
class Where:
    """As `serving.client.base.ColouriserBase` explains it.

    Raises:
        OptionError: something of it makes no sense, or does not go together.
    """

    server: str | None = None
    model: str | Mapping[str, str] | None = None
    wanted_task: str = AUTO
    folder: str | Path | None = None
    timeout: float = 60.0
    which: Which = NEWEST
    api_key: str | None = field(default=None, repr=False)
    ca_file: str | Path | None = None

    def __post_init__(self) -> None:
        check_task(self.wanted_task)
        Deadline(self.timeout)
        kind = self.target.kind if self.target else None
        if kind is None and self.which != NEWEST:
            raise OptionError(
                f"Only a model server has versions to choose from; received {self.which} and no server.",
                "Name a server, or the version's folder as model_dir.",
            )
        if self.api_key is not None and kind != "gateway":
            raise OptionError("Only a gateway takes an API key; received one for another door.", "Leave it out.")
        if kind == "gateway" and isinstance(self.model, Mapping):
            raise NotOffered("A gateway is asked for one model by name; received several.", "Name one, or none.")

    @cached_property
    def target(self) -> Target | None:
        """The server; None is this process."""
        return parse_target(self.server) if self.server else None

    @cached_property
    def model_dir(self) -> str | Path | None:
        """In this process, the folder whose newest version is used."""
        return None if self.server else self.folder or os.environ.get(MODEL_DIR_VARIABLE)

    @property
    def of_one_task(self) -> bool:
        """Whether a model was named, which is of one task."""
        return bool(self.model_dir or (self.model and isinstance(self.model, str)))

    @property
    def task(self) -> Task | None:
        """The task of all pictures that say none; None is each as what it looks like."""
        return TASKS["photo"] if self.wanted_task == AUTO and self.of_one_task else TASKS.get(self.wanted_task)

    @property
    def tls(self) -> Tls:
        """Whom to believe."""
        return Tls(self.ca_file)

    def name_of(self, task: str) -> str:
        """The name of a task's model."""
        return (self.model.get(task) if isinstance(self.model, Mapping) else self.model) or task

    def gateway(self, target: Target) -> GatewayCalls:
        """What is said to a gateway there. Raises OptionError if the key is none."""
        key = self.api_key or os.environ.get(KEY_VARIABLE)
        named = self.model if isinstance(self.model, str) else None
        return GatewayCalls(target.address, key.strip() if key else None, named, self.which)
