"""Which version of a model is asked: the newest, one by its number, or one by its label.

Which()                     # the newest that is available
Which(version=3)
Which(label="canary")
"""

from __future__ import annotations

from dataclasses import dataclass

from serving.errors import ModelNotFound, OptionError

_HIGHEST = 2**63 - 1  # what the contract's int64 holds


class VersionNotFound(ModelNotFound):
    """The model may be there, but not in the version, or under the label, that was asked for."""

    code = "version-not-found"
    title = "There is no such version"


@dataclass(frozen=True)
class Which:
    """At most one of both; neither is the newest.

    Raises:
        OptionError: both are given, the version is negative or beyond 2**63 - 1, or the label is empty.
    """

    version: int | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if self.version is not None and self.label is not None:
            raise OptionError(
                f"Expected a version or a label; received version {self.version} and a label.", "Leave one of them out."
            )
        if self.version is not None and not 0 <= self.version <= _HIGHEST:
            raise OptionError("The version must be a number of 0 or more.", "Leave it out for the newest.")
        if self.label == "":
            raise OptionError("The label is empty.", "Leave it out for the newest version.")

    def __str__(self) -> str:
        if self.version is not None:
            return f"version {self.version}"
        return f'label "{self.label}"' if self.label is not None else "the newest version"


NEWEST = Which()
