"""The benchmark's results as a page of Markdown.

Path("docs/benchmarks/web.md").write_text(page(results, machine, date, rounds))
"""

from __future__ import annotations

from statistics import median
from typing import Any

from export.page_bench import ddcolor, deoldify

Results = dict[str, Any]  # one of bench/page.bench.ts

NAMES = {"photo": "Handtint", "deoldify_artistic": "DeOldify's shape", "ddcolor_tiny": "DDColor-tiny's shape"}
SIZES = {"deoldify_artistic": deoldify.SIZE, "ddcolor_tiny": ddcolor.SIZE}


def page(results: list[Results], machine: str, date: str, rounds: int) -> str:
    """The page, with the command that makes it again."""
    return f"""# The page, measured

Written by `make bench-web` (`python -m export.page_bench`) on {date}. {machine}
Headless Chromium, TF.js's wasm backend with SIMD; medians of {rounds} rounds, but the other networks colour each
picture once. A page has more than one thread where its host sends COOP and COEP headers.

![Seconds to the first view and to the full-size file](web.png)

## From a file to its colours
Seconds from the JPEG file in hand to the first view, up to 1280 pixels wide, and to the full-size JPEG file.

{_times(results)}

«Shape» means a network of the same layers and widths with random weights, which takes the same time, converted from
Keras as ours is, and written so that TF.js takes its faster ways. It does what such pages do: a small copy goes in, and
the small result is stretched over the picture by the browser's own canvas. Ours computes the full-size picture pixel by
pixel, with the photograph's own lightness and edges; so a part of our time grows with the picture, and theirs hardly
does.

## The networks alone
{_networks(results)}

Once a picture, and once a list of hints: of Handtint's time the last column alone is spent anew when a hint moves.
Multiply-adds are those of convolutions and matrix products, counted while the network runs. Bytes are those of float16
weights and graphs, as they would be fetched; the others' own files are float32 or rounded to 8 bits.

## At {_live(results)["megapixels"]:g} megapixels, after the first view
{_again(results)}

## The engine's start
From a call to a model that is ready and has passed its probe, its files from this machine's own server, or kept by the
browser since the last visit.

{_starts(results)}
"""


def _threads(result: Results) -> str:
    count = result["networks"]["photo"]["threads"]
    return f"{count} thread{'s' if count > 1 else ''}"


def _times(results: list[Results]) -> str:
    others = [name for name in results[0]["networks"] if name != "photo"]
    head = ["threads", "megapixels", "Handtint: first view", "file"]
    head += [text for name in others for text in (f"{NAMES[name]}: first view", "times ours", "file", "times ours")]
    rows = []
    for result in results:
        for index, picture in enumerate(result["pictures"]):
            first, full = (median(one[key] for one in picture["rounds"]) for key in ("first", "full"))
            row = [_threads(result), f"{picture['megapixels']:g}", _seconds(first), _seconds(full)]
            for name in others:
                theirs = result["networks"][name]["pictures"][index]
                for took, ours in ((theirs["first"], first), (theirs["full"], full)):
                    row += [_seconds(took), f"{took / ours:.1f}"]
            rows.append(row)
    return _table(head, rows)


def _networks(results: list[Results]) -> str:
    head = ["threads", "network", "sees", "parameters", "bytes", "multiply-adds", "ms", "times ours", "ms for a hint"]
    rows = []
    for result in results:
        ours = median(result["networks"]["photo"]["milliseconds"])
        for name, network in result["networks"].items():
            took = median(network["milliseconds"])
            side = SIZES.get(name, 256)
            rows.append(
                [
                    _threads(result),
                    NAMES[name],
                    f"{side} x {side}",
                    f"{network['parameters'] / 1e6:.1f} million",
                    f"{network['bytes'] / 1e6:.1f} MB",
                    f"{network['multiplyAdds'] / 1e9:.1f} billion",
                    f"{took:,.0f}",
                    f"{took / ours:.1f}",
                    f"{median(network['guide']):,.0f}" if name == "photo" else "has none",
                ]
            )
    return _table(head, rows)


def _live(result: list[Results]) -> Results:
    """The picture whose times of one more look and hint are told: that of 2 megapixels, if there is one."""
    return min(result[0]["pictures"], key=lambda picture: abs(picture["megapixels"] - 2))


def _again(results: list[Results]) -> str:
    wanted = _live(results)["megapixels"]
    rows = []
    for result in results:
        picture = next(picture for picture in result["pictures"] if picture["megapixels"] == wanted)
        hint, look = ([one for times in picture["rounds"] for one in times[key]] for key in ("hint", "look"))
        rows.append([_threads(result), f"{median(hint):.0f}", f"{median(look):.0f}"])
    return _table(["threads", "a hint is seen after, ms (wanted: under 300)", "a slider, ms (under 100)"], rows)


def _starts(results: list[Results]) -> str:
    rows = [
        [_threads(result), *(f"{median(result['start'][key]):,.0f}" for key in ("cold", "kept"))] for result in results
    ]
    return _table(["threads", "fetched, ms", "kept, ms"], rows)


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.2f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
