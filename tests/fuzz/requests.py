"""Requests that schemathesis makes up from the gateway's own description: half as it says, half not.

python -m tests.fuzz.requests --count 10000 --seed 1
"""

from __future__ import annotations

import collections
import json
from typing import Any

import click
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving.colouring.task import AUTO, TASKS
from serving.pictures import FORMATS
from tests.fuzz.pictures import pictures, zips
from tests.fuzz.running import running_gateway

# What a status of 500 and more is, and that nothing comes which the description does not name.
_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_PATHS = ("/v1/colourise", "/v1/colourise/batch")
_SHARE = st.floats(0, 1)
_HINT = st.fixed_dictionaries({"x": _SHARE, "y": _SHARE, "colour": st.from_regex(r"\A#[0-9a-f]{6}\Z")})
# Options that all make sense: the description leaves hints and versions open, and nearly every request ends there.
_SENSIBLE = st.fixed_dictionaries(
    {},
    optional={
        "format": st.sampled_from([*FORMATS]),
        "quality": st.integers(1, 100),
        "saturation": st.floats(0, 2),
        "task": st.sampled_from([AUTO, *TASKS]),
        "version": st.integers(0, 2),
        "hints": st.lists(_HINT, max_size=20).map(lambda hints: json.dumps({"hints": hints})),
    },
)


def _register() -> None:
    """Gives schemathesis bytes for pictures and zips; it knows some samples, and skips what it has none of."""
    for media_type in ("jpeg", "png", "webp", "tiff", "gif"):
        openapi.media_type(f"image/{media_type}", pictures())
    openapi.media_type("application/zip", zips())
    openapi.format("binary", pictures())


def send_requests(address: str, count: int, number: int) -> collections.Counter[int]:
    """Sends `count` requests, made up from the seed `number`, and counts the answers by status.

    Raises:
        Exception: schemathesis's or hypothesis's, for the shortest request that got a wrong answer.
    """
    _register()
    schema = openapi.from_url(f"{address}/openapi.json")
    codes: collections.Counter[int] = collections.Counter()
    ways = [(path, mode) for path in _PATHS for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]
    with requests.Session() as session:
        for place, (path, mode) in enumerate(ways):
            share = count // len(ways) + (place < count % len(ways))
            sensible = st.none() | _SENSIBLE if mode is GenerationMode.POSITIVE else st.none()

            @seed(number)
            @settings(
                max_examples=share,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate, Phase.shrink],
            )
            @given(schema[path]["POST"].as_strategy(generation_mode=mode), sensible)
            def send(case: Case, options: dict[str, Any] | None) -> None:
                if options is not None:
                    case.query = options
                    if isinstance(case.body, dict):
                        case.body = {"image": case.body["image"]}
                answer = case.call(session=session, timeout=60)
                codes[answer.status_code] += 1
                case.validate_response(answer, checks=_CHECKS)

            if share:
                send()
        for path in ("/healthz", "/readyz"):
            assert session.get(address + path, timeout=60).status_code == 200
    return codes


@click.command()
@click.option("--count", default=10_000, help="Requests in all.")
@click.option("--seed", "number", default=0, help="Another one, other requests.")
def main(count: int, number: int) -> None:
    """Send made-up requests to the gateway; end with 1 if an answer is wrong."""
    with running_gateway() as address:
        codes = send_requests(address, count, number)
    click.echo(f"schemathesis {schemathesis.__version__}, {codes.total()} requests: {dict(sorted(codes.items()))}")


if __name__ == "__main__":
    main()
