"""AUTOTRAINER's rules, with the defaults of its published code.

Zhang et al., "AUTOTRAINER: an automatic DNN training problem detection and repair system" (ICSE
2021); github.com/shiningrain/AUTOTRAINER, ``utils/monitor.py`` and ``default_param`` in
``utils/utils.py``.

It looks every third epoch, from three tenths of the planned ones on, at accuracies over whole
epochs and at the gradient of one batch, and names one problem. Its own words for them are
``explode``, ``relu``, ``vanish``, ``not_converge`` (slow convergence) and ``unstable``
(oscillating).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .alarm import Alarm, silent_shares
from .recording import Recording

VANISH_RATIO = 1e-3  # beta 1
VANISH_NORM = 1e-4  # beta 2
EXPLODE_RATIO = 70.0  # beta 3
ZERO_SHARE = 0.7  # gamma
SWING = 0.03  # zeta
SWINGS = 0.2  # eta
GAIN = 0.01  # delta
ACCURACY = 0.7  # theta
JUDGED_FROM = 0.3
EVERY = 3
HUGE_LOSS = 1e5

KINDS = {
    "explode": ("exploding_gradient", "divergence"),
    "relu": ("dying_relu",),
    "vanish": ("vanishing_gradient",),
    "not_converge": ("learning_rate_too_small",),
    "unstable": ("learning_rate_too_large",),
}


def autotrainer(recording: Recording) -> tuple[Alarm, ...]:
    """The first problem it names, if any; it then stops the training.

    Accuracy on the training batches is not recorded at every step: an epoch's is the mean of what
    there is, or the epoch's before. Regression has none, and no rule but that of explosion.
    """
    epochs = recording["epoch"]
    ends = np.flatnonzero(np.diff(np.floor(epochs + 1e-9), prepend=0.0) > 0)
    planned = epochs[-1] * recording.facts.steps_planned / recording.steps
    last = recording.steps - 1
    if not len(ends) or ends[-1] != last:
        ends = np.append(ends, last)  # the end of the run shows what the next check would
    training, validation = _accuracies(recording, ends)
    ratios, firsts, zeros = _gradients(recording)
    vanish = explode = relu = False
    for epoch, at in enumerate(map(int, ends)):
        if epoch % EVERY and at != last:
            continue
        vanish |= bool(ratios[at] < VANISH_RATIO and firsts[at] < VANISH_NORM)
        explode |= bool(ratios[at] > EXPLODE_RATIO)
        relu |= bool(zeros[at] >= ZERO_SHARE)
        problem = ""
        if _exploded(recording, at):
            problem = "explode"
        elif epoch + 1 >= JUDGED_FROM * planned and not np.isnan(validation).all():
            seen = training[: epoch + 1], validation[: epoch + 1]
            slow = all(_largest_gain(each) < GAIN for each in seen)
            if slow or any(np.max(each) < ACCURACY for each in seen):
                named = (("relu", relu), ("explode", explode), ("vanish", vanish))
                slowly = (("not_converge", slow),)
                problem = next((name for name, holds in (*named, *slowly) if holds), "")
            elif _swings(training[: epoch + 1]):
                problem = "unstable"
        if problem:
            return (Alarm(at + 1, problem, KINDS[problem]),)
    return ()


def _accuracies(
    recording: Recording, ends: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    training, validation = recording["accuracy"], recording["validation_accuracy"]
    found: tuple[list[float], list[float]] = ([], [])
    begin = 0
    for at in ends:
        for values, means in zip((training, validation), found, strict=True):
            here = values[begin : at + 1]
            here = here[~np.isnan(here)]
            means.append(float(here.mean()) if len(here) else means[-1] if means else np.nan)
        begin = at + 1
    return np.array(found[0]), np.array(found[1])


def _gradients(
    recording: Recording,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """At each step: norm of the first over the last layer's, the first's, share of exact zeros.

    The column of a unit that is silent, and what comes from a silent unit before, is zero.
    """
    norms = recording["weight_gradient_norm"]
    silent = silent_shares(recording)
    before = np.concatenate([np.zeros((len(silent), 1)), silent[:, :-1]], axis=1)
    sizes = np.array([layer.fan_in * layer.width for layer in recording.layout.layers])
    zeros = np.where(norms == 0.0, 1.0, 1.0 - (1.0 - before) * (1.0 - silent)) @ sizes
    with np.errstate(all="ignore"):
        return norms[:, 0] / norms[:, -1], norms[:, 0], zeros / sizes.sum()


def _exploded(recording: Recording, at: int) -> bool:
    if recording.nonfinite is not None and at == recording.steps - 1:
        return True
    losses = recording["validation_loss"][: at + 1]
    losses = losses[~np.isnan(losses)]
    return bool(len(losses) and losses[-1] >= HUGE_LOSS)


def _largest_gain(accuracies: NDArray[np.float64]) -> float:
    return max(0.0, float(np.diff(accuracies).max(initial=0.0)))


def _swings(accuracies: NDArray[np.float64]) -> bool:
    """Tops and bottoms, each compared with the one of the same number."""
    middle, before, after = accuracies[1:-1], accuracies[:-2], accuracies[2:]
    tops = middle[(middle >= before) & (middle >= after)]
    bottoms = middle[(middle <= before) & (middle <= after)]
    pairs = min(len(tops), len(bottoms))
    return bool((tops[:pairs] - bottoms[:pairs] >= SWING).sum() >= SWINGS * len(accuracies))
