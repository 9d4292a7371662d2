"""One training step on JAX, jitted whole: the weights go in as values and come out as new ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import keras

if TYPE_CHECKING:
    from trainer.gan import ConditionalGAN, Part
    from trainer.steps import Step

Values = list[jax.Array]


def compile_step(gan: ConditionalGAN) -> Step:
    """A step that is compiled once for each phase of the schedule. `gan.sync()` brings the weights back to Keras."""
    parts = gan.parts()
    trained = [v for part in parts for v in part.variables]
    known = {id(v) for v in trained}
    others = [v for v in _network_variables(gan) if id(v) not in known]
    slots = [v for part in parts for v in part.optimizer.variables]
    held = [*trained, *others, *slots]
    state: dict[int, jax.Array] = {id(v): jnp.copy(v.value) for v in held}

    @partial(jax.jit, static_argnames="phase", donate_argnums=0)
    def train_step(state: dict[int, jax.Array], data: dict[str, jax.Array], phase: tuple[bool, bool]) -> Any:
        parts = gan.parts(training_now=True)
        moved = [v for part in parts for v in part.variables]
        names = list(dict.fromkeys(part.loss for part in parts))

        def losses_at(values: Values) -> tuple[Values, Any]:
            mapping = {**state, **{id(v): value for v, value in zip(moved, values, strict=True)}}
            pairs = [(v, mapping[id(v)]) for v in [*trained, *others]]
            with keras.StatelessScope(state_mapping=pairs) as scope:
                losses = gan.losses_of(gan.prepare(data))
            return [losses[name] for name in names], (losses, [scope.get_current_value(v) for v in others])

        _, pull_back, (losses, updates) = jax.vjp(losses_at, [state[id(v)] for v in moved], has_aux=True)
        state = {**state, **{id(v): value for v, value in zip(others, updates, strict=True)}}
        gradients = {
            name: dict(zip(map(id, moved), pull_back([jnp.float32(name == each) for each in names])[0], strict=True))
            for name in names
        }
        for part in parts:
            state = _apply(part, [gradients[part.loss][id(v)] for v in part.variables], state)
        share = 1 - gan.decay(state[id(gan.generator_optimizer.iterations)].astype(jnp.float32))
        for mean, value in gan.averaged():
            now = state[id(mean)]
            state[id(mean)] = now + share * (state[id(value)] - now)
        return state, losses

    def step(data: dict[str, Any]) -> dict[str, Any]:
        nonlocal state
        for part in parts:  # the schedule sets the rates from outside
            rate = part.optimizer.learning_rate
            state[id(rate)] = jnp.copy(rate.value)
        state, losses = train_step(state, data, (gan.adversarial, gan.frozen))
        return losses

    def sync() -> None:
        for v in held:
            v.assign(state[id(v)])

    gan.sync = sync
    return step


def _apply(part: Part, gradients: Values, state: dict[int, jax.Array]) -> dict[int, jax.Array]:
    slots = part.optimizer.variables
    moved, moved_slots = part.optimizer.stateless_apply(
        [state[id(v)] for v in slots], gradients, [state[id(v)] for v in part.variables]
    )
    new = zip([*part.variables, *slots], [*moved, *moved_slots], strict=True)
    return {**state, **{id(v): value for v, value in new}}


def _network_variables(gan: ConditionalGAN) -> list[Any]:
    networks = [gan.generator, gan.average, *([gan.discriminator] if gan.discriminator else [])]
    return [v for network in networks for v in network.variables]
