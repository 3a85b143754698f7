"""Rules about what is wrong with a network itself: its inputs, its initial weights, its layers.

Judged on the error signal, never on weight gradients: those contain the activations, which grow as
the signal shrinks. ``docs/diagnosis.md`` has the source of each threshold.
"""

from __future__ import annotations

from math import isfinite, log10, nan, pi

import numpy as np

from .reading import Reading, any_measured
from .verdict import Said, Unsure, Verdict, indices, measured, number, places, power

INPUT_OFFSET = 3.0
INPUT_SPREAD = 10.0
INPUT_RMS_LOW, INPUT_RMS_HIGH = 0.1, 10.0
DEAD_SHARE = 0.6
DEAD_RISE = 0.25
DEAD_MEAN = 0.5
BLOCKED_SHARE = 0.9
SILENT_SHARE = 0.97
FLAT_SHARE = 0.6
ONE_SIDED_FLAT_SHARE = 0.9
LEARNED_LOSS = 0.3
VANISHING_DECADES = -2.0
EXPLODING_DECADES = 2.0
BATCH_NORM_DECADES = log10((pi / (pi - 1.0)) ** 0.5)
"""By which batch normalization with ReLU makes the error signal grow, a layer, harmlessly: 1.21."""
ACTIVATION_DECADES = 1.5
BLOWN_LOSS = 3.0
NO_SIGNAL = "the error signal is not recorded"
AS_AT_START = 0.5
"""Decades of difference that are not worth telling."""


def unnormalized_inputs(reading: Reading) -> Verdict | Unsure | None:
    """Inputs far from mean 0 and standard deviation 1, or of very different scales."""
    inputs = reading.facts.inputs
    if inputs is None:
        return Unsure("nothing is known of the inputs")
    said = []
    if inputs.offset > INPUT_OFFSET:
        said.append(f"their means are {inputs.offset:.1e} times their standard deviations")
    if inputs.spread > INPUT_SPREAD:
        said.append(f"their standard deviations differ by a factor of {inputs.spread:.1e}")
    if inputs.rms < INPUT_RMS_LOW or inputs.rms > INPUT_RMS_HIGH:
        said.append(f"their rms is {inputs.rms:.1e}")
    if not said:
        return None
    return Verdict(
        lambda: Said(
            layers=(),
            evidence=measured(
                offset=inputs.offset,
                offset_threshold=INPUT_OFFSET,
                spread=inputs.spread,
                spread_threshold=INPUT_SPREAD,
                rms=inputs.rms,
                rms_low_threshold=INPUT_RMS_LOW,
                rms_high_threshold=INPUT_RMS_HIGH,
            ),
            message=(
                f"The inputs are not normalized: {', and '.join(said)}. "
                "No learning rate suits all weights then; standardize the inputs."
            ),
        ),
    )


def symmetric_initialization(reading: Reading) -> Verdict | None:
    """All units of the first hidden layer are the same unit."""
    if not reading.facts.symmetric:
        return None
    units = reading.layout.layers[0].width
    return Verdict(
        lambda: Said(
            layers=(1,),
            evidence=measured(units=units, different_units=1.0),
            message=(
                f"All {units} units of layer 1 start the same and get the same gradient, so they "
                "stay the same: the layer works like one unit. Draw the initial weights at random."
            ),
        ),
    )


