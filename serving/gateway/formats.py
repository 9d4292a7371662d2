"""The formats that are let in, told by a picture's first bytes.

check_allowed(data, ("jpeg", "png"))
"""

from __future__ import annotations

from collections.abc import Collection

from serving.errors import OptionError, UnsupportedPicture

_BEGINNINGS = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG": "png",
    b"RIFF": "webp",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"GIF8": "gif",
}
FORMATS_READ = tuple(dict.fromkeys(_BEGINNINGS.values()))


def check_formats(names: Collection[str]) -> None:
    """Whether these are names of formats, one at least.

    Raises:
        OptionError: they are not.
    """
    if not names or not set(names) <= set(FORMATS_READ):
        raise OptionError(
            f"Expected formats out of {', '.join(FORMATS_READ)}; received {', '.join(names) or 'none'}.",
            "Leave them out for all.",
        )


def check_allowed(data: bytes, allowed: Collection[str]) -> None:
    """Returns for a format that is allowed, and for what is none at all: the reader has better words for that.

    Raises:
        UnsupportedPicture: a known format that is not allowed.
    """
    found = next((name for start, name in _BEGINNINGS.items() if data.startswith(start)), None)
    if found is not None and found not in allowed:
        raise UnsupportedPicture(
            f"This gateway reads {', '.join(allowed)}; received {found}.", "Save the picture in one of these formats."
        )
