"""The table of rules, and which findings explain others: a cause is named, not its symptoms."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from .loss_rules import (
    divergence,
    learning_rate_too_large,
    learning_rate_too_small,
    overfitting,
)
from .reading import Reading
from .structural_rules import (
    dying_relu,
    exploding_gradient,
    saturation,
    symmetric_initialization,
    unnormalized_inputs,
    vanishing_gradient,
)
from .verdict import Unsure, Verdict

RULES: dict[str, Callable[[Reading], Verdict | Unsure | None]] = {
    "unnormalized_inputs": unnormalized_inputs,
    "symmetric_initialization": symmetric_initialization,
    "learning_rate_too_large": learning_rate_too_large,
    "dying_relu": dying_relu,
    "saturation": saturation,
    "exploding_gradient": exploding_gradient,
    "divergence": divergence,
    "vanishing_gradient": vanishing_gradient,
    "learning_rate_too_small": learning_rate_too_small,
    "overfitting": overfitting,
}
"""Every rule by the kind of its finding; causes stand before their symptoms."""

STRUCTURAL = (
    "unnormalized_inputs",
    "symmetric_initialization",
    "dying_relu",
    "saturation",
    "exploding_gradient",
    "vanishing_gradient",
)
"""What is wrong with the network itself; a start without these is sound."""

SILENCED_BESIDE: dict[str, tuple[str, ...]] = {
    "exploding_gradient": ("learning_rate_too_large",),
    "learning_rate_too_small": (*STRUCTURAL, "learning_rate_too_large", "divergence"),
}
"""A finding is not made beside one of these, which explains it."""

SILENCED_AFTER: dict[str, dict[str, float]] = {
    "vanishing_gradient": {"divergence": inf, "dying_relu": 3.0, "learning_rate_too_large": inf},
}
"""A finding is not made once one of these has stood, unless it was there before them: then it is a
cause and not a symptom. Before is at the first check, or in so many times fewer steps: units that
die take the error signal with them, and not a while after it has gone."""

SYMPTOMS: dict[str, tuple[str, ...]] = {"learning_rate_too_large": ("dying_relu", "saturation")}
"""What a finding may have brought about, where it was not there from the start: it stays named as
long as that stands, as what is broken does not show any more what broke it."""