def dying_relu(reading: Reading) -> Verdict | Unsure | None:
    """ReLU units that are zero on the whole probe set, or all of a layer on every batch.

    Nearly all of a layer, most of one that was not born like that (a narrow layer may be, by
    chance), half of all layers together, or quickly more of them.
    """
    dead, means = reading.dead, reading.dead_means
    silent = _silent_layers(reading)
    if silent is not None:
        return silent
    if not any_measured(dead):
        missing = any(layer.rectifier for layer in reading.layout.layers)
        return Unsure("dead units are not recorded") if missing else None
    start = reading.dead_at_start
    mean, rise = (means[-1], means[-1] - min(means)) if means else (0.0, 0.0)
    died = (dead > DEAD_SHARE) & (dead - start > DEAD_RISE)
    layers = places(died | (dead > BLOCKED_SHARE))
    if not layers and (mean > DEAD_MEAN or rise > DEAD_RISE):
        layers = places(dead >= mean)
    if not layers:
        return None
    worst = max(layers, key=lambda layer: float(dead[layer]))
    share, at_start = float(dead[worst]), float(start[worst])
    return Verdict(
        lambda: Said(
            layers=indices(layers),
            evidence=measured(
                dead_share=share,
                threshold=DEAD_SHARE,
                dead_share_at_start=at_start,
                worst_layer=worst + 1,
                mean_dead_share=mean,
                mean_threshold=DEAD_MEAN,
                mean_rise=rise,
                rise_threshold=DEAD_RISE,
            ),
            message=(
                f"{share:.0%} of the ReLU units of layer {worst + 1} are dead on the probe set "
                f"({_since_when(share, at_start)}). Their gradient is exactly zero, so they do not "
                "come back."
            ),
        ),
    )


def _silent_layers(reading: Reading) -> Verdict | None:
    """Layers of which no row of the batches of late excites a unit: dead, or as good as dead."""
    layers = places(reading.silent > SILENT_SHARE)
    if not layers:
        return None
    first = layers[0]
    share, at_start = float(reading.silent[first]), float(reading.silent_at_start[first])
    dead = float(reading.dead[first])
    return Verdict(
        lambda: Said(
            layers=indices(layers),
            evidence=measured(
                silent_share=share,
                threshold=SILENT_SHARE,
                silent_share_at_start=at_start,
                dead_share=dead,
                worst_layer=first + 1,
                rise_threshold=DEAD_RISE,
            ),
            message=(
                f"{share:.0%} of the ReLU units of layer {first + 1} are zero for every row of the "
                f"batches ({_since_when(share, at_start)}), and {dead:.0%} on the whole probe set: "
                "hardly any gradient gets through."
            ),
        ),
    )


def _since_when(share: float, at_start: float) -> str:
    """As ``Finding.born_dead`` has it."""
    born = share - at_start < DEAD_RISE
    return "born dead: so they were at the first step" if born else f"{at_start:.0%} at the start"


def saturation(reading: Reading) -> Verdict | Unsure | None:
    """Most of a hidden layer lies in the flat part of its activation, and the loss is not low."""
    hidden = reading.flat[:-1]
    if not any_measured(hidden):
        missing = any(layer.bounded for layer in reading.layout.layers[:-1])
        return Unsure("flat slopes are not recorded") if missing else None
    # Residual tanh networks saturate and learn to zero loss: saturation alone is no fault.
    if reading.course.loss < LEARNED_LOSS:
        return None
    # Far from zero, what is flat on one side only is flat for every other entry, as ReLU is.
    limits = [
        FLAT_SHARE if layer.bounded else ONE_SIDED_FLAT_SHARE
        for layer in reading.layout.layers[:-1]
    ]
    layers = places(hidden > limits)
    if not layers:
        return None
    worst = max(layers, key=lambda layer: float(hidden[layer]))
    share = float(hidden[worst])
    return Verdict(
        lambda: Said(
            layers=indices(layers),
            evidence=measured(flat_share=share, threshold=limits[worst], worst_layer=worst + 1),
            message=(
                f"{share:.0%} of the activations of layer {worst + 1} lie in the flat part of "
                f"{reading.layout.layers[worst].activation}, where the slope is below a twentieth "
                "of its largest: hardly any error signal gets through."
            ),
        ),
    )


