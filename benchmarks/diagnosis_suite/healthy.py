"""Runs with which nothing is wrong: textbook weights, rates that suit, data that can be learned."""

from __future__ import annotations

from typing import Any

from backscope.core.activations import ACTIVATIONS

from .case import Document, between, experiment, one_of
from .sources import PLANE, SOURCES, data_and_loss

RATES = {"sgd": 0.1, "momentum": 0.015, "nesterov": 0.015, "rmsprop": 1e-3, "adam": 2e-3}
RATES["adamw"] = RATES["adam"]
"""What suits a network of a few layers on standardized inputs."""
ADAPTIVE = ("rmsprop", "adam", "adamw")
DEEP = ("relu", "leaky_relu", "tanh", "selu", "elu", "identity", "gelu", "silu")
"""Activations that learn through many layers without help; sigmoid and softplus do not, and the
last two not through more than ``SMOOTH_DEPTH``."""
SMOOTH_DEPTH = 12
BATCHES = (16, 32, 64)


def suited_weights(rng: Any, activation: str) -> Document:
    """Initial weights that keep the size of the signal, by any of the usual names."""
    match activation:
        case "relu" | "leaky_relu":
            names: tuple[str, ...] = ("he_normal", "he_uniform", "kaiming_uniform")
        case "tanh" | "identity" | "sigmoid":
            names = ("xavier_normal", "xavier_uniform", "orthogonal", "lecun_normal")
        case "gelu" | "silu":
            names = ("he_normal", "he_uniform")
        case "selu":
            names = ("lecun_normal", "lecun_uniform")
        case _:
            gain = float(f"{ACTIVATIONS[activation].gain:.3g}")
            return {"initializer": one_of(rng, "lecun_normal", "lecun_uniform"), "gain": gain}
    return {"initializer": one_of(rng, *names)}


def suited_rate(
    rng: Any, optimizer: str, depth: int, source: str, loss: str, normalized: bool
) -> float:
    """A rate that suits: smaller for deep networks and for squares, larger in the plane."""
    rate = RATES[optimizer]
    if source in ("sine", "teacher") and optimizer not in ADAPTIVE:
        rate /= 8 if loss == "mse" else 4  # few inputs, and the slope of a square
    if not normalized and depth > 4:
        rate /= 2 if depth <= 10 else 4
    if source in PLANE:
        rate *= 3
    return between(rng, rate / 1.5, rate * 1.5)


def plain(
    rng: Any, activation: str, depth: int, source: str, optimizer: str, **more: Any
) -> Document:
    """One healthy run; ``more`` goes to the network."""
    data, loss = data_and_loss(rng, source)
    if depth > 3 and source == "digits":
        loss = "cross_entropy"  # squares of ten outputs start far above what is to be learned
    normalized = more.get("normalization", "none") != "none"
    network = {
        "depth": depth,
        "width": one_of(rng, 16, 32, 64) if depth <= 10 else 64,
        "activation": activation,
        **suited_weights(rng, activation),
        **more,
    }
    training = {
        "loss": loss,
        "optimizer": optimizer,
        "learning_rate": suited_rate(rng, optimizer, depth, source, loss, normalized),
        "batch_size": one_of(rng, *BATCHES),
        "steps": 300 if depth <= 10 else 400,
    }
    return experiment(rng, data, network, training)


def shallow(rng: Any, number: int) -> Document:
    """One to four layers: every activation in turn, on every source in turn."""
    names = tuple(ACTIVATIONS)
    activation = names[number % len(names)]
    deepest = 2 if activation in ("sigmoid", "softplus") else 4
    source = SOURCES[number % len(SOURCES)]
    if activation == "identity" and source in PLANE:
        source = "digits"  # what no straight line separates
    optimizer = one_of(rng, "sgd", "momentum", "adam")
    if activation == "sigmoid":
        optimizer = "adam"  # with the others it takes thousands of steps
        source = "digits" if source in PLANE else source
    return plain(rng, activation, int(rng.integers(1, deepest + 1)), source, optimizer)


def deep(rng: Any, number: int) -> Document:
    """Five to thirty plain layers: every activation that can, in turn."""
    activation = DEEP[number % len(DEEP)]
    smooth = activation in ("gelu", "silu")
    depth = int(rng.integers(5, (SMOOTH_DEPTH if smooth else 30) + 1))
    return plain(rng, activation, depth, "digits", one_of(rng, "sgd", "adam"))


def normalized(rng: Any, number: int) -> Document:
    """Two to twenty layers with batch or layer normalization, any activation."""
    kind = ("batch", "layer")[number % 2]
    activation = one_of(rng, *(DEEP if kind == "layer" else (*DEEP, "sigmoid")))
    depth = int(rng.integers(2, 6 if activation == "sigmoid" else 21))
    optimizer = one_of(rng, "sgd", "momentum", "adam")
    return plain(rng, activation, depth, "digits", optimizer, normalization=kind)


def residual(rng: Any, number: int) -> Document:
    """Four to thirty layers with residual connections, small branches as is usual."""
    block = one_of(rng, 1, 2)
    depth = int(rng.integers(4, 31))
    more = {"residual": True, "residual_block": block}
    document = plain(rng, one_of(rng, *DEEP), depth, "digits", one_of(rng, "sgd", "adam"), **more)
    network = document["network"]
    network["gain"] = float(f"{network.get('gain', 1.0) * (block / depth) ** (0.5 / block):.3g}")
    return document


def optimizers(rng: Any, number: int) -> Document:
    """Every optimizer in turn, on every source in turn."""
    optimizer = tuple(RATES)[number % len(RATES)]
    source = SOURCES[number % len(SOURCES)]
    return plain(
        rng, one_of(rng, "relu", "tanh", "gelu"), int(rng.integers(2, 6)), source, optimizer
    )


def regularized(rng: Any, number: int) -> Document:
    """With what people add: dropout, weight decay, clipping, warm-up, a schedule, float32."""
    activation = one_of(rng, "relu", "tanh", "leaky_relu", "silu")
    document = plain(rng, activation, int(rng.integers(2, 7)), "digits", one_of(rng, "sgd", "adam"))
    document["network"]["width"] = one_of(rng, 32, 64)
    match number % 6:
        case 0:
            document["network"]["dropout"] = one_of(rng, 0.1, 0.2)
        case 1:
            document["training"]["weight_decay"] = between(rng, 1e-4, 1e-3)
        case 2:
            document["training"]["clip_norm"] = between(rng, 0.5, 5.0)
        case 3:
            document["training"]["warmup_steps"] = int(rng.integers(10, 50))
        case 4:
            document["training"]["schedule"] = one_of(rng, "cosine", "step")
        case 5:
            document["dtype"] = "float32"
    return document
