"""Many pictures in one request: a zip or a form in, a zip out that is sent while it is made.

    curl --data-binary @pictures.zip -H 'Content-Type: application/zip' \\
        http://127.0.0.1:8080/v1/colourise/batch -o coloured.zip
    curl -F image=@a.jpg -F image=@b.jpg http://127.0.0.1:8080/v1/colourise/batch -o coloured.zip

The answer has a file a picture, in order: `001-a.png`, or `002-b.problem.json` for one that failed. One picture of a
batch is worked on at a time, and holds a place like any other.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sized
from contextlib import ExitStack
from io import BytesIO
from typing import IO, Protocol

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from zipstream import ZipStream

from serving.errors import HandtintError, OptionError, PictureTooLarge
from serving.gateway.archive import Archive, Limits, too_many_pictures
from serving.gateway.options import too_many_bytes
from serving.gateway.problems import report
from serving.pictures import ENDINGS, FORMATS

_CHUNK = 2**16
_IN_MEMORY = 2**20  # bytes of a zip that are held; the rest goes to a file
_ENDINGS = {FORMATS[format]: ending for format, ending in ENDINGS.items()}
_PLAIN = re.compile(r"[^\w.-]+")


class Pictures(Sized, Protocol):
    """Names and bytes, or errors in the place of bytes."""

    def __iter__(self) -> Iterator[tuple[str, bytes | HandtintError]]: ...


class _Form:
    """The files of a form, each read when its turn comes.

    They are taken out of the request, which Flask closes with all its files before an answer is streamed.
    """

    def __init__(self, files: list[FileStorage], each: int, stack: ExitStack):
        self._each = each
        self._files: list[tuple[str, IO[bytes]]] = []
        for file in files:
            self._files.append((file.filename or "", file.stream))
            stack.callback(file.stream.close)
            file.stream = BytesIO()

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[tuple[str, bytes | HandtintError]]:
        for name, file in self._files:
            data = file.read(self._each + 1)
            yield name, data if len(data) <= self._each else too_many_bytes(self._each)


def read_batch(request: Request, limits: Limits, stack: ExitStack) -> Pictures:
    """The pictures of a request; what has to be closed after them goes onto the stack.

    Raises:
        PictureTooLarge: more bytes, or pictures, than allowed.
        OptionError: there are none.
        UnsupportedPicture: the body is neither a form nor a zip.
    """
    request.max_content_length = limits.total
    request.max_form_parts = limits.count + 20  # options stand there too
    try:
        pictures = _read(request, limits, stack)
    except RequestEntityTooLarge:
        raise PictureTooLarge(
            f"The batch has more than {limits.total / 1e6:g} MB or {limits.count} pictures.",
            "Send it in several batches.",
        ) from None
    if not len(pictures):
        raise OptionError(
            'The batch has no pictures; expected a zip of some, or a form with files in its field "image".',
            "Send it as curl does: --data-binary @pictures.zip",
        )
    return pictures


def stream_zip(
    pictures: Pictures, colourise: Callable[[bytes], tuple[bytes, str]], reject: Callable[[str], None]
) -> Iterator[bytes]:
    """The answer, piece by piece.

    Args:
        pictures: in order.
        colourise: gives a picture's bytes and media type, or raises.
        reject: is told the code of each problem.
    """
    out = ZipStream()
    for number, (name, data) in enumerate(pictures, start=1):
        stem = f"{number:03}-{_plain_stem(name)}".rstrip("-")
        try:
            if isinstance(data, HandtintError):
                raise data
            coloured, media_type = colourise(data)
        except Exception as error:  # whatever it was, the next picture can do nothing for it
            problem = report(error)
            reject(problem.code)
            out.add(problem.to_json(), f"{stem}.problem.json")
        else:
            out.add(coloured, f"{stem}{_ENDINGS[media_type]}")
        data = coloured = b""  # not held while the next one is read
        yield from out.file()
    yield from out.finalize()


def _read(request: Request, limits: Limits, stack: ExitStack) -> Pictures:
    if request.mimetype == "multipart/form-data":
        files = request.files.getlist("image")
        if len(files) > limits.count:
            raise too_many_pictures(len(files), limits.count)
        return _Form(files, limits.each, stack)
    file = stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - the stack is its context
    while chunk := request.stream.read(_CHUNK):
        file.write(chunk)
    archive = Archive(file, limits)
    stack.callback(archive.close)
    return archive


def _plain_stem(name: str) -> str:
    """The last part of a path, without its ending, and with nothing that a path or a shell might trip over."""
    last = re.split(r"[/\\]", name)[-1]
    return _PLAIN.sub("_", last.rpartition(".")[0] or last).strip("._")[:80]
