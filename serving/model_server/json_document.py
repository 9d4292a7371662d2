"""The JSON of any REST request: parsing it, and what its values have in common.

    document = parse(b'{"instances": [1.0, 2.0]}')

NaN, Infinity and -Infinity are allowed, bytes travel as `{"b64": "..."}`, and what comes after the first value is
not looked at: all as the original does it, whose messages these are.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from serving.model_server.errors import invalid

_MAX_QUOTE = 256  # characters of a wrong value that an error repeats
_BLANKS = " \t\r\n"
_KINDS = {dict: "Object", list: "Array", str: "String", type(None): "Null"}
_DECODER = json.JSONDecoder()


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        ServingError: INVALID_ARGUMENT, the body is no JSON, no object, or nested too deeply.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        text = body.decode("utf-8-sig")
        document, _ = _DECODER.raw_decode(text, len(text) - len(text.lstrip(_BLANKS)))
    except RecursionError:
        raise invalid("JSON Parse error: The document is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: {error.msg} at offset: {error.pos}") from None
    except ValueError as error:  # not UTF-8, or an integer of thousands of digits
        raise invalid(f"JSON Parse error: {error}") from None
    if not isinstance(document, dict):
        raise invalid(f"JSON Value: {quote(document)} Is not object")
    return document


def signature_name(document: Mapping[str, Any]) -> str:
    """The signature that a request names; empty if it names none.

    Raises:
        ServingError: INVALID_ARGUMENT, it is not a string, or no text.
    """
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {quote(document)} not formatted correctly. 'signature_name' key must be a string value."
        )
    to_utf8(name)
    return name


def is_b64(value: Any) -> bool:
    """Whether a value is an object that stands for bytes."""
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def from_b64(value: Any) -> bytes:
    """The bytes of such an object; white space and missing padding do no harm.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    if not is_b64(value):
        raise invalid(f"JSON Value: {quote(value)} not formatted correctly for base64 data")
    text = "".join(value["b64"].split()).rstrip("=")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise invalid("Unable to base64 decode") from None


def to_utf8(text: str) -> bytes:
    """A string as bytes.

    Raises:
        ServingError: INVALID_ARGUMENT, it is no text: JSON can spell half of a surrogate pair.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise invalid(f"JSON Value: {quote(text)} holds half of a surrogate pair, which is no text") from None


def kind(value: Any) -> str:
    """What the original calls a value's type in messages."""
    return str(value) if isinstance(value, bool) else _KINDS.get(type(value), "Number")


def quote(value: Any) -> str:
    """The beginning of a value as JSON, written no further than needed: it may be huge or very deep."""
    text = ""
    for piece in json.JSONEncoder(ensure_ascii=False).iterencode(value):
        text += piece[:_MAX_QUOTE]
        if len(text) >= _MAX_QUOTE:
            return text[:_MAX_QUOTE]
    return text
