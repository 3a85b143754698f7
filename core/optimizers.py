"""Optimizers: what is added to the parameters, given their gradient.

A transform turns a gradient into something else: clipped, averaged, divided, and at last an update.
``chain`` puts transforms in a row; the table ``OPTIMIZERS`` at the end names the useful rows.
Parameters, gradients and updates are each one flat array for the whole network.

The same settings give PyTorch's trajectory. Entries that overflow (squares of a gradient of 1e200)
become inf as IEEE 754 says, under the ``np.errstate`` of the caller.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from .norm import norm
from .record import Array
from .settings import TrainingSettings

State = dict[str, Array]
"""What a transform remembers between steps: arrays like the parameters, changed in place."""

SQUARES = frozenset({"mean_square", "adam_squares"})
"""What is remembered of squared gradients, by name; all else is of gradients."""

Factors = dict[str, float]
"""Numbers that are the same for all parameters and change with the step, by name."""

LargestEntry = Callable[[float, Factors], float]
"""``(largest entry that ever came in, factors) -> largest entry that can come out``."""


def _unknown(largest: float, factors: Factors) -> float:
    return math.inf


def _no_factors(step: int, rate: float) -> Factors:
    return {}


def _no_state(parameters: Array) -> State:
    return {}


@dataclass(frozen=True, slots=True)
class Transform:
    """One thing done to a gradient on its way to becoming an update.

    Whatever is written in plain NumPy here is also what the fast path replays (``fast``): on pieces
    of the flat arrays, so that an entry must depend on its own entries alone. (Clipping by norm,
    which does not, is no part of an optimizer but comes before it.)
    """

    update: Callable[[Array, State, Array, Factors], Array]
    """``update(gradient, state, parameters, factors)`` -> the gradient transformed.

    Neither gradient nor parameters are changed. Factors are only ever operands of array arithmetic.
    """
    init: Callable[[Array], State] = _no_state
    """``init(parameters) -> state`` before the first step."""
    factors: Callable[[int, float], Factors] = _no_factors
    """``factors(step, rate)`` of the step of this number, from 1, at this learning rate."""
    largest: LargestEntry = _unknown
    """A bound on what comes out and on what is remembered, infinite where none is known.

    Only where a bound says that nothing can overflow may the fast path apply an update without
    looking at it first.
    """

    def apply(
        self, gradient: Array, state: State, parameters: Array, step: int, rate: float
    ) -> Array:
        """The update of a step, which counts from 1; also changes the state."""
        return self.update(gradient, state, parameters, self.factors(step, rate))


def chain(*transforms: Transform) -> Transform:
    """One transform after the other, sharing one state.

    Raises:
        ValueError: two of them remember something under the same name (in ``init``).
    """

    def init(parameters: Array) -> State:
        return _united([transform.init(parameters) for transform in transforms])

    def update(gradient: Array, state: State, parameters: Array, factors: Factors) -> Array:
        for transform in transforms:
            gradient = transform.update(gradient, state, parameters, factors)
        return gradient

    def factors(step: int, rate: float) -> Factors:
        return _united([transform.factors(step, rate) for transform in transforms])

    def largest(entry: float, factors: Factors) -> float:
        highest = entry
        for transform in transforms:
            entry = transform.largest(entry, factors)
            highest = max(highest, entry)
        return highest

    return Transform(update, init, factors, largest)


Named = TypeVar("Named", Array, float)


def _united(parts: list[dict[str, Named]]) -> dict[str, Named]:
    whole: dict[str, Named] = {}
    for part in parts:
        if twice := whole.keys() & part.keys():
            raise ValueError(f"two transforms of a chain both keep {', '.join(sorted(twice))}")
        whole |= part
    return whole


def clip_by_global_norm(largest: float) -> Transform:
    """Scale the whole gradient down to the norm ``largest`` where it has a larger one.

    The factor is ``largest / (norm + 1e-6)`` where that is below 1, as in
    ``torch.nn.utils.clip_grad_norm_``. A gradient with a NaN passes unchanged.
    """

    def update(gradient: Array, state: State, parameters: Array, factors: Factors) -> Array:
        factor = largest / (norm(gradient) + 1e-6)
        return gradient * factor if factor < 1 else gradient

    return Transform(update)


def clip_by_value(largest: float) -> Transform:
    """Clip each entry of the gradient to the range from ``-largest`` to ``largest``."""
    return Transform(lambda gradient, *_: np.clip(gradient, -largest, largest))


def add_weight_decay(coefficient: float) -> Transform:
    """Add ``coefficient`` x parameters: the gradient of an L2 penalty of half the coefficient.

    Every parameter decays, biases too, as in PyTorch.
    """
    return Transform(
        lambda gradient, state, parameters, factors: gradient + coefficient * parameters
    )


def average_gradients(
    decay: float, *, dampening: float = 0.0, nesterov: bool = False, from_zero: bool = False
) -> Transform:
    """The velocity v = decay x v + (1 - dampening) x gradient: the heavy ball of Polyak (1964).

    The first velocity is the gradient itself, undampened, as in PyTorch; ``from_zero`` starts at
    v = 0 instead, and with ``dampening = decay`` v is then the textbooks' decay x v +
    (1 - decay) x gradient. ``nesterov`` looks a step ahead and gives gradient + decay x v
    (Sutskever et al., "On the importance of initialization and momentum", 2013).
    """

    def init(parameters: Array) -> State:
        return {"velocity": np.zeros_like(parameters)}

    def factors(step: int, rate: float) -> Factors:
        first = step == 1 and not from_zero
        return {"velocity_share": 1.0 if first else 1.0 - dampening}

    def update(gradient: Array, state: State, parameters: Array, factors: Factors) -> Array:
        velocity = state["velocity"]
        velocity *= decay
        velocity += factors["velocity_share"] * gradient
        return gradient + decay * velocity if nesterov else velocity.copy()

    def largest(entry: float, factors: Factors) -> float:
        return 2 * entry / (1 - decay)

    return Transform(update, init, factors, largest)


def divide_by_rms(decay: float, epsilon: float) -> Transform:
    """Divide by sqrt(s) + epsilon, s the running mean of squared gradients: RMSProp.

    Source: Tieleman & Hinton, lecture 6.5 of "Neural networks for machine learning" (2012).
    """

    def init(parameters: Array) -> State:
        return {"mean_square": np.zeros_like(parameters)}

    def update(gradient: Array, state: State, parameters: Array, factors: Factors) -> Array:
        square = state["mean_square"]
        square *= decay
        square += (1 - decay) * gradient * gradient
        return gradient / (np.sqrt(square) + epsilon)

    def largest(entry: float, factors: Factors) -> float:
        return max(entry * entry, entry / _above_zero(epsilon))

    return Transform(update, init, largest=largest)


def adam_direction(beta1: float, beta2: float, epsilon: float) -> Transform:
    """Running mean over root of running mean square, both corrected for their start at 0.

    Source: Kingma & Ba, "Adam" (2015), algorithm 1. What is remembered are the decaying sums, the
    means without their shares 1 - beta: with both shares and both corrections in two factors, the
    direction is the same and takes three operations less.
    """

    def init(parameters: Array) -> State:
        return {"adam_sum": np.zeros_like(parameters), "adam_squares": np.zeros_like(parameters)}

    def factors(step: int, rate: float) -> Factors:
        mean = (1 - beta1) / (1 - beta1**step)
        return {
            "adam_root": math.sqrt((1 - beta2) / (1 - beta2**step)) / mean,
            "adam_epsilon": epsilon / mean,
        }

    def update(gradient: Array, state: State, parameters: Array, factors: Factors) -> Array:
        total, squares = state["adam_sum"], state["adam_squares"]
        total *= beta1
        total += gradient
        squares *= beta2
        squares += gradient * gradient
        return total / (np.sqrt(squares) * factors["adam_root"] + factors["adam_epsilon"])

    def largest(entry: float, factors: Factors) -> float:
        total = entry / (1 - beta1)
        return max(entry * entry / (1 - beta2), total / _above_zero(factors["adam_epsilon"]))

    return Transform(update, init, factors, largest)


def _above_zero(epsilon: float) -> float:
    """What is left of it in float32, where the smallest numbers are 0 and bound nothing."""
    return epsilon if epsilon > 1e-30 else 1e-300


def descend() -> Transform:
    """Go against the direction by the learning rate: the last of every chain."""
    return Transform(
        lambda gradient, state, parameters, factors: factors["descent"] * gradient,
        # float(): a NumPy scalar would turn float32 into float64.
        factors=lambda step, rate: {"descent": -float(rate)},
        largest=lambda entry, factors: abs(factors["descent"]) * entry,
    )


def _weight_decay(settings: TrainingSettings) -> tuple[Transform, ...]:
    return (add_weight_decay(settings.weight_decay),) if settings.weight_decay else ()


def _sgd(settings: TrainingSettings) -> Transform:
    return chain(*_weight_decay(settings), descend())


def _momentum(settings: TrainingSettings) -> Transform:
    velocity = average_gradients(
        settings.momentum,
        dampening=settings.dampening,
        from_zero=settings.velocity_start == "zero",
    )
    return chain(*_weight_decay(settings), velocity, descend())


def _nesterov(settings: TrainingSettings) -> Transform:
    velocity = average_gradients(settings.momentum, nesterov=True)
    return chain(*_weight_decay(settings), velocity, descend())


def _rmsprop(settings: TrainingSettings) -> Transform:
    scaling = divide_by_rms(settings.alpha, settings.epsilon)
    return chain(*_weight_decay(settings), scaling, descend())


def _adam(settings: TrainingSettings) -> Transform:
    direction = adam_direction(settings.beta1, settings.beta2, settings.epsilon)
    return chain(*_weight_decay(settings), direction, descend())


def _adamw(settings: TrainingSettings) -> Transform:
    """Decay after Adam's division: Loshchilov & Hutter, "Decoupled weight decay" (2019)."""
    direction = adam_direction(settings.beta1, settings.beta2, settings.epsilon)
    return chain(direction, *_weight_decay(settings), descend())


OPTIMIZERS: dict[str, Callable[[TrainingSettings], Transform]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
}


def make_optimizer(settings: TrainingSettings) -> Transform:
    """The optimizer of an experiment: from the gradient, clipped already, to the update."""
    return OPTIMIZERS[settings.optimizer](settings)


def make_clipping(settings: TrainingSettings) -> Callable[[Array], Array] | None:
    """The clipping of an experiment, ``gradient -> clipped gradient``; None where there is none.

    By value first and then by norm: one wild entry is cut before it can shrink all the others, and
    both bounds hold in the end.
    """
    clips: list[Transform] = []
    if settings.clip_value:
        clips.append(clip_by_value(settings.clip_value))
    if settings.clip_norm:
        clips.append(clip_by_global_norm(settings.clip_norm))
    if not clips:
        return None
    clipping = chain(*clips)
    return lambda gradient: clipping.update(gradient, {}, gradient, {})
