"""`handtint rollout`: a new version of a model, out and, if it is bad, back again.

    handtint rollout start --version 2 --canary 10,50,100 --folder rollout --server grpc://127.0.0.1:8500
    handtint rollout run --until-done --prometheus http://127.0.0.1:9090 ...

What says where things are has environment variables, HANDTINT_ROLLOUT_SERVER for --server. What was decided at `start`
is stored with the state, so the other commands need nothing else.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from serving.errors import OptionError
from serving.rollout import model_config
from serving.rollout.checks import Checks
from serving.rollout.cluster import ConfigMapStore
from serving.rollout.errors import Conflict, Unavailable
from serving.rollout.files import FileStore
from serving.rollout.prometheus import Prometheus
from serving.rollout.rollout import Rollout
from serving.rollout.servers import Servers
from serving.rollout.serving_of import CONFIG
from serving.rollout.state import ROLLED_BACK, Bounds, Phase, State
from serving.rollout.store import Store
from serving.rollout.watch import Watch

PREFIX = "HANDTINT_ROLLOUT"
WENT_BACK = 3  # exit status of `run` for a version that was rolled back
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


def _option(name: str, **others: Any) -> Callable[..., Any]:
    """An option that an environment variable may set, too."""
    return click.option(name, envvar=f"{PREFIX}_{name.strip('-').replace('-', '_').upper()}", **others)


_WHERE = [
    _option("--model", default="photo", show_default=True, help="Its name in models.config."),
    _option("--folder", type=_FOLDER, help="With models.config and split: a roll-out on one machine."),
    _option("--configmap", metavar="NAME", help="With the same in a cluster, instead of --folder."),
    _option("--namespace", help="Of the ConfigMap. Default: the pod's, or that of kubectl's context."),
    _option("--context", help="Of kubectl's. Default: the current one."),
]
_SEEING = [
    _option("--server", default="grpc://127.0.0.1:8500", show_default=True, metavar="URL", help="All of them."),
    _option("--prometheus", default="http://127.0.0.1:9090", show_default=True, metavar="URL"),
    _option(
        "--selector",
        metavar="MATCHERS",
        help="Of our gateways in Prometheus. Default: none for --folder, the ConfigMap's namespace in a cluster.",
    ),
    _option("--models", type=_FOLDER, help="The model's base path, as seen from here. Default: models.config's."),
    _option("--no-card", is_flag=True, help="Leave card and warm-up unchecked: the models cannot be seen here."),
    _option("--golden", type=_FOLDER, help="Pictures that a version must colour. Default: a few that come along."),
]
_HELP = {
    "window": "Seconds that each share is watched.",
    "patience": "Seconds that any phase may take.",
    "requests": "That each version must have had to be compared.",
    "error_rate": "How much more of the requests may fail, 0 to 1.",
    "latency": "How many times as long a request may take.",
    "colourfulness": "The share of the stable version's that is wanted, 0 to 1; nor more than its inverse.",
    "darker": "How much darker a golden picture may be, in L*.",
    "distance": "How far the golden set's colours may be from the stable version's, in a* and b*.",
    "delay": "Seconds that a change may take to a server. Default: 5 for --folder, 90 for --configmap.",
}
_BOUNDS = [
    click.option(
        f"--{bound.name.replace('_', '-')}",
        type=click.IntRange(min=0) if bound.name == "requests" else click.FloatRange(min=0),
        default=None if bound.name == "delay" else bound.default,
        show_default=bound.name != "delay",
        help=_HELP[bound.name],
    )
    for bound in fields(Bounds)
]
_VERSION = click.option(
    "--version", type=click.IntRange(min=0), required=True, help="That shall become the stable one."
)
_CANARY = click.option(
    "--canary", default="10,50,100", show_default=True, metavar="SHARES", help="Per cent of the traffic, in steps."
)


@click.group()
def rollout() -> None:
    """Roll a model's version out, watch it, and roll it back if it is bad."""


