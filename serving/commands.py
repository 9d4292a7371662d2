"""How every command of this package speaks: `handtint: what happened, and the fix`, one line, no stack trace.

    main = as_main("handtint", command)

HANDTINT_DEBUG=1 lets the trace of an unexpected error through.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable

import click

from serving.errors import HandtintError

FAILED = 1  # the work; 2 is click's, for a command line that makes no sense
INTERRUPTED = 130


def as_main(name: str, command: click.Command) -> Callable[[], None]:
    """The function behind a console script. It exits 0, 1 (failed), 2 (wrong usage) or 130 (Ctrl-C)."""

    def main() -> None:
        # Pillow and TensorFlow warn about the inner life of files; a person at a terminal cannot act on it.
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        try:
            status = command.main(prog_name=name, standalone_mode=False)
        except click.ClickException as error:
            message, status = error.format_message(), error.exit_code
        except HandtintError as error:
            message, status = str(error), FAILED
        except (click.Abort, KeyboardInterrupt):
            message, status = "stopped.", INTERRUPTED
        except Exception as error:
            if os.environ.get("HANDTINT_DEBUG"):
                raise
            message = f"unexpected {type(error).__name__}: {error}. HANDTINT_DEBUG=1 shows where; please report it."
            status = FAILED
        else:
            sys.exit(status if isinstance(status, int) else 0)
        click.echo(f"{name}: {' '.join(message.split())}", err=True)
        sys.exit(status)

    return main
