"""The `handtint` command; a subcommand a file.

    handtint colourise old.jpg -o new.png
    handtint suggest old.jpg --at 0.4,0.6
    handtint rollout status --folder rollout

Without --server it works in this process (which needs TensorFlow), with it through a model server or a gateway (which
does not).
"""

from __future__ import annotations

import click

from serving.cli.colourise import colourise
from serving.cli.suggest import suggest_command
from serving.commands import as_main
from serving.rollout.commands import rollout


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="handtint")
def cli() -> None:
    """Colourise black-and-white photographs and line drawings."""


cli.add_command(colourise)
cli.add_command(suggest_command)
cli.add_command(rollout)

main = as_main("handtint", cli)
