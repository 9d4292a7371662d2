"""The command line's flags: one for each field of `Settings`, and the original's that mean nothing here.

    python -m serving.model_server.main --help

Flags are written `--flag=value` or `--flag value`; a switch is turned on with `--flag` alone. What is not known is
refused, and the nearest known flag named.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import click

from serving.model_server.settings import FREE, Flag, Settings

# Accepted, so that a command line of the original works; each says why it changes nothing here.
WITHOUT_EFFECT = {
    "enable_signature_method_name_check": "signatures of any method name may be asked",
    "flush_filesystem_caches": "the operating system's file cache is left to itself",
    "num_tflite_interpreters_per_pool": "TensorFlow Lite models get one interpreter a core",
    "num_tflite_pools": "TensorFlow Lite models get one interpreter a core",
    "num_unload_threads": "a version goes with its last request, and holds up nobody",
    "remove_unused_fields_from_bundle_metagraph": "the graph's description is not kept in memory",
    "skip_initialize_tpu": "this server runs on CPUs and GPUs",
    "xla_cpu_compilation_enabled": "TensorFlow for Python has XLA built in, and models that ask for it use it",
    "xla_gpu_compilation_enabled": "TensorFlow for Python has XLA built in, and models that ask for it use it",
}

# Without these a server would do something else than was asked for.
REFUSED = {
    "enable_per_model_batching_parameters": "all models share one --batching_parameters_file here",
    "mixed_precision": "models run in the precision they were exported with; export one in the precision you want",
    "num_request_iterations_for_warmup": "each stored request is run once; store it several times instead",
    "platform_config_file": "the only platform is TensorFlow; its settings have flags of their own",
    "thread_pool_factory_config_file": "TensorFlow's own thread pools are used; --tensorflow_inter_op_parallelism and "
    "--tensorflow_intra_op_parallelism set their sizes",
    "use_alts_credentials": "it needs Google's own network; use --ssl_config_file",
}

_OFF = ("", "0", "0.0", "false")


class Port(click.ParamType):
    """A TCP port: None for 0, which means that nothing listens, and FREE for `free`."""

    name = "port"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """The number that the operating system is asked for."""
        if value is None or isinstance(value, int):
            return value
        text = str(value)
        if text == "free":
            return FREE
        if text.isascii() and text.isdigit() and int(text) <= 65535:
            return int(text) or None
        self.fail(f"expected a number from 0 to 65535, or `free`; received {text!r}.", param, ctx)


def options() -> list[click.Parameter]:
    """All flags, in the order of `Settings`; those without effect, and those refused, are not in the help."""
    defaults = {one.name: one.default for one in fields(Settings)}
    known: list[click.Parameter] = []
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        if get_origin(hint) is Annotated:
            kind, flag = get_args(hint)
            known.append(_option(name, kind, defaults[name], flag))
    hidden = [
        click.Option([f"--{name}"], is_flag=False, flag_value="true", hidden=True)
        for name in sorted(WITHOUT_EFFECT | REFUSED)
    ]
    return known + hidden


def take_others(values: dict[str, Any]) -> list[str]:
    """Takes the original's other flags out of what was given; what to say about those without effect.

    Raises:
        ValueError: one is refused. Turned off, as most are without being given, it changes nothing.
    """
    given = {name: values.pop(name) for name in WITHOUT_EFFECT | REFUSED}
    for name, reason in REFUSED.items():
        if given[name] is not None and str(given[name]).lower() not in _OFF:
            raise ValueError(f"--{name} is not supported: {reason}.")
    return [f"--{name} has no effect: {reason}." for name in sorted(WITHOUT_EFFECT) if given[name] is not None]


def _option(name: str, kind: Any, default: Any, flag: Flag) -> click.Option:
    if kind is bool:
        # Not click's own switch, which would not take --flag=true.
        return click.Option([f"--{name}"], type=bool, is_flag=False, flag_value=True, default=default, help=flag.help)
    shown: bool | str = "0" if default is None and kind == int | None else default not in (None, "")
    return click.Option(
        [f"--{name}"], type=_type(name, kind, flag), default=default, show_default=shown, help=flag.help
    )


def _type(name: str, kind: Any, flag: Flag) -> click.ParamType:
    if kind == int | None:
        return Port()
    if kind == Path | None:
        folder = name == "model_base_path"
        return click.Path(path_type=Path, file_okay=not folder, dir_okay=folder)
    if kind is str:
        return click.STRING
    return (click.IntRange if kind is int else click.FloatRange)(flag.min, flag.max)
