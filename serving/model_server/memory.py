"""Has the C library keep the memory of large messages for the next ones.

    keep_large_buffers()   # once, when a server starts

glibc hands blocks of a megabyte back to the system as soon as they are free, and every request takes some: a
`chroma` answer then costs a thousand page faults, 2 ms of processor time, where its copying takes 0.1 ms. In exchange
a server keeps what its busiest moment took for such messages: a few MB for each thread that answers.
"""

from __future__ import annotations

import ctypes
import logging

log = logging.getLogger(__name__)

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of malloc.h
_LARGEST_KEPT = 32 * 2**20  # bytes; glibc takes no more
_KEPT_IN_ALL = 256 * 2**20  # bytes that may lie free at the end of a heap


def keep_large_buffers() -> bool:
    """Whether it could be done: other C libraries than glibc have no such setting, and go on as they are."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        log.debug("This C library has no mallopt")
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT) and mallopt(_TRIM_THRESHOLD, _KEPT_IN_ALL))
