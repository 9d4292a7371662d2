"""The gateway's description for programs, OpenAPI 3.1, with the limits of this one.

    document = describe(settings)

Its examples are exact: the tests send each code sample, and compare each problem word by word.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from serving.colouring.hints import MAX_HINTS
from serving.colouring.task import AUTO, TASKS
from serving.colouring.wishes import MAX_SATURATION
from serving.gateway.options import METADATA
from serving.gateway.problem_examples import problem_examples
from serving.gateway.problems import MEDIA_TYPE
from serving.gateway.settings import Settings
from serving.gateway.split import LABEL
from serving.pictures import FORMATS, QUALITY

HINTS_EXAMPLE = '{"hints": [{"x": 0.41, "y": 0.63, "colour": "#b03a2e"}]}'
_BINARY = {"type": "string", "format": "binary"}
_READ = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "tiff": "image/tiff", "gif": "image/gif"}

_OF_ONE = [400, 404, 406, 413, 415, 429, 501, 502, 503, 504]
_OF_BATCH = [400, 413, 415, 429, 503]  # a picture's own problem stands in the zip

_ONE_SAMPLES = [
    ("Shell", "curl --fail -F image=@old.jpg -F saturation=1.1 {server}/v1/colourise -o new.png"),
    (
        "Python",
        "from pathlib import Path\n\nimport httpx\n\n"
        'answer = httpx.post("{server}/v1/colourise?format=jpeg", content=Path("old.jpg").read_bytes(), timeout=60)\n'
        'Path("new.jpg").write_bytes(answer.raise_for_status().content)\n',
    ),
]
_BATCH_SAMPLES = [
    ("Shell", "curl --fail -F image=@old.jpg -F image=@other.jpg {server}/v1/colourise/batch -o coloured.zip"),
]


def describe(settings: Settings) -> dict[str, Any]:
    """The document, ready for JSON."""
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Handtint gateway",
            "version": "1",
            "description": "Colourises black-and-white photographs and line drawings. Pictures are not stored.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/v1/colourise": {"post": _one(settings)},
            "/v1/colourise/batch": {"post": _batch(settings)},
            "/healthz": {"get": _plain("alive", "The process is alive.", {})},
            "/readyz": {"get": _plain("ready", "A model server answers.", _problems(settings, [502, 503, 504]))},
        },
        "components": {"schemas": {"Problem": _problem_schema()}},
    }
    if settings.authentication:
        document["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        document["security"] = [{"bearer": []}, {"header": []}]
        for path in ("/healthz", "/readyz"):
            document["paths"][path]["get"]["security"] = []
    return document


def _one(settings: Settings) -> dict[str, Any]:
    bodies: dict[str, Any] = {_READ[name]: {"schema": _BINARY} for name in settings.formats}
    bodies["multipart/form-data"] = {"schema": _form(settings, _BINARY)}
    headers = {
        "Handtint-Task": _header("What the picture was taken for.", {"type": "string", "enum": list(TASKS)}),
        "Handtint-Label": _header("The label of the model that coloured it, if one was chosen.", {"type": "string"}),
        "Handtint-Note": _header("What was left out, as the second frame of an animation.", {"type": "string"}),
    }
    return {
        "operationId": "colourise",
        "tags": ["pictures"],
        "summary": "A picture in, the picture in colour out",
        "description": f"Of at most {settings.max_pixels / 1e6:g} megapixels and {settings.max_bytes / 1e6:g} MB.",
        "parameters": [*_parameters(settings), *_common_headers()],
        "requestBody": {"required": True, "content": bodies},
        "responses": {
            "200": {
                "description": "The picture in colour, of the same width and height.",
                "headers": headers,
                "content": {media_type: {"schema": _BINARY} for media_type in FORMATS.values()},
            },
            **_problems(settings, _OF_ONE + _locked(settings)),
        },
        "x-codeSamples": _samples(_ONE_SAMPLES),
    }


def _batch(settings: Settings) -> dict[str, Any]:
    several = {"type": "array", "items": _BINARY, "minItems": 1, "maxItems": settings.max_batch}
    return {
        "operationId": "colouriseBatch",
        "tags": ["pictures"],
        "summary": "Many pictures in, a zip of them in colour out",
        "description": f"At most {settings.max_batch} pictures and {settings.max_batch_bytes / 1e6:g} MB, also "
        "unpacked. The zip is sent while it is made: 001-name.png, and 002-name.problem.json for one that failed.",
        "parameters": [*_parameters(settings), *_common_headers()],
        "requestBody": {
            "required": True,
            "content": {
                "application/zip": {"schema": _BINARY},
                "multipart/form-data": {"schema": _form(settings, several)},
            },
        },
        "responses": {
            "200": {"description": "A zip.", "content": {"application/zip": {"schema": _BINARY}}},
            **_problems(settings, _OF_BATCH + _locked(settings)),
        },
        "x-codeSamples": _samples(_BATCH_SAMPLES),
    }


def _locked(settings: Settings) -> list[int]:
    return [401] if settings.authentication else []


def _plain(name: str, summary: str, problems: dict[str, Any]) -> dict[str, Any]:
    ok = {"description": "Yes.", "content": {"text/plain": {"schema": {"type": "string"}, "example": "ok\n"}}}
    return {"operationId": name, "tags": ["health"], "summary": summary, "responses": {"200": ok, **problems}}


def _options(settings: Settings) -> dict[str, tuple[str, dict[str, Any]]]:
    """What can be asked for, in the query or in the form: a description and a schema by name."""
    version = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1, "examples": [1]}
    return {
        "format": (
            "Of the answer; beats the Accept header.",
            {"type": "string", "enum": list(FORMATS), "examples": ["jpeg"]},
        ),
        "quality": (
            "Of a JPEG or WebP.",
            {"type": "integer", "minimum": 1, "maximum": 100, "default": QUALITY, "examples": [80]},
        ),
        "metadata": (
            "EXIF, XMP and resolution of the picture: none leaves them out, with place, time and camera.",
            {"type": "string", "enum": list(METADATA), "default": "keep", "examples": ["none"]},
        ),
        "saturation": (
            "What the model's colours are multiplied by; 0 is grey.",
            {"type": "number", "minimum": 0, "maximum": MAX_SATURATION, "default": 1, "examples": [1.1]},
        ),
        "hints": (
            f"Colours wanted at certain points, x and y from the top left, as JSON; at most {MAX_HINTS}.",
            {"type": "string", "contentMediaType": "application/json", "examples": [HINTS_EXAMPLE]},
        ),
        "task": (
            "What the picture is; auto looks at it.",
            {"type": "string", "enum": [AUTO, *TASKS], "default": AUTO, "examples": ["photo"]},
        ),
        "model": (
            "Of these; each is of one task.",
            {"type": "string", "enum": sorted(settings.tasks), "examples": [settings.model]},
        ),
        "version": ("The number of a model's version; not together with a label.", version),
        "label": (
            "A model's version by its label.",
            {"type": "string", "pattern": f"^{LABEL.pattern}$"},
        ),
    }


def _parameters(settings: Settings) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": description, "schema": schema}
        for name, (description, schema) in _options(settings).items()
    ]


def _common_headers() -> list[dict[str, Any]]:
    return [
        {
            "name": "Prefer",
            "in": "header",
            "description": "How many seconds the sender waits (RFC 7240): after that nothing is worked on any more.",
            "schema": {"type": "string", "examples": ["wait=20"]},
        },
        {
            "name": "X-Request-Id",
            "in": "header",
            "description": "Stands in the gateway's log, the model server's and the answer; made up if not given.",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$", "examples": ["scan-1907"]},
        },
    ]


def _form(settings: Settings, image: dict[str, Any]) -> dict[str, Any]:
    fields = {name: {"description": text, **schema} for name, (text, schema) in _options(settings).items()}
    return {
        "type": "object",
        "properties": {"image": image, **fields},
        "required": ["image"],
        "additionalProperties": False,
    }


def _header(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "schema": schema}


def _samples(samples: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"lang": language, "source": source.replace("{server}", "http://127.0.0.1:8080")}
        for language, source in samples
    ]


def _problem_schema() -> dict[str, Any]:
    words = {"type": "string"}
    return {
        "type": "object",
        "description": "RFC 9457, and what to do about it.",
        "properties": {
            "type": {"type": "string", "pattern": "^urn:handtint:problem:[a-z-]+$"},
            "title": words,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": words,
            "fix": words,
        },
        "required": ["type", "title", "status", "detail", "fix"],
    }


def _problems(settings: Settings, statuses: list[int]) -> dict[str, Any]:
    """What can go wrong, by status, with an example of each kind."""
    examples: dict[int, dict[str, Any]] = {status: {} for status in sorted(statuses)}
    for problem in problem_examples(settings):
        if problem.status in examples:
            examples[problem.status][problem.code] = {"value": problem.to_dict()}
    return {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": found}},
        }
        for status, found in examples.items()
        if found  # without a limit of the rate there is no 429; Swagger UI trips over a kind that has no example
    }
