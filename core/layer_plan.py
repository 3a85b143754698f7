"""What each layer of a network does, apart from its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .activations import ACTIVATIONS, Activation
from .settings import NetworkSettings


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """What a layer does, apart from its numbers."""

    index: int
    fan_in: int
    fan_out: int
    activation: Activation
    normalization: str
    """``none``, ``batch`` or ``layer``."""
    skip_from: int | None
    """The layer whose output (0: the input) is added to this one's; None: no residual."""
    dropout: float

    @property
    def size(self) -> int:
        """Number of parameters."""
        vectors = 1 if self.normalization == "none" else 3
        return (self.fan_in + vectors) * self.fan_out


def plan_layers(
    settings: NetworkSettings, hidden: Sequence[int], inputs: int, outputs: int
) -> list[LayerPlan]:
    """What each layer does; the last one neither normalizes, drops out nor skips.

    Residual blocks are ``residual_block`` hidden layers each, counted from the input. A block is
    bridged where its input and its output have the same width.
    """
    widths = [inputs, *hidden]
    plans = []
    for i, fan_out in enumerate(hidden):
        start = i + 1 - settings.residual_block
        ends_block = settings.residual and (i + 1) % settings.residual_block == 0
        plans.append(
            LayerPlan(
                index=i + 1,
                fan_in=widths[i],
                fan_out=fan_out,
                activation=ACTIVATIONS[settings.activation],
                normalization=settings.normalization,
                skip_from=start if ends_block and widths[start] == fan_out else None,
                dropout=settings.dropout,
            )
        )
    plans.append(
        LayerPlan(
            index=len(widths),
            fan_in=widths[-1],
            fan_out=outputs,
            activation=ACTIVATIONS[settings.output_activation],
            normalization="none",
            skip_from=None,
            dropout=0.0,
        )
    )
    return plans
