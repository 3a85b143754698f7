"""Operations on a network that is being trained: waking dead units, evening out the signal's size.

Both go from the first layer to the last, since what is done to a layer decides what the next one
sees. They look at the fixed probe set, as training would: normalized by its own statistics, nothing
dropped out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from .initializers import INITIALIZERS
from .layer_plan import LayerPlan
from .network import LayerTrace, Network, Parameters
from .norm import norm
from .optimizers import SQUARES
from .record import Array
from .settings import NetworkSettings

CONSTANT = 1e-6
"""A layer whose z vary by less than this share of their size is constant: what is left is rounding,
and no factor makes a signal of it. Chosen between float32's 1e-7 and what training can use."""

Units = NDArray[np.bool_]


def revive(
    network: Network,
    settings: NetworkSettings,
    probe_rows: Array,
    memory: Mapping[str, Array],
    rng: np.random.Generator,
) -> list[int]:
    """Draw dead ReLU units anew: those at zero on the whole probe set.

    A dead unit's gradient is exactly zero, so that no step of any size will ever move it; only new
    weights will. The incoming ones are drawn by the experiment's initializer and scaled to the
    standard deviation gain / sqrt(fan_in) that suits the activation, whatever the experiment's own
    gain was (it may be what killed the unit); the bias becomes 0, gamma 1 and beta 0. All inputs of
    a deep ReLU layer are positive and alike, so that half of what is drawn would be dead at once:
    such a unit takes the opposite weights, which are not. (In a layer that normalizes its beta is
    moved instead, so that it is above zero for half of the rows.)

    The outgoing weights become 0, as in Sokar et al., "The dormant neuron phenomenon in deep
    reinforcement learning" (2023): the network computes what it did, no loss jumps, and the first
    step already gives them a gradient, as the unit is no longer at zero. Where a residual
    connection carries the unit past the next layer they must stay, as they carry more than the
    unit.

    What the optimizer remembers of these weights is about others: velocities become 0, mean squares
    those of the living units beside them. (With mean squares of 0 Adam would take steps of several
    times the rate.)

    Args:
        network: changed in place.
        settings: says how weights are drawn.
        probe_rows: inputs of the fixed probe set, ``(rows, inputs)``.
        memory: the optimizer's, changed in place.
        rng: draws the weights.

    Returns:
        How many units of each layer were dead and are not any more.
    """
    remembered = {name: network.views(array) for name, array in memory.items()}
    outputs = [probe_rows]
    revived = []
    for at, (plan, layer) in enumerate(zip(network.plans, network.parameters, strict=True)):
        kept, out = network.forward_layer(at, outputs)
        dead = _dead(plan, kept)
        if dead.any():
            _redraw(layer, dead, _drawn(settings, plan, rng))
            kept, out = network.forward_layer(at, outputs)
            still = _dead(plan, kept)
            if still.any():
                _turn(layer, kept, still)
                kept, out = network.forward_layer(at, outputs)
            mended = (dead | still) & ~_dead(plan, kept)
            _take_statistics(network, at, kept, mended)
            goes_on = None if _is_carried_past(network, at) else at + 1
            if goes_on is not None and goes_on < len(network.plans):
                network.parameters[goes_on].W[mended] = 0
            for name, parts in remembered.items():
                next_W = [] if goes_on is None else [part.W for part in parts[goes_on:][:1]]
                _forget(parts[at], next_W, mended, squares=name in SQUARES)
            dead = mended
        revived.append(int(dead.sum()))
        outputs.append(out)
    return revived


def _dead(plan: LayerPlan, kept: LayerTrace) -> Units:
    """Units of a ReLU layer that are at zero in every row; of any other layer none."""
    silent = np.all(kept.a == 0, axis=0)
    return silent if plan.activation.rectifier else np.zeros_like(silent)


def _drawn(settings: NetworkSettings, plan: LayerPlan, rng: np.random.Generator) -> Array:
    """Weights ``(fan_in, fan_out)`` of the size that keeps the signal's."""
    size = plan.activation.gain / sqrt(plan.fan_in)
    for name in (settings.initializer, "he_normal"):
        W = INITIALIZERS[name](rng, plan.fan_in, plan.fan_out, settings.std)
        rms = norm(W) / sqrt(W.size)
        # Units with equal weights would be one unit: zeros and constant are no draw.
        if rms > 0 and (W.size == 1 or (W.flat[0] != W).any()):
            break
    return W * (size / rms)


def _redraw(layer: Parameters, dead: Units, drawn: Array) -> None:
    layer.W[:, dead] = drawn[:, dead]
    layer.b[dead] = 0
    if layer.gamma is not None and layer.beta is not None:
        layer.gamma[dead], layer.beta[dead] = 1, 0


def _turn(layer: Parameters, kept: LayerTrace, dead: Units) -> None:
    """Wake units that were drawn dead, whatever their inputs are, unless those are all zero."""
    if layer.beta is None:
        layer.W[:, dead] *= -1
    else:
        layer.beta[dead] -= np.median(kept.n[:, dead], axis=0)


def _take_statistics(network: Network, at: int, kept: LayerTrace, units: Units) -> None:
    """Have batch normalization run on what the units do now."""
    running, now = network.running[at], kept.standardized
    if running is not None and now is not None:
        running.mean[units] = now.mean[0, units]
        running.variance[units] = now.variance[0, units]


def _is_carried_past(network: Network, at: int) -> bool:
    """Whether a residual connection begins or ends at a layer's output."""
    index = network.plans[at].index
    return network.plans[at].skip_from is not None or any(
        plan.skip_from == index for plan in network.plans
    )


def _forget(part: Parameters, next_W: list[Array], units: Units, *, squares: bool) -> None:
    """Reset what is remembered of units' own parameters and of what goes out of them."""
    for values in (*(array for _, array in part.named()), *(W.T for W in next_W)):
        living = values[..., ~units]
        if not squares:
            values[..., units] = 0
        elif living.size:
            values[..., units] = living.mean()


def rescale(network: Network, probe_rows: Array) -> list[float]:
    """Give the z of every layer mean 0 and variance 1 on the probe set, layer by layer.

    Layer-sequential unit variance: Mishkin & Matas, "All you need is a good init" (2016), algorithm
    1, on weights as they are. Theirs is for the beginning, with biases at 0. Here biases count
    too: W and b are divided by the standard deviation of all z of the layer, after their mean
    was taken off b. So nothing but the size and the offset of the signal is changed. The signal
    forward then neither shrinks nor grows; backward, that depends on the slopes: deep sigmoid
    layers go on vanishing.

    Layers that normalize by themselves, and those whose z are constant, are left alone.

    Args:
        network: changed in place.
        probe_rows: inputs of the fixed probe set, ``(rows, inputs)``.

    Returns:
        What the weights of each layer were multiplied by; NaN where a layer was left alone.
    """
    outputs = [probe_rows]
    factors = []
    for at, (plan, layer) in enumerate(zip(network.plans, network.parameters, strict=True)):
        kept, out = network.forward_layer(at, outputs)
        factor = nan
        largest = float(np.abs(kept.z).max(initial=0))
        if plan.normalization == "none" and 0 < largest < inf:
            # In units of the largest, no square overflows.
            z = kept.z.astype(np.float64) / largest
            mean, std = float(z.mean()), float(z.std())
            if std > CONSTANT * norm(z) / sqrt(z.size):
                factor = 1 / std / largest
                layer.W *= factor
                layer.b -= mean * largest
                layer.b *= factor
                kept, out = network.forward_layer(at, outputs)
        factors.append(factor)
        outputs.append(out)
    return factors
