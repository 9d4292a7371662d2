"""Trains a run to the end of its budget, from its beginning or from its newest checkpoint.

fit(Run.create(folder, config, about))      # Ctrl-C saves; fit(Run.open(folder), resume=True) goes on
"""

from __future__ import annotations

from contextlib import ExitStack, closing

import keras

from trainer import data
from trainer.callbacks.checkpoint import Checkpoint
from trainer.callbacks.interrupt import Interrupt
from trainer.callbacks.losses_csv import LossesCsv
from trainer.callbacks.preview import Preview
from trainer.callbacks.progress_bar import ProgressBar
from trainer.callbacks.schedule import Schedule
from trainer.callbacks.tensorboard import TensorBoard
from trainer.callbacks.validation import Validation
from trainer.clock import Clock
from trainer.gan import ConditionalGAN
from trainer.run import Run, State


def fit(run: Run, resume: bool = False) -> State:
    """Trains `run`; returns how far it got. Ctrl-C and SIGTERM save first, then raise KeyboardInterrupt.

    Raises ValueError if the data has too few pictures.
    """
    config = run.config
    training, held_out = data.split(data.find_pictures(run.about["data"]), config.validation)
    if len(training) < config.batch or not held_out:
        raise ValueError(
            f"Too few pictures under {run.about['data']}: {len(training)} to train on and {len(held_out)} held out. "
            f"Expected at least one batch of {config.batch} and one held out; add pictures or lower batch."
        )
    gan = ConditionalGAN(config)
    state = run.restore(gan) if resume else State()
    clock = Clock(state, run.about["steps"], run.about["minutes"])

    with ExitStack() as stack:
        checkpoint = Checkpoint(run, clock)
        interrupt = stack.enter_context(Interrupt())
        callbacks = [
            Schedule(config, clock),
            interrupt,
            checkpoint,  # before the validation, which takes its time
            Validation(held_out, config.size, config.batch),
            Preview(held_out, config.size, run.path / "previews"),
            stack.enter_context(closing(LossesCsv(run.path / "losses.csv", clock))),
            stack.enter_context(closing(TensorBoard(run.path, clock))),
            stack.enter_context(closing(ProgressBar(clock, config.batch))),
        ]
        while not clock.done and not interrupt.asked:
            _epoch(gan, clock, training, config.steps_per_epoch, callbacks)
    if interrupt.asked:
        raise KeyboardInterrupt
    return state


def _epoch(
    gan: ConditionalGAN,
    clock: Clock,
    training: list[data.Picture],
    steps: int,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """The rest of the present epoch: all of it, unless the run was interrupted inside."""
    config = gan.config
    number, first_step = divmod(clock.state.step, steps)
    batches = data.epoch(
        training,
        size=config.size,
        batch=config.batch,
        scale=config.crop_scale,
        seed=config.seed,
        epoch=number,
        steps=steps,
        first_step=first_step,
    )
    gan.fit(batches, initial_epoch=number, epochs=number + 1, callbacks=callbacks, verbose=0, shuffle=False)
