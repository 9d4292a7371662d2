"""Measures the page in Chromium, beside networks of other colourisers' shape and size on the same backend.

    python -m export.page_bench --out docs/benchmarks/web.md                    # with web.png beside it
    python -m export.page_bench --megapixels 0.5 --rounds 1 --out /tmp/web.md   # a rehearsal

Nothing else should run on the machine meanwhile. It takes about ten minutes; the other networks are made at first.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import click

WEB = Path(__file__).resolve().parents[2] / "web"
_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--model", type=_PATH, default=WEB / "public/models/photo", help="Our TF.js folder, of photographs.")
@click.option("--work", type=_PATH, default=Path("build/page-bench"), show_default=True, help="For what is made.")
@click.option("--megapixels", default="0.5,2,12,24", show_default=True, help="Of the pictures, separated by commas.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Of each measurement.")
@click.option("--out", type=_PATH, help="Page to write, and a picture beside it.")
def main(model: Path, work: Path, megapixels: str, rounds: int, out: Path | None) -> None:
    """Measures the page in Chromium."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # has to be set before TensorFlow is imported
    from export.page_bench.networks import BUILDERS, write
    from export.page_bench.plot import draw
    from export.page_bench.report import page

    models, results = work.resolve() / "models", work.resolve() / "results.json"
    write(models)
    settings = {
        "ours": str(model.resolve()),
        "others": {name: str(models / name) for name in BUILDERS},
        "megapixels": [float(number) for number in megapixels.split(",")],
        "rounds": rounds,
        "out": str(results),
    }
    environment = os.environ | {"PAGE_BENCH": json.dumps(settings)}
    for command in ("vite build --config bench/vite.config.ts", "playwright test --config bench/playwright.config.ts"):
        done = subprocess.run(["npx", "--no", *command.split()], cwd=WEB, env=environment, check=False)  # noqa: S603, S607
        if done.returncode:
            raise SystemExit(f"export.page_bench: {command} failed.")
    measured = json.loads(results.read_text())
    machine = f"{_processor()}, {os.cpu_count()} cores, {platform.system()}."
    text = page(measured, machine, datetime.now(UTC).date().isoformat(), rounds)
    click.echo(text)
    if out:
        out.write_text(text)
        draw(measured, out.with_suffix(".png"))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())
