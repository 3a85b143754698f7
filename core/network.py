"""The network: layers, forward to a trace, backward to gradients.

Rows are samples. A hidden layer computes ``z = x @ W + b``, normalizes if asked, ``a = f(z)``,
drops out if asked, and adds its block's input where a residual connection ends. The last layer
computes ``z`` and the output activation. Backward is the same walk reversed.

All parameters lie in one flat vector, all gradients in another; ``W``, ``b``, ``gamma`` and
``beta`` are views into them. An optimizer sees one array, and a norm over everything is one call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from .aligned import aligned_zeros
from .initializers import INITIALIZERS
from .layer_plan import plan_layers
from .normalization import RunningStatistics, Standardized, standardize, standardize_backward
from .record import Array
from .settings import NetworkSettings

BYTES_AT_ONCE = 1 << 16
"""Larger arrays would come from the system and go back to it, which takes longer than computing."""
FEWEST_AT_ONCE = 32
"""Rows that are worth a walk through the layers."""


@dataclass(slots=True)
class Parameters:
    """The arrays of one layer: its parameters, or their gradients, or their updates.

    ``W (fan_in, fan_out)``, ``b (fan_out,)``; ``gamma`` and ``beta (fan_out,)`` where the layer
    normalizes. All are views into one flat vector, writable in place.
    """

    W: Array
    b: Array
    gamma: Array | None = None
    beta: Array | None = None

    def named(self) -> Iterator[tuple[str, Array]]:
        """The arrays that there are, with their names."""
        yield "W", self.W
        yield "b", self.b
        if self.gamma is not None and self.beta is not None:
            yield "gamma", self.gamma
            yield "beta", self.beta


@dataclass(slots=True)
class LayerTrace:
    """What forward keeps of one layer, each array ``(batch, fan_out)`` unless it says otherwise."""

    x: Array
    """The layer's input, ``(batch, fan_in)``."""
    z: Array
    """Preactivation ``x @ W + b``."""
    n: Array
    """What the activation saw: z itself, or z normalized, scaled and shifted."""
    a: Array
    """Activation f(n), before dropout and residual."""
    standardized: Standardized | None = None
    """z with mean 0 and variance 1, where the layer normalizes."""
    mask: Array | None = None
    """Dropout: 0 or 1 / (1 - dropout)."""


@dataclass(slots=True)
class Trace:
    """Everything one forward pass computed: layers in order, and the network's outputs."""

    layers: list[LayerTrace] = field(default_factory=list)
    outputs: Array = field(default_factory=lambda: np.zeros((0, 0)))
    """``(batch, outputs)``: the last layer's activation; logits where that is the identity."""


