"""TIFF directories (of a TIFF, or of EXIF) that claim more than their file holds, found before Pillow reads them.

    check_directories(data)               # ValueError if entries share bytes to grow in memory

An entry names its bytes by place and length, so a thousand entries can name the same megabyte: Pillow copies each.
"""

from __future__ import annotations

import struct

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}  # bytes, by type
_DIRECTORIES = {34665, 34853, 40965}  # EXIF, GPS and interoperability: the entry says where each begins
_ALLOWANCE = 2**20  # cameras do let small entries overlap


def check_directories(data: bytes) -> None:
    """Returns if the first directory and those inside it have about as many bytes as there are.

    Raises:
        ValueError: they claim more, or it is no TIFF structure.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        raise ValueError("no TIFF structure")
    waiting, seen, claimed = [struct.unpack_from(f"{order}L", data, 4)[0]], set(), 0
    while waiting:
        place = waiting.pop()
        if place in seen or place + 2 > len(data):
            continue
        seen.add(place)
        (count,) = struct.unpack_from(f"{order}H", data, place)
        for entry in range(place + 2, min(place + 2 + 12 * count, len(data) - 11), 12):
            tag, kind, number, value = struct.unpack_from(f"{order}HHLL", data, entry)
            if tag in _DIRECTORIES:
                waiting.append(value)
            size = number * _SIZES.get(kind, 1)
            if size > 4 and value + size <= len(data):  # what lies outside is not read
                claimed += size
            if claimed > len(data) + _ALLOWANCE:
                raise ValueError("entries share their bytes")
