"""The held-out rows: the validation loss, and when it has stalled for too long."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from numpy.typing import NDArray

from . import losses
from .data import PreparedData
from .minibatches import Minibatches
from .network import Network
from .settings import TrainingSettings


class HeldOut:
    """The validation part of the data, and how the network has done on it so far.

    Args:
        network: what is evaluated.
        data: the prepared data; its validation part may be empty.
        targets: the validation targets as the loss wants them.
        settings: the loss, when to evaluate, and how long to be patient.

    Attributes:
        best: the lowest validation loss so far.
        since_best: evaluations since then.
    """

    def __init__(
        self,
        network: Network,
        data: PreparedData,
        targets: NDArray[Any],
        settings: TrainingSettings,
    ) -> None:
        self._network = network
        self._data = data
        self._targets = targets
        self._settings = settings
        self.best = inf
        self.since_best = 0

    @property
    def patience_is_over(self) -> bool:
        """Whether early stopping is on and the loss has not improved for long enough."""
        return 0 < self._settings.early_stopping <= self.since_best

    def due(self, step: int, minibatches: Minibatches) -> bool:
        """Whether an evaluation follows this step: every k steps, or where an epoch ends in it."""
        every = self._settings.validate_every
        if every:
            return step % every == 0
        return minibatches.ends_epoch(step)

    def evaluate(self) -> tuple[float, float]:
        """Loss and accuracy of the network as it is, in evaluation mode; NaN where no rows are."""
        rows = len(self._data.X_validation)
        if not rows:
            return nan, nan
        name = self._settings.loss
        loss = accuracy = 0.0
        for part in self._network.parts(rows):
            outputs = self._network.outputs(self._data.X_validation[part])
            share = len(outputs) / rows
            loss += share * losses.LOSSES[name].evaluate(outputs, self._targets[part])[0]
            accuracy += share * losses.accuracy(outputs, self._data.y_validation[part], name)
        if loss < self.best:
            self.best, self.since_best = loss, 0
        else:
            self.since_best += 1
        return loss, accuracy
