"""Configurations drawn at random, good and bad alike: their outcome alone says which."""

from __future__ import annotations

from typing import Any

from backscope.core.activations import ACTIVATIONS

from .case import Document, between, experiment, one_of
from .healthy import ADAPTIVE, RATES
from .sources import data_and_loss

SOURCES = ("digits", "digits", "digits", "xor", "circles", "moons", "sine", "teacher")
INITIALIZERS = ("xavier_normal", "he_normal", "lecun_uniform", "orthogonal", "normal")


def configuration(rng: Any, number: int) -> Document:
    """Activation, weights, depth, width, rate, optimizer, normalization, residual and data."""
    data, loss = data_and_loss(rng, one_of(rng, *SOURCES))
    network = {
        "activation": one_of(rng, *ACTIVATIONS),
        "depth": int(rng.integers(1, 17)),
        "width": one_of(rng, 8, 16, 32, 64),
        "initializer": one_of(rng, *INITIALIZERS),
        "normalization": one_of(rng, "none", "none", "none", "batch", "layer"),
        "residual": bool(rng.random() < 0.25),
    }
    if network["initializer"] == "normal":
        network["std"] = between(rng, 0.01, 1.0)
    else:
        network["gain"] = between(rng, 0.3, 3.0)
    optimizer = one_of(rng, *RATES)
    low, high = (1e-5, 1.0) if optimizer in ADAPTIVE else (1e-4, 10.0)
    training = {
        "loss": loss,
        "optimizer": optimizer,
        "learning_rate": between(rng, low, high),
        "batch_size": one_of(rng, 16, 32, 64),
    }
    return experiment(rng, data, network, training)
