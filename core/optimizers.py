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
from typing import Any

import numpy as np

from .record import Array
from .settings import TrainingSettings

State = dict[str, Any]
"""What a transform remembers between steps: arrays and integers, changed in place by ``update``."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One thing done to a gradient on its way to becoming an update."""

    init: Callable[[Array], State]
    """``init(parameters) -> state`` before the first step."""
    update: Callable[[Array, State, Array, float], Array]
    """``update(gradient, state, parameters, rate)`` -> the gradient transformed.

    Neither gradient nor parameters are changed. Only ``descend`` looks at the learning rate.
    """


def _nothing(parameters: Array) -> State:
    return {}


def chain(*transforms: Transform) -> Transform:
    """One transform after the other, sharing one state.

    Raises:
        ValueError: two of them remember something under the same name (in ``init``).
    """

    def init(parameters: Array) -> State:
        state: State = {}
        for transform in transforms:
            part = transform.init(parameters)
            if twice := state.keys() & part.keys():
                raise ValueError(f"two transforms of a chain both keep {', '.join(sorted(twice))}")
            state |= part
        return state

    def update(gradient: Array, state: State, parameters: Array, rate: float) -> Array:
        for transform in transforms:
            gradient = transform.update(gradient, state, parameters, rate)
        return gradient

    return Transform(init, update)


LEAST_SQUARE = {
    np.dtype(name): float(np.finfo(name).tiny / np.finfo(name).eps)
    for name in ("float32", "float64")
}


def norm(array: Array) -> float:
    """The Euclidean norm of all entries, right wherever a float64 can hold it.

    NaN where an entry is NaN, else inf where one is infinite; 0 for no entries at all. Where the
    squares leave the range of the array's type, they are taken again of entries scaled to 1.
    """
    flat = array.ravel(order="K")
    square = float(np.vdot(flat, flat))  # which warns of nothing, unlike dot
    # Below tiny / eps, squares may have lost digits or become 0.
    if LEAST_SQUARE[flat.dtype] < square < math.inf:
        return math.sqrt(square)
    with np.errstate(all="ignore"):
        largest = float(np.abs(flat).max(initial=0))
        if largest == 0 or not math.isfinite(largest):
            return largest
        scaled = flat / largest
        return largest * math.sqrt(float(np.vdot(scaled, scaled)))


def clip_by_global_norm(largest: float) -> Transform:
    """Scale the whole gradient down to the norm ``largest`` where it has a larger one.

    The factor is ``largest / (norm + 1e-6)`` where that is below 1, as in
    ``torch.nn.utils.clip_grad_norm_``. A gradient with a NaN passes unchanged.
    """

    def update(gradient: Array, state: State, parameters: Array, rate: float) -> Array:
        factor = largest / (norm(gradient) + 1e-6)
        return gradient * factor if factor < 1 else gradient

    return Transform(_nothing, update)


def clip_by_value(largest: float) -> Transform:
    """Clip each entry of the gradient to the range from ``-largest`` to ``largest``."""
    return Transform(_nothing, lambda gradient, *_: np.clip(gradient, -largest, largest))


def add_weight_decay(coefficient: float) -> Transform:
    """Add ``coefficient`` x parameters: the gradient of an L2 penalty of half the coefficient.

    Every parameter decays, biases too, as in PyTorch.
    """
    return Transform(
        _nothing, lambda gradient, state, parameters, rate: gradient + coefficient * parameters
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
        return {"velocity": np.zeros_like(parameters), "velocity_steps": 0}

    def update(gradient: Array, state: State, parameters: Array, rate: float) -> Array:
        velocity = state["velocity"]
        first = state["velocity_steps"] == 0 and not from_zero
        state["velocity_steps"] += 1
        velocity *= decay
        velocity += gradient if first else (1 - dampening) * gradient
        direction: Array = gradient + decay * velocity if nesterov else velocity.copy()
        return direction

    return Transform(init, update)


def divide_by_rms(decay: float, epsilon: float) -> Transform:
    """Divide by sqrt(s) + epsilon, s the running mean of squared gradients: RMSProp.

    Source: Tieleman & Hinton, lecture 6.5 of "Neural networks for machine learning" (2012).
    """

    def init(parameters: Array) -> State:
        return {"mean_square": np.zeros_like(parameters)}

    def update(gradient: Array, state: State, parameters: Array, rate: float) -> Array:
        square = state["mean_square"]
        square *= decay
        square += (1 - decay) * gradient * gradient
        direction: Array = gradient / (np.sqrt(square) + epsilon)
        return direction

    return Transform(init, update)


def adam_direction(beta1: float, beta2: float, epsilon: float) -> Transform:
    """Running mean over root of running mean square, both corrected for their start at 0.

    Source: Kingma & Ba, "Adam" (2015), algorithm 1.
    """

    def init(parameters: Array) -> State:
        zeros = np.zeros_like
        return {"adam_mean": zeros(parameters), "adam_square": zeros(parameters), "adam_steps": 0}

    def update(gradient: Array, state: State, parameters: Array, rate: float) -> Array:
        mean, square = state["adam_mean"], state["adam_square"]
        state["adam_steps"] += 1
        steps = state["adam_steps"]
        mean *= beta1
        mean += (1 - beta1) * gradient
        square *= beta2
        square += (1 - beta2) * gradient * gradient
        size = np.sqrt(square / (1 - beta2**steps)) + epsilon
        direction: Array = mean / (1 - beta1**steps) / size
        return direction

    return Transform(init, update)


def descend() -> Transform:
    """Go against the direction by the learning rate: the last of every chain."""
    # float(): a NumPy scalar would turn float32 into float64.
    return Transform(_nothing, lambda gradient, state, parameters, rate: -float(rate) * gradient)


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
    return lambda gradient: clipping.update(gradient, {}, gradient, 0.0)
