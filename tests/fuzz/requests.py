"""Requests made up by schemathesis from the gateway's own description.

python -m tests.fuzz.requests --count 10000 --seed 1
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

import click

from tests.fuzz.running import running_gateway

# What a status of 500 and more is, and that nothing comes which the description does not name.
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@click.command()
@click.option(
    "--count", default=10_000, help="Requests, of each of the two ways to colourise and of the two of health."
)
@click.option("--seed", default=0, help="Another one, other requests.")
def main(count: int, seed: int) -> None:
    """Send made-up requests to the gateway; end with 1 if an answer is wrong."""
    run = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"
    options = [f"--max-examples={count}", f"--seed={seed}", f"--checks={_CHECKS}", "--phases=examples,fuzzing"]
    with running_gateway() as address, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", run, "run", f"{address}/openapi.json", *options, "--generation-database=none"]
        status = subprocess.run(command, cwd=folder, check=False).returncode
    sys.exit(status)


if __name__ == "__main__":
    main()
