"""Who may come in: API keys, of which the gateway knows only slow, salted hashes.

    handtint-gateway-key >> keys.txt        # shows the key once, on standard error; the file gets its hash
    handtint-gateway --server=grpc://127.0.0.1:8500 --keys-file=keys.txt
    curl -H 'Authorization: Bearer KEY' ...     or     curl -H 'X-API-Key: KEY' ...

A key is `ht_ID_SECRET`. A line of the file is `ID HASH`, what stands behind a # is for people; without its line a key
opens nothing any more, within a second. A key's ID is no secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping

import click
from flask import Request
from werkzeug.security import check_password_hash, generate_password_hash

from serving.commands import as_main
from serving.errors import OptionError
from serving.gateway.problems import Unauthorised

_KEY = re.compile(r"ht_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
_LINE = re.compile(r"([a-z0-9]{8}) (scrypt:\d+:\d+:\d+\$\S+)")
_METHOD = "scrypt:16384:8:1"  # 16 MB and some 50 ms a guess
_REMEMBERED = 1000  # keys found right; enough for all that a file of this kind will hold


def make_key() -> tuple[str, str]:
    """A new key, and the line of the file that lets it in."""
    name = secrets.token_hex(4)
    secret = secrets.token_urlsafe(32)
    return f"ht_{name}_{secret}", f"{name} {generate_password_hash(secret, _METHOD)}"


def parse_keys(text: str) -> dict[str, str]:
    """A file's hashes by their IDs.

    Raises:
        OptionError: a line is not of the form above, or an ID stands there twice.
    """
    hashes: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not (line := line.partition("#")[0].strip()):
            continue
        found = _LINE.fullmatch(line)
        if not found or found[1] in hashes:
            raise OptionError(
                f"Line {number} of the keys is not an ID of its own and a hash.", "Add lines with handtint-gateway-key."
            )
        hashes[found[1]] = found[2]
    return hashes


class Keys:
    """Tells whose key it is that a request has; any number of threads may use one.

    Args:
        hashes: gives the hashes by their IDs, as they are now.
        plain: further keys as they are, from the environment.
    """

    def __init__(self, hashes: Callable[[], Mapping[str, str]], plain: Iterable[str] = ()):
        self._hashes = hashes
        self._plain = [_digest(key) for key in plain]
        self._right: dict[bytes, str] = {}  # digest of a key -> the hash that it was found to fit

    def identify(self, request: Request) -> str:
        """Who asks: the ID of the key.

        Raises:
            Unauthorised: no key, or none that opens.
        """
        bearer = request.authorization
        key = bearer.token if bearer and bearer.type == "bearer" else request.headers.get("X-API-Key")
        if not key:
            raise Unauthorised("The request has no API key.")
        digest = _digest(key)
        # all of them are compared, so that the time says nothing about which one is near
        if any([hmac.compare_digest(known, digest) for known in self._plain]):
            return f"environment {digest.hex()[:8]}"
        found = _KEY.fullmatch(key)
        expected = self._hashes().get(found[1]) if found else None
        if not found or expected is None or not self._fits(digest, found[2], expected):
            raise Unauthorised("The API key is not known here.")
        return found[1]

    def _fits(self, digest: bytes, secret: str, expected: str) -> bool:
        if self._right.get(digest) == expected:
            return True
        if not check_password_hash(expected, secret):
            return False
        if len(self._right) >= _REMEMBERED:
            self._right.clear()
        self._right[digest] = expected
        return True


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("note", required=False, default="")
def gateway_key(note: str) -> None:
    """Make an API key: the line for the keys' file to standard output, the key itself to standard error.

    NOTE is kept behind the line, to tell keys apart.
    """
    key, line = make_key()
    click.echo(f"The key, which is kept nowhere: {key}", err=True)
    click.echo(f"{line}  # {' '.join(note.split())}" if note else line)


main = as_main("handtint-gateway-key", gateway_key)

if __name__ == "__main__":
    main()
