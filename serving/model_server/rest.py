"""TensorFlow Serving's REST API on top of the models, as a Flask application.

    curl http://127.0.0.1:8501/v1/models/default

Routes are matched whole and whatever the case, as the original does; `json_request.py` and `json_response.py`
hold the form of predict's bodies.
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, request
from google.protobuf.json_format import MessageToDict
from grpc import StatusCode
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from werkzeug.exceptions import HTTPException

from serving.model_server import api
from serving.model_server.errors import ServingError, as_serving_error, invalid
from serving.model_server.json_request import parse, read_inputs, signature_name
from serving.model_server.json_response import write_error, write_outputs
from serving.model_server.models import Models
from serving.model_server.servable import DEFAULT_SIGNATURE

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_WHICH = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_CALL = re.compile(rf"/v1/models/(?P<name>[^/:]+){_WHICH}:(?P<call>predict|classify|regress)", re.IGNORECASE)
_LOOK = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_WHICH}(?P<metadata>/metadata)?", re.IGNORECASE)


def create_app(models: Models) -> Flask:
    """The WSGI application that answers for these models."""
    app = Flask("handtint-model-server", static_folder=None)
    app.url_map.merge_slashes = False

    @app.route("/", defaults={"path": ""}, methods=_METHODS)
    @app.route("/<path:path>", methods=_METHODS)
    def answer(path: str) -> Response:
        # The raw path: a model's name may hold an encoded slash or colon.
        raw = urlsplit(request.environ["REQUEST_URI"]).path
        if not raw.lower().startswith("/v1/"):
            return Response("Not Found", status=404, content_type="text/plain")
        return _json(_answer(models, request.method, raw))

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException):
            return error
        reason = as_serving_error(error, f"{request.method} {request.path}")
        return _json(write_error(reason.message), reason.http_status)

    return app


def _answer(models: Models, method: str, path: str) -> bytes:
    if method == "POST" and (match := _CALL.fullmatch(path)):
        spec, call = _spec(match), match["call"].lower()
        if call != "predict":
            raise ServingError(StatusCode.UNIMPLEMENTED, f"{call} is not implemented by this server; use predict.")
        return _predict(models, spec, request.get_data(cache=False))
    if method == "GET" and (match := _LOOK.fullmatch(path)):
        if not match["name"]:
            raise invalid("Missing model name in request.")
        return _metadata(models, _spec(match)) if match["metadata"] else _status(models, _spec(match))
    raise invalid(f"Malformed request: {method} {path}")


def _spec(match: re.Match[str]) -> ModelSpec:
    """What a URL says of the model, in the words of the gRPC API."""
    spec = ModelSpec(name=unquote(match["name"]))
    if match["version"]:
        try:
            spec.version.value = int(match["version"])
        except ValueError:  # beyond int64
            raise invalid(f"Failed to convert version: {match['version']} to numeric.") from None
    if match["label"]:
        spec.version_label = unquote(match["label"])
    return spec


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


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status=status, content_type="application/json")
