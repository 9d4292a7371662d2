"""TensorFlow Serving's REST API on top of the models, as a Flask application.

    curl http://127.0.0.1:8501/v1/models/default

`rest_routes.py` says which call a path names; `rest_body.py`, `json_request.py` and `example_json.py` read bodies,
`json_response.py` writes answers.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, request
from google.protobuf.json_format import MessageToDict
from grpc import StatusCode
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.regression_pb2 import RegressionRequest

from serving.model_server import api
from serving.model_server.cors import CORS_HEADERS, check_preflight
from serving.model_server.current_call import Limit, calling
from serving.model_server.deadline import Deadline
from serving.model_server.errors import HTTP_STATUS, as_serving_error, invalid
from serving.model_server.example_json import read_input, write_classifications, write_regressions
from serving.model_server.json_document import parse, signature_name
from serving.model_server.json_request import read_inputs
from serving.model_server.json_response import write_error, write_outputs
from serving.model_server.models import Models
from serving.model_server.monitoring import CONTENT_TYPE, Metrics
from serving.model_server.rest_body import read_body
from serving.model_server.rest_routes import Route, belongs_here, find_route
from serving.model_server.servable import DEFAULT_SIGNATURE

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(
    models: Models,
    *,
    metrics: Metrics | None = None,
    metrics_path: str | None = None,
    cors: bool = False,
    timeout_seconds: float = 0.0,
    threads: int = 4 * (os.cpu_count() or 1),
) -> Flask:
    """The WSGI application that answers for these models.

    Args:
        models: what answers.
        metrics: counts every request, and how long the answered ones took; None counts nothing.
        metrics_path: where `metrics` can be read, by Prometheus; None is nowhere.
        cors: answers carry the headers that let pages of other origins read them.
        timeout_seconds: predict, classify and regress answer DEADLINE_EXCEEDED after so long; 0 never.
        threads: requests that run at once, where there is a timeout.
    """
    app = Flask("handtint-model-server", static_folder=None)
    app.url_map.merge_slashes = False
    deadline = Deadline(timeout_seconds, threads)

    @app.route("/", defaults={"path": ""}, methods=_METHODS)
    @app.route("/<path:path>", methods=_METHODS)
    def answer(path: str) -> Response:
        # The raw path: a model's name may hold an encoded slash or colon.
        raw = urlsplit(request.environ["REQUEST_URI"]).path
        if metrics and raw == metrics_path:
            return Response(metrics.render(), content_type=CONTENT_TYPE)
        if not belongs_here(raw):
            return Response("Not Found", status=404, content_type="text/plain")
        begun, route, code = time.perf_counter(), None, StatusCode.OK
        try:
            if request.method == "OPTIONS":
                check_preflight(request.headers.get("Origin", ""))
                body = b""
            else:
                route = find_route(request.method, raw)
                body = _work(models, route, deadline)
        except Exception as error:
            reason = as_serving_error(error, f"{request.method} {route.call if route else ''}")
            code, body = reason.code, write_error(reason.message)
        if metrics:
            _count(metrics, route, code, time.perf_counter() - begun)
        response = Response(body, status=HTTP_STATUS.get(code, 500), content_type="application/json")
        if cors:
            response.headers.extend(CORS_HEADERS)
        return response

    return app


def _work(models: Models, route: Route, deadline: Deadline) -> bytes:
    """The body of the answer to a request that has a route."""
    looks: dict[str, Callable[[Models, ModelSpec], bytes]] = {"status": _status, "metadata": _metadata}
    if route.call in looks:
        return looks[route.call](models, route.spec)
    runs = {"predict": _predict, "classify": _classify, "regress": _regress}
    raw, encoding = request.get_data(cache=False), request.headers.get("Content-Encoding", "")

    def run(limit: Limit) -> bytes:
        with calling(route.spec.name, route.call.capitalize(), limit):
            return runs[route.call](models, route.spec, read_body(raw, encoding))

    return deadline.run(run)


def _predict(models: Models, spec: ModelSpec, body: bytes) -> bytes:
    document = parse(body)
    name = signature_name(document) or DEFAULT_SIGNATURE
    # One lease for reading, running and writing, so that all three see the same version.
    with models.lease(spec) as (_, servable):
        if name not in servable.signatures:
            raise invalid(f'Serving signature name: "{name}" not found in signature def')
        signature = servable.signature(name)
        form, inputs = read_inputs(document, signature.definition.inputs)
        return write_outputs(signature.predict(inputs), form)


def _classify(models: Models, spec: ModelSpec, body: bytes) -> bytes:
    document = parse(body)
    spec.signature_name = signature_name(document)
    asked = ClassificationRequest(model_spec=spec, input=read_input(document))
    return write_classifications(api.classify(models, asked).result)


def _regress(models: Models, spec: ModelSpec, body: bytes) -> bytes:
    document = parse(body)
    spec.signature_name = signature_name(document)
    asked = RegressionRequest(model_spec=spec, input=read_input(document))
    return write_regressions(api.regress(models, asked).result)


def _status(models: Models, spec: ModelSpec) -> bytes:
    response = api.status(models, GetModelStatusRequest(model_spec=spec))
    return _pretty(MessageToDict(response, always_print_fields_with_no_presence=True))


def _metadata(models: Models, spec: ModelSpec) -> bytes:
    asked = GetModelMetadataRequest(model_spec=spec, metadata_field=[api.SIGNATURE_DEF])
    response = api.metadata(models, asked)
    signatures = SignatureDefMap()
    response.metadata[api.SIGNATURE_DEF].Unpack(signatures)
    options = {"preserving_proto_field_name": True, "always_print_fields_with_no_presence": True}
    return _pretty(
        {
            "model_spec": MessageToDict(response.model_spec, **options),
            "metadata": {api.SIGNATURE_DEF: MessageToDict(signatures, **options)},
        }
    )


def _pretty(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


def _count(metrics: Metrics, route: Route | None, code: StatusCode, seconds: float) -> None:
    """As the original counts: by the path's own words, in lower case, and without a call for status and metadata."""
    model = route.spec.name if route else ""
    metrics.request(model, code)
    if code is StatusCode.OK:
        call = route.call if route and route.call not in ("status", "metadata") else ""
        metrics.latency(model, call, "REST", seconds)
