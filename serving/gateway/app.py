"""The gateway as a Flask application.

    curl -F image=@old.jpg http://127.0.0.1:8080/v1/colourise -o new.png
    curl --data-binary @old.jpg 'http://127.0.0.1:8080/v1/colourise?format=jpeg&saturation=1.1' -o new.jpg
    curl --data-binary @drawing.png 'http://127.0.0.1:8080/v1/colourise?task=sketch' -o new.png

The answer's header Handtint-Task says whether the picture was taken for a photo or a sketch. `/openapi.json` says the
rest, and `/docs/` shows it to people. Pictures are neither stored nor logged.
"""

from __future__ import annotations

import contextlib
import random
import re
import time
from collections.abc import Callable
from contextlib import ExitStack

from flask import Flask, Response, g, request, stream_with_context
from flask_cors import CORS
from werkzeug.http import parse_dict_header
from werkzeug.middleware.proxy_fix import ProxyFix

from serving.errors import ModelNotFound
from serving.gateway.archive import Limits
from serving.gateway.batch import read_batch, stream_zip
from serving.gateway.colouring import Colouring
from serving.gateway.documents import add_documents
from serving.gateway.door import Door
from serving.gateway.limits import Slots
from serving.gateway.metrics import Metrics
from serving.gateway.options import read_options, read_picture_bytes
from serving.gateway.problems import to_response
from serving.gateway.settings import FORM_BYTES, Settings
from serving.gateway.site import add_site
from serving.gateway.split import Split
from serving.gateway.upstream import Call, Upstream
from serving.gateway.watched_file import WatchedFile
from serving.gateway.wrapping import add_wrapping

_BATCH_SECONDS = 3600.0  # each picture of a batch has its own time; all of them together an hour


def create_app(settings: Settings, metrics: Metrics | None = None) -> Flask:
    """The application, for any WSGI server.

    Args:
        settings: see there.
        metrics: where it counts; its own if not given.

    Raises:
        OptionError: a file that the settings name cannot be read, or makes no sense.
    """
    metrics = metrics or Metrics(settings.tasks)
    app = Flask("handtint.gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_bytes + FORM_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = FORM_BYTES
    door = Door(settings)
    upstream = Upstream(settings.addresses, metrics, settings.timeout, _split(settings))
    colouring = Colouring(settings, upstream, metrics)
    slots, batches = Slots(settings.threads, settings.waiting), Slots(settings.batches, 0)
    limits = Limits(settings.max_batch, settings.max_bytes, settings.max_batch_bytes)

    @app.post("/v1/colourise")
    def colourise() -> Response:
        client = door.admit(request)
        upstream.check_circuit()
        deadline = time.monotonic() + _patience(settings.timeout)
        with ExitStack() as stack:
            with metrics.stage("wait"):
                stack.enter_context(slots.take(deadline))
            stack.enter_context(metrics.in_work())
            with metrics.stage("read"):
                data = read_picture_bytes(request, settings.max_bytes)
                options = read_options(request, settings.tasks)
            call = Call(deadline, g.request_id, client if settings.sticky else None)
            result = colouring.colourise(data, options, call)
        response = Response(result.data, mimetype=result.media_type)
        response.headers["Vary"] = "Accept"
        response.headers["Handtint-Task"] = result.task
        if result.which.label:
            response.headers["Handtint-Label"] = result.which.label
        if result.notes:
            response.headers["Handtint-Note"] = " ".join(result.notes)
        return response

    @app.post("/v1/colourise/batch")
    def colourise_batch() -> Response:
        client = door.admit(request)
        upstream.check_circuit()
        stack = ExitStack()
        try:
            stack.enter_context(batches.take(time.monotonic() + settings.timeout))
            pictures = read_batch(request, limits, stack)
            options = read_options(request, settings.tasks, by_accept=False)
            door.count(client, len(pictures) - 1)  # the request itself has been counted
        except BaseException:
            stack.close()
            raise
        ends = time.monotonic() + _BATCH_SECONDS
        label_of = client if settings.sticky else str(random.random())  # noqa: S311 - one label for the whole batch
        request_id = g.request_id

        def one(data: bytes) -> tuple[bytes, str]:
            with slots.take(ends, patient=True), metrics.in_work():
                call = Call(min(ends, time.monotonic() + settings.timeout), request_id, label_of)
                result = colouring.colourise(data, options, call)
            return result.data, result.media_type

        response = Response(stream_with_context(stream_zip(pictures, one, metrics.reject)), mimetype="application/zip")
        response.headers["Content-Disposition"] = 'attachment; filename="coloured.zip"'
        response.call_on_close(stack.close)
        return response

    @app.get("/healthz")
    def healthz() -> Response:
        """The process is alive."""
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        """The model server answers for the models that it has; a problem with 503 (or 502, 504) if not."""
        upstream.check([settings.model])
        with contextlib.suppress(ModelNotFound):  # then drawings are taken for photographs
            upstream.check([settings.sketch_model])
        return Response("ok\n", mimetype="text/plain")

    add_documents(app, settings)
    if settings.web is not None:
        add_site(app, settings.web)
    app.register_error_handler(Exception, to_response)
    add_wrapping(app, metrics)
    if settings.origins:
        CORS(
            app,
            resources={r"/v1/*": {"origins": list(settings.origins)}},
            methods=["POST"],
            allow_headers=["Authorization", "Content-Type", "Prefer", "X-API-Key", "X-Request-Id"],
            expose_headers=["Handtint-Label", "Handtint-Note", "Handtint-Task", "Retry-After", "X-Request-Id"],
            max_age=600,
        )
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    return app


def _split(settings: Settings) -> Callable[[], Split | None]:
    """Gives the shares of the labels as they are now."""
    if settings.split_file:
        file = WatchedFile(settings.split_file, Split.parse)
        return lambda: file.value
    fixed = Split.parse(settings.split) if settings.split else None
    return lambda: fixed


def _patience(ceiling: float) -> float:
    """Seconds that the picture may take: the ceiling, or less if the client does not wait as long (RFC 7240)."""
    wait = parse_dict_header(request.headers.get("Prefer", "").replace(";", ",")).get("wait") or ""
    if not re.fullmatch(r"\d{1,9}", wait):
        return ceiling  # a preference that makes no sense is passed over
    g.waited_for = f"wait={wait}"
    return min(ceiling, float(wait))
