"""Changes that must change no verdict: the loss's scale, the width, the batch.

There is no setting that scales a loss. Each loss times 1e-4 and 1e4 is entered in ``LOSSES`` under
a name of its own, here and in every process that trains: the trainer then knows it like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from backscope.core.losses import LOSSES, Loss

from .case import Document

SCALES = (1e-4, 1e4)
WIDTH = 64
"""Of every base run, before it is halved."""
CHANGES = ("loss x 1e-4", "loss x 1e4", "half the width", "another batch size")


def enter_scaled_losses() -> None:
    """Give every loss its scaled twins; once is enough, twice does no harm."""
    for loss in [loss for name, loss in LOSSES.items() if " x " not in name]:
        for scale in SCALES:
            twin = _scaled(loss, scale)
            LOSSES[twin.name] = twin


def _scaled(loss: Loss, scale: float) -> Loss:
    def formula(outputs: Any, targets: Any) -> tuple[Any, Any]:
        value, doutputs = loss.formula(outputs, targets)
        doutputs *= scale
        return value * scale, doutputs

    return replace(
        loss,
        name=f"{loss.name} x {scale:g}",
        formula=formula,
        baseline=lambda targets: scale * loss.baseline(targets),
    )


def changed(base: Mapping[str, Any], change: str) -> Document:
    """The base run with one of ``CHANGES``."""
    document = deepcopy(dict(base))
    network, training = document["network"], document["training"]
    match CHANGES.index(change):
        case 0 | 1 as which:
            _scale_loss(training, SCALES[which])
        case 2:
            network["width"] = WIDTH // 2
        case _:
            training["batch_size"] *= 2
    return document


def _scale_loss(training: Document, scale: float) -> None:
    """The loss times ``scale``, and what it takes to train the same network by it."""
    training["loss"] = f"{training.get('loss', 'cross_entropy')} x {scale:g}"
    optimizer = training.get("optimizer", "sgd")
    if optimizer in ("sgd", "momentum", "nesterov"):
        training["learning_rate"] /= scale
    else:
        training["epsilon"] = 1e-8 * scale
