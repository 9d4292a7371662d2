"""The gateway as a Flask application.

    curl -F image=@old.jpg http://127.0.0.1:8080/v1/colourise -o new.png
    curl --data-binary @old.jpg 'http://127.0.0.1:8080/v1/colourise?format=jpeg&saturation=1.1' -o new.jpg
    curl --data-binary @drawing.png 'http://127.0.0.1:8080/v1/colourise?task=sketch' -o new.png

The answer's header Handtint-Task says whether the picture was taken for a photo or a sketch.
Pictures are neither stored nor logged.
"""

from __future__ import annotations

import contextlib
import logging
import time
from pathlib import Path

from flask import Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from serving.client import Colouriser, encode_picture
from serving.errors import ModelNotFound
from serving.gateway.options import FORM_BYTES, Options, read_request, too_many_bytes
from serving.gateway.problems import TaskNotServed, to_response
from serving.gateway.site import add_site
from serving.pictures import FORMATS, MAX_PIXELS, Picture
from serving.task import AUTO

log = logging.getLogger(__name__)

MAX_BYTES = 50_000_000


def create_app(
    server: str,
    model: str = "photo",
    *,
    sketch_model: str = "sketch",
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    timeout: float = 30.0,
    web: Path | None = None,
) -> Flask:
    """The application, for any WSGI server.

    Args:
        server: `grpc://HOST:PORT` of the model server (`http://` works too).
        model: the name there of the model for photographs.
        sketch_model: the name there of the one for sketches, if it has one.
        max_pixels: larger pictures get 413, known from their header.
        max_bytes: larger pictures get 413, unread when the request says its length.
        timeout: seconds until the model server must have answered, else 504.
        web: a folder with the static page, given out at `/`; None leaves it out.

    Raises:
        OptionError: `server` is not such an address.
    """
    app = Flask("handtint.gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_bytes + FORM_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = FORM_BYTES
    names = {"photo": model, "sketch": sketch_model}
    colouriser = Colouriser(server, names, timeout=timeout, max_pixels=max_pixels)
    photos, sketches = (Colouriser(server, name, task=task) for task, name in names.items())

    @app.post("/v1/colourise")
    def colourise() -> Response:
        try:
            data, options = read_request(request, max_bytes)
        except RequestEntityTooLarge:
            raise too_many_bytes(max_bytes) from None
        picture = _colourise(colouriser, data, options)
        response = Response(encode_picture(picture, options.format, options.quality), mimetype=FORMATS[options.format])
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Accept"
        response.headers["Handtint-Task"] = picture.task
        if picture.notes:
            response.headers["Handtint-Note"] = " ".join(picture.notes)
        return response

    @app.get("/healthz")
    def healthz() -> Response:
        """The process is alive."""
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        """The model server answers for the models that it has; a problem with 503 (or 502, 504) if not."""
        photos.check()
        with contextlib.suppress(ModelNotFound):  # then drawings are taken for photographs
            sketches.check()
        return Response("ok\n", mimetype="text/plain")

    if web is not None:
        add_site(app, web)
    app.register_error_handler(Exception, to_response)
    app.before_request(_start_clock)
    app.after_request(_finish)
    return app


def _colourise(colouriser: Colouriser, data: bytes, options: Options) -> Picture:
    try:
        return colouriser.colourise(data, options.hints, options.saturation, task=options.task)
    except ModelNotFound as error:
        if options.task in (AUTO, "photo"):  # every gateway needs that model: this is for the operator
            raise
        raise TaskNotServed(error.detail, error.fix) from error


def _start_clock() -> None:
    g.started = time.monotonic()


def _finish(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    # the rule, not the path: what a stranger typed stays out of the log
    log.info(
        "%s %s %d %d bytes %.0f ms",
        request.method,
        request.url_rule or "-",
        response.status_code,
        response.content_length or 0,
        (time.monotonic() - g.started) * 1000,
    )
    return response
