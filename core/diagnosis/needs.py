"""What each rule reads, so that an imported history can say which rules could not judge it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Needs:
    """What a rule cannot do without."""

    metrics: tuple[tuple[str, ...], ...] = ()
    """Of each of these groups one metric must have been measured."""
    facts: tuple[str, ...] = ()
    """Names of fields of ``Facts``; ``layers`` stands for the widths and activations."""


NEEDS: dict[str, Needs] = {
    "unnormalized_inputs": Needs(facts=("inputs",)),
    "symmetric_initialization": Needs(facts=("symmetric",)),
    "learning_rate_too_large": Needs((("loss",), ("error_signal",), ("promised",))),
    "dying_relu": Needs((("dead",),), ("layers",)),
    "saturation": Needs((("loss",), ("flat", "saturated")), ("layers",)),
    "exploding_gradient": Needs((("error_signal",),)),
    "divergence": Needs((("loss",),)),
    "vanishing_gradient": Needs((("error_signal",),)),
    "learning_rate_too_small": Needs(
        (("loss",), ("learning_rate",), ("promised",)), ("steps_planned",)
    ),
    "overfitting": Needs((("loss",), ("validation_loss",))),
}
"""By the kind of finding."""