class Network:
    """A fully connected feed-forward network of which every intermediate can be looked at.

    Args:
        settings: the ``[network]`` table.
        hidden: widths of the hidden layers.
        inputs: number of inputs.
        outputs: number of outputs.
        rng: draws the initial weights, layer by layer.
        dtype: of the parameters and of everything computed.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        hidden: Sequence[int],
        inputs: int,
        outputs: int,
        rng: np.random.Generator,
        dtype: str = "float64",
    ) -> None:
        self.dtype = np.dtype(dtype)
        self.plans = plan_layers(settings, hidden, inputs, outputs)
        self.rectifiers = tuple(plan.activation.rectifier for plan in self.plans)
        """Of each layer, whether its units can be silent and dead."""
        activations = [plan.activation for plan in self.plans]
        self.saturations = tuple(each.saturated for each in activations)
        """Of each layer, which entries of ``a`` lie in a flat part; None: it is unbounded."""
        self.flats = tuple(None if each.half_flat else each.flat for each in activations)
        """Of each layer, which entries have next to no slope; None: half of all by design."""
        self.drops_out = any(plan.dropout for plan in self.plans)
        self.theta: Array = aligned_zeros(sum(plan.size for plan in self.plans), self.dtype)
        self.gradient: Array = aligned_zeros(self.theta.size, self.dtype)
        self.parameters = self.views(self.theta)
        self.gradients = self.views(self.gradient)
        self.running = [
            RunningStatistics(np.zeros(p.fan_out, self.dtype), np.ones(p.fan_out, self.dtype))
            if p.normalization == "batch"
            else None
            for p in self.plans
        ]
        self._keeps_statistics = [at for at, each in enumerate(self.running) if each]
        self._initialize(settings, rng)

    def views(self, flat: Array) -> list[Parameters]:
        """The layers' arrays inside a flat vector of all parameters, in order W, b, gamma, beta.

        Raises:
            ValueError: the vector has another length than the parameters.
        """
        expected = sum(plan.size for plan in self.plans)
        if flat.shape != (expected,):
            raise ValueError(f"expected a flat vector of shape ({expected},), got {flat.shape}")
        layers = []
        start = 0

        def take(*shape: int) -> Array:
            nonlocal start
            size = prod(shape)
            view = flat[start : start + size].reshape(shape)
            start += size
            return view

        for plan in self.plans:
            layer = Parameters(take(plan.fan_in, plan.fan_out), take(plan.fan_out))
            if plan.normalization != "none":
                layer.gamma, layer.beta = take(plan.fan_out), take(plan.fan_out)
            layers.append(layer)
        return layers

    def _initialize(self, settings: NetworkSettings, rng: np.random.Generator) -> None:
        initialize = INITIALIZERS[settings.initializer]
        last = len(self.plans) - 1
        for i, (plan, layer) in enumerate(zip(self.plans, self.parameters, strict=True)):
            W = initialize(rng, plan.fan_in, plan.fan_out, settings.std)
            layer.W[...] = settings.gain * W
            layer.b[...] = settings.bias if i != last else 0.0
            if settings.initial_W:
                layer.W[...] = settings.initial_W[i]
            if settings.initial_b:
                layer.b[...] = settings.initial_b[i]
            if layer.gamma is not None:
                layer.gamma[...] = 1.0

    @property
    def running_statistics(self) -> Array:
        """Means and variances that batch normalization runs on, ``(2, units)``; a copy."""
        kept = [statistics for statistics in self.running if statistics is not None]
        empty = np.zeros((2, 0), self.dtype)
        return np.hstack([empty, *(np.stack((each.mean, each.variance)) for each in kept)])

    @running_statistics.setter
    def running_statistics(self, values: Array) -> None:
        at = 0
        for each in self.running:
            if each is not None:
                stop = at + len(each.mean)
                each.mean[...], each.variance[...] = values[:, at:stop]
                at = stop

    def draw_masks(self, rows: int, rng: np.random.Generator) -> list[Array | None]:
        """Dropout masks for one batch, a layer each; None where nothing is dropped."""
        return [
            (rng.random((rows, plan.fan_out)) >= plan.dropout).astype(self.dtype)
            / self.dtype.type(1.0 - plan.dropout)
            if plan.dropout
            else None
            for plan in self.plans
        ]

    def check_inputs(self, X: Array) -> None:
        """Make sure that inputs are ``(batch, inputs)``.

        Raises:
            ValueError: they are not.
        """
        if X.ndim != 2 or X.shape[1] != self.plans[0].fan_in:
            raise ValueError(f"expected X of shape (batch, {self.plans[0].fan_in}), got {X.shape}")

    def forward(
        self,
        X: Array,
        *,
        training: bool = False,
        masks: Sequence[Array | None] | None = None,
    ) -> Trace:
        """Compute every layer for the rows of ``X (batch, inputs)``.

        Args:
            X: the inputs, of the network's dtype.
            training: normalize by the batch's own statistics instead of the running ones.
            masks: dropout masks from ``draw_masks``; None: nothing is dropped.

        Raises:
            ValueError: X has another shape than the network's inputs.
        """
        self.check_inputs(X)
        trace = Trace()
        outputs = [X]
        for at in range(len(self.plans)):
            mask = None if masks is None else masks[at]
            kept, out = self.forward_layer(at, outputs, training=training, mask=mask)
            outputs.append(out)
            trace.layers.append(kept)
        trace.outputs = outputs[-1]
        return trace

    def walk(self, X: Array, *, training: bool = False) -> Iterator[tuple[LayerTrace, Array]]:
        """Layer after layer what ``forward_layer`` gives, for a look at each and no more.

        Arguments and errors are those of ``forward``, without dropout; arrays that no later layer
        needs are let go.
        """
        self.check_inputs(X)
        carried = {plan.skip_from for plan in self.plans}
        outputs = [X]
        for at in range(len(self.plans)):
            kept, out = self.forward_layer(at, outputs, training=training)
            outputs.append(out)
            if at not in carried:
                outputs[at] = X[:0]
            yield kept, out

    def outputs(self, X: Array) -> Array:
        """What ``forward`` gives as ``outputs`` in evaluation mode; nothing else of it is kept."""
        outputs = X
        for _, out in self.walk(X):
            outputs = out
        return outputs

    def parts(self, rows: int) -> Iterator[slice]:
        """Rows in parts for ``walk``, so small that no array is larger than ``BYTES_AT_ONCE``."""
        widest = max(plan.fan_out for plan in self.plans)
        at_once = max(BYTES_AT_ONCE // (widest * self.dtype.itemsize), FEWEST_AT_ONCE)
        for start in range(0, rows, at_once):
            yield slice(start, min(start + at_once, rows))

    def forward_layer(
        self, at: int, outputs: Sequence[Array], *, training: bool = True, mask: Array | None = None
    ) -> tuple[LayerTrace, Array]:
        """Compute one layer: what ``forward`` keeps of it, and its output ``(batch, fan_out)``.

        Args:
            at: the layer's index, from 0.
            outputs: the network's inputs, then the outputs of all layers before this one.
            training: normalize by the batch's own statistics instead of the running ones.
            mask: for dropout; None: nothing is dropped.
        """
        plan, layer = self.plans[at], self.parameters[at]
        x = outputs[at]  # (batch, fan_in)
        z = x @ layer.W + layer.b  # (batch, fan_out)
        kept = LayerTrace(x=x, z=z, n=z, a=z)
        if layer.gamma is not None and layer.beta is not None:
            running = None if training else self.running[at]
            kept.standardized = standardize(z, plan.normalization, running)
            kept.n = layer.gamma * kept.standardized.values + layer.beta
        kept.a = out = plan.activation.value(kept.n)
        if mask is not None:
            kept.mask = mask
            out = out * mask
        if plan.skip_from is not None:
            out = out + outputs[plan.skip_from]
        return kept, out

    def backward(self, trace: Trace, doutputs: Array) -> list[Array]:
        """Propagate ``dL/doutputs (batch, outputs)`` back; fills ``self.gradients``.

        Returns:
            delta of each layer, ``dL/dz (batch, fan_out)``, in the order of the layers.
        """
        deltas: list[Array] = [doutputs] * len(self.plans)
        arriving: Array = doutputs  # dL/d(output of the layer)
        waiting: dict[int, Array] = {}  # dL/d(output) that residual connections carry further down
        for i in reversed(range(len(self.plans))):
            plan, layer, gradient, kept = (
                self.plans[i],
                self.parameters[i],
                self.gradients[i],
                trace.layers[i],
            )
            if plan.skip_from is not None:
                further = waiting.get(plan.skip_from)
                waiting[plan.skip_from] = arriving if further is None else further + arriving
            da: Array = arriving if kept.mask is None else arriving * kept.mask
            dn: Array = da * plan.activation.slope(kept.n, kept.a)
            delta: Array = dn
            if layer.gamma is not None and kept.standardized is not None:
                np.sum(dn * kept.standardized.values, axis=0, out=gradient.gamma)
                np.sum(dn, axis=0, out=gradient.beta)
                ds = dn * layer.gamma
                delta = standardize_backward(ds, kept.standardized, plan.normalization)
            deltas[i] = delta
            np.matmul(kept.x.T, delta, out=gradient.W)  # (fan_in, fan_out)
            delta.sum(axis=0, out=gradient.b)
            if i:
                arriving = delta @ layer.W.T  # (batch, fan_in)
                if i in waiting:
                    arriving = arriving + waiting.pop(i)
        return deltas

    def absorb_statistics(self, trace: Trace) -> None:
        """Move the running statistics of batch normalization towards this batch's."""
        for at in self._keeps_statistics:
            running, standardized = self.running[at], trace.layers[at].standardized
            if running is not None and standardized is not None:
                running.absorb(standardized)