def exploding_gradient(reading: Reading) -> Verdict | Unsure | None:
    """The error signal grows on its way back, or the activations on their way forward."""
    decades, threshold = reading.decades, EXPLODING_DECADES
    if reading.signal_missing:
        return Unsure(NO_SIGNAL)
    if reading.facts.batch_normalized:
        rectifiers = sum(layer.rectifier for layer in reading.layout.layers)
        threshold += rectifiers * BATCH_NORM_DECADES
    if isfinite(decades) and decades > threshold:
        return Verdict(
            lambda: Said(
                layers=indices(places(reading.signal - reading.signal[-1] > threshold)),
                evidence=_profile(reading, threshold),
                message=(
                    f"Going back, each layer passes on {_factor(reading):.2g} times the error "
                    f"signal: {power(reading.signal[-1]):.1e} in layer {reading.n_layers}, "
                    f"{power(reading.signal[0]):.1e} in layer 1 (10^{decades:+.1f}"
                    f"{_at_start(reading)}). "
                    "Updates of the first layers are far too large for any one learning rate."
                ),
            ),
        )
    if not reading.loss > BLOWN_LOSS:
        return None
    growth = activation_growth(reading)
    if growth > ACTIVATION_DECADES:
        return Verdict(
            lambda: Said(
                layers=indices(range(reading.n_layers - 1)),
                evidence=measured(
                    activation_growth_log10=growth,
                    threshold=ACTIVATION_DECADES,
                    loss_in_baselines=reading.loss,
                    loss_threshold=BLOWN_LOSS,
                    first_layer=1,
                    last_layer=reading.n_layers - 1,
                ),
                message=(
                    f"The activations grow by 10^{growth:.1f} from the first hidden layer to the "
                    f"last, and the loss is {number(reading.loss)} times that of knowing nothing. "
                    "The gradients grow with them."
                ),
            ),
        )
    return None


def activation_growth(reading: Reading) -> float:
    """log10 of the largest over the first rms of the hidden layers' activations."""
    size = reading.activation_size[:-1]
    size = size[np.isfinite(size)]
    if len(size) < 2 or size[0] <= 0.0:
        return 0.0
    return log10(size.max()) - log10(size[0])


def vanishing_gradient(reading: Reading) -> Verdict | Unsure | None:
    """The error signal shrinks on its way back to the first layer."""
    if reading.signal_missing:
        return Unsure(NO_SIGNAL)
    if not reading.decades < VANISHING_DECADES:
        return None
    return Verdict(lambda: _vanishing(reading))


def _vanishing(reading: Reading) -> Said:
    last = f"{power(reading.signal[-1]):.1e} in layer {reading.n_layers}"
    if isfinite(reading.decades):
        what = (
            f"Going back, each layer passes on {_factor(reading):.2g} of the error signal: "
            f"{last}, {power(reading.signal[0]):.1e} in layer 1 (10^{reading.decades:+.1f}"
            f"{_at_start(reading)})."
        )
    else:
        what = f"The error signal is {last} and exactly zero in layer 1."
    return Said(
        layers=indices(places(reading.signal - reading.signal[-1] < VANISHING_DECADES)),
        evidence=_profile(reading, VANISHING_DECADES),
        message=f"{what} The first layers hardly learn.",
    )


def _profile(reading: Reading, threshold: float) -> dict[str, float]:
    """Evidence on the error signal; no ratio where layer 1 gets exactly nothing."""
    at_start = reading.decades_at_start
    ends = measured(
        threshold=threshold,
        ratio_log10_at_start=at_start if isfinite(at_start) else nan,
        first_layer=1,
        last_layer=reading.n_layers,
        error_signal_first=power(reading.signal[0]),
        error_signal_last=power(reading.signal[-1]),
    )
    if not isfinite(reading.decades):
        return ends
    return measured(ratio_log10=reading.decades, factor_per_layer=_factor(reading)) | ends


def _at_start(reading: Reading) -> str:
    """The ratio at the first step, where it was another."""
    at_start = reading.decades_at_start
    if not isfinite(at_start) or abs(at_start - reading.decades) < AS_AT_START:
        return ""
    return f"; 10^{at_start:+.1f} at the first step"


def _factor(reading: Reading) -> float:
    """By which the error signal changes from one layer back to the one before, on average."""
    return power(reading.decades / max(reading.n_layers - 1, 1))
