"""Runs with one fault each, put there by construction, at several strengths, widths and rates."""

from __future__ import annotations

from typing import Any

from .case import Document, between, experiment, one_of
from .healthy import plain, suited_weights
from .sources import teacher, unscaled_digits

WIDTHS = (16, 32, 64)
SQUARE_ROOT_OF_HALF = 0.707


def layers(rng: Any, low: int, high: int, activation: str, **more: Any) -> Document:
    """So many layers of one activation, of any width; ``more`` goes to the network."""
    depth = int(rng.integers(low, high + 1))
    return {"depth": depth, "width": one_of(rng, *WIDTHS), "activation": activation, **more}


def on_digits(rng: Any, network: Document, optimizer: str, rate: float, **more: Any) -> Document:
    """The network on digits; ``more`` goes to the training."""
    training = {"optimizer": optimizer, "learning_rate": rate, **more}
    return experiment(rng, {"source": "digits"}, network, training)


def inputs(rng: Any, number: int) -> Document:
    """Inputs that are not normalized: large, far from zero, of very different scales, or tiny."""
    scale: Any = 1.0
    offset: Any = 0.0
    match number % 4:
        case 0:
            scale = between(rng, 30.0, 1000.0)
        case 1:
            scale = between(rng, 1.0, 100.0)
            offset = scale * between(rng, 10.0, 100.0)
        case 2:
            scale = 10.0 ** rng.uniform(-2.0, 2.0, 64)
        case 3:
            scale = between(rng, 0.001, 0.01)
    activation = one_of(rng, "relu", "tanh", "leaky_relu", "selu")
    network = layers(rng, 1, 4, activation) | suited_weights(rng, activation)
    training = {"learning_rate": between(rng, 0.05, 0.15)}
    return experiment(rng, unscaled_digits(rng, scale, offset), network, training)


def symmetric(rng: Any, number: int) -> Document:
    """Weights that are all the same, zero or not."""
    if number % 2:
        start: Document = {"initializer": "constant", "std": between(rng, 0.01, 0.2)}
    else:
        start = {"initializer": "zeros"}
    activation = one_of(rng, "relu", "tanh", "sigmoid", "gelu", "leaky_relu")
    network = layers(rng, 1, 4, activation) | start
    if number % 3:
        return on_digits(rng, network, "sgd", between(rng, 0.05, 0.2))
    return on_digits(rng, network, "adam", between(rng, 0.001, 0.004))


def vanishing(rng: Any, number: int) -> Document:
    """A start in which each layer passes on a half or less of the error signal."""
    match number % 6:
        case 0:
            names = ("xavier_normal", "xavier_uniform", "lecun_normal")
            network = layers(rng, 7, 16, "sigmoid", initializer=one_of(rng, *names))
        case 1:
            gain = between(rng, 0.3, 0.55)
            network = layers(rng, 10, 20, "tanh", initializer="xavier_normal", gain=gain)
        case 2:
            # Half He: the variance, or the weights themselves.
            gain = one_of(rng, SQUARE_ROOT_OF_HALF, 0.5)
            low = 24 if gain > 0.5 else 12
            network = layers(rng, low, low + 6, "relu", initializer="he_normal", gain=gain)
        case 3:
            gain = between(rng, 0.3, 0.5)
            activation = one_of(rng, "identity", "selu", "elu", "leaky_relu")
            network = layers(rng, 12, 20, activation, initializer="lecun_normal", gain=gain)
        case 4:
            std = between(rng, 0.005, 0.03)
            network = layers(rng, 8, 16, one_of(rng, "relu", "tanh"), initializer="normal", std=std)
        case _:
            gain = between(rng, 0.4, 0.7)
            activation = one_of(rng, "gelu", "silu")
            network = layers(rng, 12, 20, activation, initializer="lecun_normal", gain=gain)
    if number % 4 == 3:
        return on_digits(rng, network, "momentum", between(rng, 0.005, 0.02))
    return on_digits(rng, network, "sgd", between(rng, 0.02, 0.2))


def exploding(rng: Any, number: int) -> Document:
    """A start in which the error signal, or activations and signal alike, grow layer by layer."""
    match number % 4:
        case 0:
            gain = between(rng, 1.6, 2.5)
            network = layers(rng, 12, 20, "relu", initializer="he_normal", gain=gain)
        case 1:
            gain = between(rng, 3.0, 3.6)
            network = layers(rng, 22, 30, "tanh", initializer="xavier_normal", gain=gain)
            network["width"] = one_of(rng, 32, 64)
        case 2:
            gain = between(rng, 1.7, 2.5)
            network = layers(rng, 12, 20, "identity", initializer="lecun_normal", gain=gain)
        case _:
            activation = one_of(rng, "leaky_relu", "elu", "selu")
            gain = between(rng, 2.2, 3.0)
            network = layers(rng, 12, 20, activation, initializer="lecun_normal", gain=gain)
    if number % 5 == 4:
        return on_digits(rng, network, "adam", between(rng, 0.001, 0.003))
    return on_digits(rng, network, "sgd", between(rng, 0.005, 0.05))


