"""Trains a run to the end of its budget, from its beginning or from its newest checkpoint.

fit(Run.create(folder, config, about))      # Ctrl-C saves; fit(Run.open(folder), resume=True) goes on
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing
from pathlib import Path

import keras
from tqdm.contrib.logging import logging_redirect_tqdm

from trainer import distribution
from trainer.callbacks.checkpoint import Checkpoint
from trainer.callbacks.interrupt import Interrupt
from trainer.callbacks.losses_csv import LossesCsv
from trainer.callbacks.nan_guard import NanGuard
from trainer.callbacks.plateau import Plateau
from trainer.callbacks.plot import Plot
from trainer.callbacks.preview import Preview
from trainer.callbacks.progress_bar import ProgressBar
from trainer.callbacks.schedule import Schedule
from trainer.callbacks.tensorboard import TensorBoard
from trainer.callbacks.validation import Validation
from trainer.callbacks.validation_csv import ValidationCsv
from trainer.clock import Budget, Clock
from trainer.data.loader import Loader
from trainer.data.sources import Example, find_examples, leave_out, split
from trainer.gan import ConditionalGAN
from trainer.run import Run, State
from trainer.shipped import is_shipped, start_from
from trainer.steps import compile_step

log = logging.getLogger(__name__)

_PROBED = 8  # examples
_MEASURED = 8  # batches that set the norms of a generator which ships without them


@distribution.told_of_lost_workers()
def fit(run: Run, resume: bool = False) -> State:
    """Trains `run`; returns how far it got. Ctrl-C and SIGTERM save first, then raise KeyboardInterrupt.

    Raises ValueError if the data has too few pictures, FloatingPointError if a loss is no number, OSError if a
    checkpoint can't be written; the last good checkpoint is kept.
    """
    config = run.config
    training, held_out = _examples(run)
    budget = Budget(**{name: run.about.get(name) for name in ("steps", "epochs", "minutes")})
    workers = distribution.workers()
    if workers > 1 and budget.minutes:
        raise ValueError(
            f"A budget of {budget.minutes:g} minutes ends at another step on each of {workers} workers (TF_CONFIG). "
            f"Give --steps or --epochs instead."
        )
    with distribution.scope():
        gan = ConditionalGAN(config)
    state = run.restore(gan) if resume else State()
    if not resume and run.about.get("from"):
        _start_from(Path(run.about["from"]), gan, training)
    distribution.check_same("the step they go on from", state.step)
    distribution.check_same("the number of pictures", len(training))
    loader = Loader(training, config, distribution.index(), workers)
    steps = config.steps_per_epoch or max(len(training) // (config.batch * workers), 1)
    clock = Clock(state, budget.in_steps(steps))

    with ExitStack() as stack:
        stack.enter_context(logging_redirect_tqdm())
        checkpoint = Checkpoint(run, clock)
        interrupt = stack.enter_context(Interrupt())
        callbacks = [
            Schedule(config, clock),
            interrupt,
            NanGuard(run, clock),
            validation := Validation(held_out, config),
            Plateau(config, clock),
        ]
        if distribution.is_chief():
            callbacks += [
                stack.enter_context(closing(LossesCsv(run.path / "losses.csv", clock))),
                stack.enter_context(closing(ValidationCsv(run.path / "validation.csv", clock, config.batch * workers))),
                checkpoint,
                Preview(validation, run.path / "previews"),
                stack.enter_context(closing(TensorBoard(run.path, clock))),
                Plot(run.path),
                stack.enter_context(closing(ProgressBar(clock, config.batch * workers))),
            ]
        _train(gan, clock, loader, steps, keras.callbacks.CallbackList(callbacks, model=gan))
        if distribution.is_chief():
            checkpoint.save()
    if loader.skipped:
        log.warning("%d of %d pictures could not be used and were skipped.", len(loader.skipped), len(training))
    if interrupt.asked and not clock.done:
        raise KeyboardInterrupt
    if distribution.is_chief():
        run.save_generator(gan.average)
    distribution.wait_for_all()  # were the chief to fail in that, it would need the others to go on from the checkpoint
    return state


def _start_from(folder: Path, gan: ConditionalGAN, training: list[Example]) -> None:
    """Another run's averaged generator, or shipped weights. Raises ValueError if it is another generator's."""
    if is_shipped(folder):
        loader = Loader(training, gan.config)  # the same for every worker
        start_from(folder, gan, (gan.prepare(loader.batch(step)) for step in range(_MEASURED)))
    else:
        other = Run.open(folder)
        try:
            other.load_average(gan.generator)
        except ValueError as error:
            raise ValueError(
                f"The weights of {folder} don't fit: its generator is {other.config.generator} in "
                f"{other.config.colour_space}, this one's {gan.config.generator} in {gan.config.colour_space}, with "
                "other settings perhaps. Start from a run of the same networks."
            ) from error
    gan.average.set_weights(gan.generator.get_weights())


def _train(
    gan: ConditionalGAN, clock: Clock, loader: Loader, steps: int, callbacks: keras.callbacks.CallbackList
) -> None:
    """Epoch by epoch, to the end of the budget or until a callback asks to stop."""
    step = compile_step(gan)
    gan.stop_training = clock.done
    while not gan.stop_training:
        number = clock.state.step // steps
        callbacks.on_epoch_begin(number)
        for batch in loader.batches(clock.state.step, (number + 1) * steps):
            callbacks.on_train_batch_begin(clock.state.step)
            losses = {name: float(value) for name, value in step(batch).items()}
            callbacks.on_train_batch_end(clock.state.step, losses)
            if gan.stop_training:
                break
        if not gan.stop_training or clock.done:  # an epoch that was interrupted has no end
            gan.sync()
            callbacks.on_epoch_end(number, losses)


def _examples(run: Run) -> tuple[list[Example], list[Example]]:
    config, path = run.config, run.about["data"]
    training, held_out = split(find_examples(path, config), config.validation)
    training = leave_out(training, config.left_out)
    if len(training) < config.batch or not held_out:
        raise ValueError(
            f"Too few pictures under {path}: {len(training)} to train on and {len(held_out)} held out. "
            f"Expected at least one batch of {config.batch} and one held out. Add pictures, or lower batch and "
            f"validation: one in {config.validation} is held out, by its name (--set validation=3)."
        )
    _probe(training)
    return training, held_out


def _probe(examples: list[Example]) -> None:
    """A wrong layout is told before the networks are built: raises ValueError if none of the first can be opened."""
    problems = []
    for example in examples[:_PROBED]:
        try:
            example.open()
            return
        except ValueError as error:
            problems.append(error)
    raise problems[0]
