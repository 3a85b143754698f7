"""An experiment on its way in: each key is sound, whether they fit together is not known yet."""

from __future__ import annotations

from dataclasses import dataclass

from ..settings import DataSettings, Expectation, NetworkSettings, TrainingSettings


@dataclass(frozen=True, slots=True)
class Draft:
    """What the rules between keys look at."""

    given: frozenset[str]
    """The dotted keys that were given; all others are defaults."""
    data: DataSettings
    network: NetworkSettings
    training: TrainingSettings
    expect: Expectation | None

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return self.network.hidden or (self.network.width,) * self.network.depth