def too_large_unbounded(rng: Any, number: int) -> Document:
    """A sound network and a rate far too large, where nothing bounds what follows."""
    activation = ("relu", "leaky_relu", "identity", "selu", "elu", "gelu")[number % 6]
    network = layers(rng, 1, 6, activation) | suited_weights(rng, activation)
    match number % 4:
        case 0 | 1:
            return on_digits(rng, network, "sgd", between(rng, 2.0, 20.0))
        case 2:
            return on_digits(rng, network, "momentum", between(rng, 0.5, 3.0))
        case _:
            training = {"loss": "mse", "learning_rate": between(rng, 1.0, 5.0)}
            return experiment(rng, teacher(rng), network, training)


def too_large_bounded(rng: Any, number: int) -> Document:
    """A sound network and a rate far too large, where bounded units or a small step hold it."""
    if number % 3 == 2:
        activation = one_of(rng, "tanh", "gelu", "selu")
        network = layers(rng, 2, 5, activation) | suited_weights(rng, activation)
        return on_digits(rng, network, "adam", between(rng, 0.2, 2.0))
    network = layers(rng, 1, 4, "tanh") | suited_weights(rng, "tanh")
    if number % 3:
        return on_digits(rng, network, "momentum", between(rng, 1.0, 5.0))
    return on_digits(rng, network, "sgd", between(rng, 6.0, 30.0))


def born_dead(rng: Any, number: int) -> Document:
    """ReLU units that are dead from the start, by their bias."""
    network = layers(rng, 2, 6, "relu", initializer="he_normal", bias=-between(rng, 2.5, 6.0))
    if number % 2:
        return on_digits(rng, network, "adam", between(rng, 0.001, 0.003))
    return on_digits(rng, network, "sgd", between(rng, 0.02, 0.2))


def dying(rng: Any, number: int) -> Document:
    """ReLU units that the first steps kill: too large a rate, but not one that diverges."""
    network = layers(rng, 3, 7, "relu", initializer=one_of(rng, "he_normal", "he_uniform"))
    if number % 4 == 3:
        return on_digits(rng, network, "sgd", between(rng, 0.8, 2.0))
    return on_digits(rng, network, one_of(rng, "adam", "rmsprop"), between(rng, 0.03, 0.3))


def saturated(rng: Any, number: int) -> Document:
    """Bounded units that large weights push into their flat parts."""
    if number % 3 == 2:
        std = between(rng, 2.0, 5.0)
        network = layers(rng, 2, 5, "sigmoid", initializer="normal", std=std)
        return on_digits(rng, network, "sgd", between(rng, 0.02, 0.2))
    network = layers(rng, 2, 6, "tanh", initializer="normal", std=between(rng, 0.8, 2.0))
    network["width"] = one_of(rng, 32, 64)
    return on_digits(rng, network, "sgd", between(rng, 0.005, 0.05))


def too_small(rng: Any, number: int) -> Document:
    """A healthy run at a rate some hundred to ten thousand times smaller than suits it."""
    optimizer = ("sgd", "sgd", "momentum", "adam")[number % 4]
    activation = one_of(rng, "relu", "tanh", "gelu", "leaky_relu", "selu")
    source = one_of(rng, "digits", "digits", "circles", "teacher")
    document = plain(rng, activation, int(rng.integers(1, 6)), source, optimizer)
    training = document["training"]
    by = between(rng, 300.0, 3000.0) if optimizer == "adam" else between(rng, 1000.0, 10000.0)
    training["learning_rate"] = float(f"{training['learning_rate'] / by:.3g}")
    return document


def overfitting(rng: Any, number: int) -> Document:
    """A strong network, few rows, many of them with a wrong label or a wrong target."""
    activation = one_of(rng, "relu", "tanh", "gelu")
    network = layers(rng, 1, 3, activation) | suited_weights(rng, activation)
    network["width"] = one_of(rng, 64, 128)
    rate = between(rng, 0.002, 0.006)
    training: Document = {"optimizer": "adam", "learning_rate": rate, "steps": 400}
    noise = between(rng, 0.25, 0.5)
    match number % 4:
        case 0 | 1:
            data: Document = {"source": "digits", "rows": int(rng.integers(80, 200))}
        case 2:
            data = {"source": one_of(rng, "circles", "moons"), "rows": 60, "jitter": 0.2}
            noise = between(rng, 0.2, 0.35)
        case _:
            data = teacher(rng, 60)
            training["loss"] = "mse"
            noise = between(rng, 0.5, 1.5)
    return experiment(rng, data | {"noise": noise}, network, training)
