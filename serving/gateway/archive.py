"""Pictures in a zip from a stranger, one at a time, never more bytes than allowed whatever its headers claim.

    with Archive(file, Limits(count=100, each=50_000_000, total=200_000_000)) as archive:
        for name, data in archive:      # an error in the place of what cannot be read

Nothing is ever written under a name out of the zip. Folders, and what macOS and Windows leave behind, are passed over.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from serving.errors import BrokenPicture, PictureTooLarge, UnsupportedPicture
from serving.gateway.options import too_many_bytes

_DIRECTORY_BYTES = 1_000_000  # of the list of entries, which is read whole: a hundred long names take a tenth
_END = struct.Struct("<4s4H2LH")  # the record at a zip's end
_ENCRYPTED = 1


@dataclass(frozen=True)
class Limits:
    """`count` pictures, `each` bytes of one, `total` bytes of all, unpacked."""

    count: int
    each: int
    total: int


class Archive:
    """Iterate once; gives names and bytes, or names and errors.

    Args:
        file: seekable.
        limits: beyond `count` none is read, beyond `total` bytes all that follow are errors.

    Raises:
        UnsupportedPicture: not a zip, one in parts, or one with an unreasonable list of entries.
        PictureTooLarge: more pictures than `count`.
    """

    def __init__(self, file: IO[bytes], limits: Limits):
        self._limits = limits
        _check_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise _no_zip() from error
        self._entries = [entry for entry in self._zip.infolist() if _is_picture(entry)]
        if len(self._entries) > limits.count:
            self._zip.close()
            raise too_many_pictures(len(self._entries), limits.count)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[tuple[str, bytes | BrokenPicture | PictureTooLarge | UnsupportedPicture]]:
        left = self._limits.total
        for entry in self._entries:
            try:
                data = self._read(entry, min(self._limits.each, left))
            except (BrokenPicture, PictureTooLarge, UnsupportedPicture) as error:
                if isinstance(error, PictureTooLarge):
                    left -= min(self._limits.each, left)  # so much was unpacked to find out
                yield entry.filename, error
                continue
            left -= len(data)
            yield entry.filename, data

    def close(self) -> None:
        """Closes the zip, not the file that it was read from."""
        self._zip.close()

    def _read(self, entry: zipfile.ZipInfo, limit: int) -> bytes:
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnsupportedPicture(
                "It is encrypted or packed in an unusual way.", "Pack the zip anew, without a password."
            )
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise BrokenPicture("This part of the zip is damaged.", "Pack the zip anew.") from error
        if len(data) > limit:
            if limit < self._limits.each:
                raise PictureTooLarge(
                    f"The zip holds more than the {self._limits.total / 1e6:g} MB that a batch may have unpacked.",
                    "Send it in several batches.",
                )
            raise too_many_bytes(self._limits.each)
        return data


def too_many_pictures(count: int, allowed: int) -> PictureTooLarge:
    """The error for a batch of too many."""
    return PictureTooLarge(
        f"The batch has {count} pictures; expected at most {allowed}.", "Send them in several batches."
    )


def _no_zip() -> UnsupportedPicture:
    return UnsupportedPicture("Expected a zip of pictures; received something else.", "Pack the pictures into a zip.")


def _check_directory(file: IO[bytes]) -> None:
    """Whether the list of entries may be read: `zipfile` takes all of it, and many times that in memory."""
    length = file.seek(0, 2)
    file.seek(max(0, length - _END.size - 2**16))
    tail = file.read()
    start = tail.rfind(b"PK\5\6")
    if start < 0 or len(tail) - start < _END.size:
        raise _no_zip()
    _, disk, first_disk, _, _, size, _, _ = _END.unpack_from(tail, start)
    # A zip64 record would overrule these numbers; it is for more bytes and entries than are let in.
    if disk or first_disk or size > _DIRECTORY_BYTES or b"PK\6\7" in tail[max(0, start - 20) : start]:
        raise UnsupportedPicture(
            "The zip is one of several parts, or lists an unreasonable number of entries.",
            "Pack the pictures alone into a plain zip.",
        )
    file.seek(0)


def _is_picture(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    left_behind = "__MACOSX" in parts or (parts and parts[-1].lower() in (".ds_store", "thumbs.db", "desktop.ini"))
    # not `is_dir`, which fails at a name without a letter
    return not entry.filename.endswith("/") and not left_behind
