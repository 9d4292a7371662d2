"""The trainer's command.

python -m trainer list-presets
python -m trainer check-data PATH
python -m trainer draw PATH --out PAIRS
python -m trainer fit --preset photo --data PATH --minutes 60
python -m trainer evaluate runs/NAME --data PATH
"""

from __future__ import annotations

import importlib
import pkgutil

import click

from trainer import commands


class Commands(click.Group):
    """Every module of trainer/commands is a command: check_data.py is `check-data`. One is loaded when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        modules = (module.name for module in pkgutil.iter_modules(commands.__path__))
        return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The module's `command`, or None."""
        if name not in self.list_commands(ctx):
            return None
        return importlib.import_module(f"{commands.__name__}.{name.replace('-', '_')}").command


@click.group(cls=Commands)
def cli() -> None:
    """Train and score Handtint's models."""


def main() -> None:
    """Runs the command; the user's mistakes end in one line, not in a stack trace."""
    try:
        cli()
    except (ValueError, OSError, ModuleNotFoundError, FloatingPointError) as error:
        raise SystemExit(f"trainer: {error}") from error
