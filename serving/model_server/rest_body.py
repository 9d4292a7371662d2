"""The body of a REST request, inflated where it comes as gzip.

    body = read_body(raw, "gzip")

The original inflates at most 100 MB, and so does this: a small body that stands for gigabytes is given up at
that size, before it fills the memory.
"""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO

from serving.model_server.errors import invalid

MAX_INFLATED_BYTES = 100 * 2**20


def read_body(raw: bytes, content_encoding: str) -> bytes:
    """The body as its sender wrote it.

    Args:
        raw: as it came over the wire.
        content_encoding: the request's header of that name; empty without one.

    Raises:
        ServingError: INVALID_ARGUMENT, the header says gzip, but the body is none, or is too large inflated.
    """
    if "gzip" not in content_encoding.lower():
        return raw
    try:
        with gzip.GzipFile(fileobj=BytesIO(raw)) as compressed:
            body = compressed.read(MAX_INFLATED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise invalid(
            f"The request says Content-Encoding: gzip, but its body is not whole gzip data ({error}). "
            "Compress the body, or leave the header out."
        ) from None
    if len(body) > MAX_INFLATED_BYTES:
        raise invalid(
            f"The gzip body inflates to more than {MAX_INFLATED_BYTES} bytes, the most that a request may hold. "
            "Send fewer rows in a request."
        )
    return body