def _with(*groups: list[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds the options of these groups to a command."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        options = [option for group in groups for option in group]
        return functools.reduce(lambda function, option: option(function), reversed(options), command)

    return add


@rollout.command()
@_with(_WHERE)
def status(**where: Any) -> None:
    """Where the roll-out stands."""
    _say(_open(**where).state())


@rollout.command()
@_with(_WHERE)
def history(**where: Any) -> None:
    """What has happened so far, and why."""
    for event in _open(**where).state().history:
        reason = f": {event.why}" if event.why else ""
        click.echo(f"{_clock(event.time)}  version {event.version}  {event.what}{reason}")


@rollout.command()
@_VERSION
@_CANARY
@_with(_BOUNDS, _WHERE)
def start(version: int, canary: str, **values: Any) -> None:
    """Begin: every server is to load the version. `run` or `step` goes on."""
    bounds = _take_bounds(values)
    opened = _open(**values)
    _say(opened.start(version, _shares(canary), _of_store(bounds, opened.store)))


@rollout.command()
@_with(_WHERE, _SEEING)
def step(**values: Any) -> None:
    """Look once, and go on by one phase if all is well, or back."""
    state, seen = _open(**values).step()
    _say(state)
    if seen.why:
        click.echo(f"  {seen.why}")


@rollout.command()
@_with(_WHERE)
def promote(**where: Any) -> None:
    """Make a canary the stable version, without further watching."""
    _say(_open(**where).promote())


@rollout.command()
@click.option("--reason", default="by hand", show_default=True, help="For the history.")
@_with(_WHERE)
def abort(reason: str, **where: Any) -> None:
    """Take the candidate back at once. `run` or `step` then lets it go from memory."""
    _say(_open(**where).abort(reason))


@rollout.command()
@click.option("--until-done", is_flag=True, help="Go on until a version is stable and alone, either way.")
@click.option("--version", type=click.IntRange(min=0), help="Start this one first, if that was never done.")
@_CANARY
@click.option("--interval", type=click.FloatRange(min=0, min_open=True), default=5.0, show_default=True, help="In s.")
@_with(_BOUNDS, _WHERE, _SEEING)
def run(until_done: bool, version: int | None, canary: str, interval: float, **values: Any) -> int:
    """Step by step, with nobody at the keyboard. Exits 0 if the version was promoted, 3 if it was rolled back.

    Without --until-done it ends when a phase waits for something. What was rolled back is not started again.
    """
    bounds = _take_bounds(values)
    opened = _open(**values)
    if version is not None:
        _start_once(opened, version, _shares(canary), _of_store(bounds, opened.store))
    last = ("", "")
    while True:
        try:
            state, seen = opened.step()
        except (Conflict, Unavailable) as error:
            click.echo(f"{_clock(time.time())}  {error}", err=True)
            time.sleep(interval)
            continue
        said = (_line(state), seen.why)
        if said != last:
            click.echo(f"{_clock(time.time())}  {said[0]}" + (f": {said[1]}" if said[1] else ""))
        last = said
        if state.done:
            return _exit_status(state, version)
        if seen.answer.value == "not yet":
            if not until_done:
                return 0
            time.sleep(interval)


def _start_once(opened: Rollout, version: int, steps: tuple[float, ...], bounds: Bounds) -> None:
    """Starts a version, unless the last roll-out was of it: a Job that is restarted must not try a bad one again."""
    state = opened.state()
    outcome = state.outcome
    if state.phase is Phase.IDLE and (state.stable == version or (outcome and outcome.version == version)):
        return
    if state.phase is not Phase.IDLE and version in (state.candidate, state.stable):
        return
    opened.start(version, steps, bounds)


def _exit_status(state: State, version: int | None) -> int:
    """Of a version that is stable, or of the last roll-out."""
    went_back = state.outcome is not None and state.outcome.what == ROLLED_BACK
    return WENT_BACK if went_back and state.stable != version else 0


def _open(
    model: str,
    folder: Path | None,
    configmap: str | None,
    namespace: str | None,
    context: str | None,
    server: str = "grpc://127.0.0.1:8500",
    prometheus: str = "http://127.0.0.1:9090",
    selector: str | None = None,
    models: Path | None = None,
    no_card: bool = False,
    golden: Path | None = None,
) -> Rollout:
    if (folder is None) == (configmap is None):
        raise OptionError("Expected --folder or --configmap.", "Give the one that holds models.config and the split.")
    store: Store = FileStore(folder) if folder else ConfigMapStore(configmap or "", namespace, context)
    if models is None and not no_card:
        config = model_config.parse(store.read().texts[CONFIG])
        models = Path(model_config.entry(config, model).base_path)
    servers = Servers(server, model)
    watch = Watch(Prometheus(prometheus), model, store.selector if selector is None else selector)
    return Rollout(model, store, servers, watch, Checks(servers, None if no_card else models, golden))


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(share) for share in text.split(","))
    except ValueError:
        raise OptionError(f"--canary is {text!r}.", "Write per cents with commas between: 10,50,100.") from None


def _take_bounds(values: dict[str, Any]) -> dict[str, Any]:
    return {bound.name: values.pop(bound.name) for bound in fields(Bounds)}


def _of_store(bounds: dict[str, Any], store: Store) -> Bounds:
    return Bounds(**{**bounds, "delay": store.delay if bounds["delay"] is None else bounds["delay"]})


def _say(state: State) -> None:
    click.echo(_line(state))
    if state.outcome:
        event = state.outcome
        reason = f": {event.why}" if event.why else ""
        click.echo(f"  version {event.version} was {event.what} at {_clock(event.time)}{reason}")


def _line(state: State) -> str:
    if state.candidate is None:
        what = "models.config is being put right" if state.mending else "nothing is under way"
        return f"{state.model}: version {state.stable} is stable, {what}"
    share = f" at {state.share:g} %" if state.share else ""
    which = "leaves" if state.phase in (Phase.SETTLING, Phase.UNLOADING) else "is on its way"
    return f"{state.model}: version {state.stable} is stable, {state.candidate} {which}: {state.phase.value}{share}"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
