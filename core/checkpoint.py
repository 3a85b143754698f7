"""A trainer at one moment: all that it must remember to go on to the last bit.

Parameters, what the optimizer remembers, running statistics, random generators, the rows that wait
for a batch, how early stopping stands, and what was changed on the way. Data, initial weights and
all settings follow from the experiment and are not in it. Nor is when the probes were measured
last: under a budget that hangs on the clock, and it changes no parameter. Where probes have
intervals of their own, the records too are the same to the last bit.

Everything is an array or a plain value, so that any store can hold it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .descent import DescentState
from .errors import InputError
from .fast.rescaling import Scaling
from .layer_plan import LayerPlan
from .minibatches import Indices
from .record import Array

Layers = tuple[tuple[int, int, str], ...]

_MEMORY = "memory."


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """All that a trainer remembers; nothing in it is ever changed."""

    step: int
    """Steps done."""
    diverged: bool
    layers: Layers
    """``(fan_in, fan_out, normalization)`` of each layer: what the parameters belong to."""
    rows: int
    """Training rows."""
    theta: Array
    """All parameters, flat."""
    running: Array
    """Running statistics of batch normalization, ``(2, units)``."""
    descent: DescentState
    waiting: Indices
    """Shuffled rows that no batch has had yet."""
    generators: Mapping[str, Mapping[str, Any]]
    """The state of each random generator by its purpose, as NumPy gives it."""
    best_validation: float
    evaluations_since_best: int
    rate_changes: tuple[tuple[float, ...], ...]
    """Every change of the base rate, the planned ones too."""
    interventions: tuple[str, ...]
    """Every intervention likewise ..."""
    carried_out: int
    """... and how many of them were carried out."""

    @property
    def nbytes(self) -> int:
        """Bytes that its arrays take."""
        return sum(array.nbytes for array in self.to_plain()[0].values())

    def require_fit(self, plans: Sequence[LayerPlan], rows: int, dtype: np.dtype[Any]) -> None:
        """Make sure that a trainer of these layers and so many training rows can go on from it.

        Raises:
            InputError: other layers, rows or another dtype; says what they were.
        """
        layers = layers_of(plans)
        if layers != self.layers:
            raise InputError(
                f"the checkpoint of step {self.step} has the layers {_shown(self.layers)}, "
                f"the experiment has {_shown(layers)}"
            )
        if rows != self.rows:
            raise InputError(
                f"the checkpoint of step {self.step} was trained on {self.rows} rows, "
                f"the experiment has {rows}"
            )
        if dtype != self.theta.dtype:
            raise InputError(
                f"the checkpoint of step {self.step} is in {self.theta.dtype}, "
                f"the experiment in {dtype}"
            )

    def to_plain(self) -> tuple[dict[str, Array | Indices], dict[str, Any]]:
        """Its arrays by name, and the rest as values that JSON can hold (infinities included)."""
        scaling = self.descent.scaling
        arrays: dict[str, Any] = {
            "theta": self.theta,
            "running": self.running,
            "waiting": self.waiting,
            "shifts": scaling.shifts,
            "gone": scaling.gone,
            **{f"{_MEMORY}{name}": array for name, array in self.descent.memory.items()},
        }
        values = {
            "step": self.step,
            "diverged": self.diverged,
            "layers": [list(layer) for layer in self.layers],
            "rows": self.rows,
            "optimizer_began": self.descent.began,
            "largest_gradient": self.descent.largest_gradient,
            "scaling_age": scaling.age,
            "generators": {name: dict(state) for name, state in self.generators.items()},
            "best_validation": self.best_validation,
            "evaluations_since_best": self.evaluations_since_best,
            "rate_changes": [list(change) for change in self.rate_changes],
            "interventions": list(self.interventions),
            "carried_out": self.carried_out,
        }
        return arrays, values

    @classmethod
    def from_plain(cls, arrays: Mapping[str, Any], values: Mapping[str, Any]) -> Checkpoint:
        """The checkpoint that ``to_plain`` took apart.

        Raises:
            KeyError: something is missing.
        """
        memory = {
            name.removeprefix(_MEMORY): array
            for name, array in arrays.items()
            if name.startswith(_MEMORY)
        }
        return cls(
            step=values["step"],
            diverged=values["diverged"],
            layers=tuple((fan_in, fan_out, kind) for fan_in, fan_out, kind in values["layers"]),
            rows=values["rows"],
            theta=arrays["theta"],
            running=arrays["running"],
            descent=DescentState(
                memory,
                values["optimizer_began"],
                values["largest_gradient"],
                Scaling(values["scaling_age"], arrays["shifts"], arrays["gone"]),
            ),
            waiting=arrays["waiting"],
            generators=values["generators"],
            best_validation=values["best_validation"],
            evaluations_since_best=values["evaluations_since_best"],
            rate_changes=tuple(tuple(change) for change in values["rate_changes"]),
            interventions=tuple(values["interventions"]),
            carried_out=values["carried_out"],
        )


def layers_of(plans: Sequence[LayerPlan]) -> Layers:
    """What a checkpoint says of these layers."""
    return tuple((plan.fan_in, plan.fan_out, plan.normalization) for plan in plans)


def _shown(layers: Layers) -> str:
    widths = [layers[0][0], *(fan_out for _, fan_out, _ in layers)]
    kinds = sorted({kind for _, _, kind in layers} - {"none"})
    normalized = f" with {kinds[0]} normalization" if kinds else ""
    return f"{_widths(widths)}{normalized}"


def _widths(widths: list[int]) -> str:
    """Widths of the layers, a run of equal ones as one.

    >>> _widths([64, 32, 32, 32, 10])
    '64-32x3-10'
    """
    runs: list[list[int]] = []
    for width in widths:
        if runs and runs[-1][0] == width:
            runs[-1].append(width)
        else:
            runs.append([width])
    return "-".join(str(run[0]) + (f"x{len(run)}" if len(run) > 1 else "") for run in runs)
