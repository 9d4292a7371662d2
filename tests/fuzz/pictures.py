"""Damaged pictures against the gateway: bytes changed, cut out, repeated, put together from two.

python -m tests.fuzz.pictures --count 10000 --seed 1
"""

from __future__ import annotations

import collections
import io
import warnings
import zipfile

import click
import httpx
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from PIL import Image

from tests.fuzz.running import running_gateway
from tests.serving.rich_pictures import deep_png, deep_scene, deep_tiff, grey_profile, rich, sepia, wide_gamut
from tests.serving.sample_pictures import BAD, GOOD

RICH = [rich(format, Image.fromarray(sepia()), wide_gamut()) for format in ("jpeg", "png", "webp", "tiff")]
RICH += [deep_png(deep_scene()[:8], grey_profile()), deep_tiff(deep_scene()[:8], compression="zlib")]
CORPUS = [*GOOD.values(), *RICH, *(data for data, _, _ in BAD.values() if len(data) < 20_000)]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A picture of the corpus after up to eight accidents, most of them near its header."""
    data = bytearray(draw(st.sampled_from(CORPUS)))
    for _ in range(draw(st.integers(0, 8))):
        reach = max(0, len(data) - 1)
        place = draw(st.integers(0, min(200, reach)) | st.integers(0, reach))
        length = draw(st.integers(0, 64))
        match draw(st.sampled_from(["change", "cut", "repeat", "insert", "end", "join"])):
            case "change":
                data[place : place + 4] = draw(st.binary(min_size=1, max_size=4))
            case "cut":
                del data[place : place + length]
            case "repeat":
                data[place:place] = data[place : place + length]
            case "insert":
                data[place:place] = draw(st.binary(max_size=64))
            case "end":
                del data[place:]
            case "join":
                data[place:] = draw(st.sampled_from(CORPUS))[place:]
    return bytes(data)


def pictures() -> st.SearchStrategy[bytes]:
    """Whole pictures, damaged ones and other bytes."""
    return st.one_of(st.sampled_from([*GOOD.values()]), damaged(), st.binary(max_size=2000))


@st.composite
def zips(draw: st.DrawFn) -> bytes:
    """A zip of up to three pictures; a third of the zips are cut short or changed at one place."""
    stream = io.BytesIO()
    packing = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", packing) as archive:
        warnings.simplefilter("ignore")  # the same name twice is meant
        for _ in range(draw(st.integers(0, 3))):
            # `writestr` would write the time of day, and the same seed must give the same bytes
            archive.writestr(zipfile.ZipInfo(draw(st.text(max_size=10))), draw(pictures()))
    data = bytearray(stream.getvalue())
    place = draw(st.integers(0, len(data) - 1))
    match draw(st.sampled_from(["whole", "whole", "whole", "whole", "change", "end"])):
        case "change":
            data[place : place + 4] = draw(st.binary(min_size=1, max_size=4))
        case "end":
            del data[place:]
    return bytes(data)


def send_pictures(address: str, count: int, number: int) -> collections.Counter[int]:
    """Sends `count` pictures, made up from the seed `number`, and counts the answers by status.

    Raises:
        AssertionError: the gateway answered with 500 or more; hypothesis shows the shortest such picture.
    """
    codes: collections.Counter[int] = collections.Counter()
    with httpx.Client(base_url=address, timeout=60) as client:

        @seed(number)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(st.one_of(damaged(), damaged(), damaged(), st.binary(max_size=2000)))
        def send(data: bytes) -> None:
            answer = client.post("/v1/colourise", content=data)
            codes[answer.status_code] += 1
            if answer.status_code >= 500:
                raise AssertionError(f"{answer.status_code} {answer.text} for {data[:100]!r}, {len(data)} bytes")

        send()
        assert client.get("/readyz").status_code == 200
    return codes


@click.command()
@click.option("--count", default=10_000, help="Pictures.")
@click.option("--seed", "number", default=0, help="Another one, other pictures.")
def main(count: int, number: int) -> None:
    """Send damaged pictures to the gateway; end with 1 if it fails at one."""
    with running_gateway() as address:
        codes = send_pictures(address, count, number)
    click.echo(f"{codes.total()} pictures: {dict(sorted(codes.items()))}")


if __name__ == "__main__":
    main()
