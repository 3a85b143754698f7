"""The settings of an experiment, table by table: each key with type, default, unit and bounds.

These dataclasses are the one list of keys. Validation, the "allowed values" of error messages and
``docs/experiment.md`` are all read off the fields; nothing about a key is written down twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """What is allowed for one key, and what it means.

    ``choices`` names the table of allowed names (``"ACTIVATIONS"`` and so on) or lists the words
    themselves. ``low`` and ``high`` are inclusive; ``above`` and ``below`` leave the bound out.
    ``unset`` says that the default stands for "not given": it has no line of its own in a file.
    """

    about: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    choices: str | tuple[str, ...] = ()
    unset: bool = False


def key(default: Any, about: str, **limits: Any) -> Any:
    """A dataclass field that carries its ``Key`` as metadata."""
    return field(default=default, metadata={"key": Key(about, **limits)})


HIGHEST_RATE = 1e9
HIGHEST_NORM = 1e12
LATEST_STEP = 1_000_000_000

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class GeneralSettings:
    """The top of the file, before any table: what the experiment is, and its randomness."""

    title: str = key("", "one line that says what the experiment shows", unset=True)
    story: str = key("", "what to look at, what will be seen, and why", unset=True)
    seed: int = key(
        0,
        "all that is random follows from it: data, initial weights, shuffling, dropout",
        low=0,
        high=2**63 - 1,
    )
    dtype: str = key(
        "float64", "precision of parameters and gradients", choices=("float64", "float32")
    )


@dataclass(frozen=True, slots=True)
class DataSettings:
    """``[data]``: where the rows come from and how they are prepared."""

    source: str = key("digits", "where the rows come from", choices="DATA_SOURCES")
    path: str = key(
        "", "the file, for csv and npz; relative to the experiment's own file", unset=True
    )
    target: str = key("", "the name of the column to predict, for csv", unset=True)
    rows: int = key(0, "rows to use; 0: all there are", unit="rows", low=0, high=1_000_000)
    noise: float = key(
        0.0,
        "classification: the share of training labels replaced by a wrong one (at most 1); "
        "regression: the standard deviation added to the targets",
        low=0.0,
        high=1e6,
    )
    jitter: float = key(
        0.1, "standard deviation of the points of circles, moons, spirals and xor", low=0, high=1e3
    )
    turns: float = key(1.5, "turns of each arm of spirals", unit="turns", above=0.0, high=10.0)
    input_scale: float = key(
        1.0,
        "multiplies every input as it is read, as another unit would; no matter if standardized",
        above=0.0,
        high=1e9,
    )
    input_offset: float = key(
        0.0,
        "added to every input after that, as another zero would be; no matter if standardized",
        low=-1e9,
        high=1e9,
    )
    standardize: bool = key(
        True, "give each input mean 0 and standard deviation 1, fitted on the training part"
    )
    standardize_targets: bool = key(
        False, "the same for each number to predict: losses and outputs then have no unit"
    )
    validation: float = key(
        0.25, "share of the rows held out for validation", unit="share", low=0.0, below=1.0
    )
    X: Matrix = key((), "the inputs, one row a sample, for inline", unset=True)
    y: Matrix = key((), "the targets, one row a sample, for inline", unset=True)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """``[network]``: the layers, their activation and their initial weights."""

    hidden: tuple[int, ...] = key(
        (),
        "widths of the hidden layers, at most 1000 of them; [] for none; or give depth and width",
        unit="units",
        low=1,
        high=8192,
        unset=True,
    )
    depth: int = key(
        0, "number of hidden layers, with width", unit="layers", low=0, high=1000, unset=True
    )
    width: int = key(
        0, "units of every hidden layer, with depth", unit="units", low=1, high=8192, unset=True
    )
    activation: str = key("relu", "activation of the hidden layers", choices="ACTIVATIONS")
    initializer: str = key("he_normal", "how weights are drawn", choices="INITIALIZERS")
    gain: float = key(1.0, "multiplies every initial weight", low=0.0, high=1e6)
    std: float = key(
        0.1,
        "standard deviation for normal and uniform (not negative), the value itself for constant",
        low=-1e6,
        high=1e6,
    )
    bias: float = key(0.0, "every initial bias of the hidden layers", low=-1e6, high=1e6)
    normalization: str = key(
        "none", "normalization of each hidden preactivation", choices=("none", "batch", "layer")
    )
    residual: bool = key(False, "add each hidden block's input to its output where widths match")
    residual_block: int = key(
        1, "hidden layers that one residual connection spans", unit="layers", low=1, high=1000
    )
    dropout: float = key(
        0.0, "share of hidden activations dropped in training", unit="share", low=0.0, below=1.0
    )
    output_activation: str = key(
        "identity", "activation of the last layer; for mse and half_mse only", choices="ACTIVATIONS"
    )
    initial_W: tuple[Matrix, ...] = key(
        (),
        "explicit initial weights: a matrix (fan_in rows, fan_out columns) for each layer, the "
        "output layer included",
        unset=True,
    )
    initial_b: Matrix = key(
        (),
        "explicit initial biases: an array for each layer, the output layer included",
        unset=True,
    )


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """``[training]``: the loss, the optimizer, the learning rate and when to stop."""

    loss: str = key("cross_entropy", "the loss", choices="LOSSES")
    optimizer: str = key("sgd", "the optimizer", choices="OPTIMIZERS")
    learning_rate: float = key(0.1, "the base learning rate", low=0.0, high=HIGHEST_RATE)
    batch_size: int = key(
        32, "rows in a step; at least all there are: full batch", unit="rows", low=1, high=1_000_000
    )
    steps: int = key(
        0,
        "steps to train; or give epochs",
        unit="steps",
        low=1,
        high=1_000_000_000,
        unset=True,
    )
    epochs: int = key(
        0, "epochs to train; or give steps", unit="epochs", low=1, high=1_000_000, unset=True
    )
    weight_decay: float = key(
        0.0,
        "L2: adds weight_decay * parameter to the gradient; adamw: decoupled",
        low=0.0,
        high=1e6,
    )
    clip_norm: float = key(
        0.0, "scale the whole gradient down to this norm; 0: off", low=0.0, high=HIGHEST_NORM
    )
    clip_value: float = key(
        0.0, "clip each entry of the gradient to this magnitude; 0: off", low=0.0, high=1e12
    )
    momentum: float = key(0.9, "momentum of momentum and nesterov", low=0.0, below=1.0)
    dampening: float = key(
        0.0,
        "dampening of momentum: velocity = momentum * velocity + (1 - dampening) * gradient; "
        "equal to momentum it gives the textbooks' average of gradients",
        low=0.0,
        high=1.0,
    )
    velocity_start: str = key(
        "gradient",
        "the first velocity of momentum: the first gradient (as PyTorch) or zero (as textbooks)",
        choices=("gradient", "zero"),
    )
    beta1: float = key(0.9, "decay of the mean of gradients (adam, adamw)", low=0.0, below=1.0)
    beta2: float = key(0.999, "decay of the mean of squares (adam, adamw)", low=0.0, below=1.0)
    alpha: float = key(0.99, "decay of the mean of squares (rmsprop)", low=0.0, below=1.0)
    epsilon: float = key(
        1e-8, "added to the denominator (rmsprop, adam, adamw)", above=0.0, high=1.0
    )
    schedule: str = key("constant", "the learning rate over time", choices="SCHEDULES")
    warmup_steps: int = key(
        0, "linear warm-up before the schedule; 0: none", unit="steps", low=0, high=1_000_000_000
    )
    decay_every: int = key(
        100, "steps between two decays of schedule step", unit="steps", low=1, high=1_000_000_000
    )
    decay_factor: float = key(0.5, "factor of each decay of schedule step", above=0.0, high=1.0)
    final_rate: float = key(
        0.0,
        "where schedule cosine ends, as a share of the base rate",
        unit="share",
        low=0.0,
        high=1.0,
    )
    rate_changes: tuple[tuple[float, ...], ...] = key(
        (),
        "[step, rate] pairs in ascending order: from that step on this is the base learning rate",
        unset=True,
    )
    interventions: tuple[str, ...] = key(
        (),
        "what is changed on the running network, in ascending order of the steps from which on it "
        'holds: "STEP clip_norm VALUE" (0: off), "STEP revive" (dead ReLU units), "STEP rescale" '
        "(z to unit variance)",
        unset=True,
    )
    early_stopping: int = key(
        0,
        "stop when the validation loss has not improved for this many evaluations; 0: off",
        unit="evaluations",
        low=0,
        high=1_000_000,
    )
    validate_every: int = key(
        0,
        "steps between two evaluations; 0: once an epoch",
        unit="steps",
        low=0,
        high=1_000_000_000,
    )


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """``[probes]``: how often what costs much is measured.

    The loss, the norms of weight gradients and the silent units are measured at every step, all
    else every so many steps or as often as the budget allows. The first 20 steps and the last one
    are measured in full; dead units, which take longest, at six of the first 20.
    """

    budget: float = key(
        0.05,
        "share of the training time for what is measured as the budget allows: "
        "error signal first, then activations, trust ratio, dead units",
        unit="share",
        above=0.0,
        high=1.0,
    )
    signal_every: int = key(
        1,
        "steps between measurements of the error signal; 0: as the budget allows",
        unit="steps",
        low=0,
        high=1_000_000,
    )
    activations_every: int = key(
        0,
        "steps between measurements of z, a, flat and saturated shares, update ratios, promised "
        "progress, bias gradients and accuracy; 0: as the budget allows",
        unit="steps",
        low=0,
        high=1_000_000,
    )
    trust_every: int = key(
        0,
        "steps between measurements of the trust ratio; 0: as the budget allows",
        unit="steps",
        low=0,
        high=1_000_000,
    )
    dead_every: int = key(
        0,
        "steps between counts of dead units; 0: as the budget allows",
        unit="steps",
        low=0,
        high=1_000_000,
    )
    dead_rows: int = key(
        256,
        "rows of the fixed probe set, drawn once from the seed",
        unit="rows",
        low=1,
        high=65_536,
    )


@dataclass(frozen=True, slots=True)
class Expectation:
    """``[expect]``: what a preset promises to show; a test holds it to that."""

    finding: str = key("none", "the finding that must appear", choices="FINDING_KINDS")
    within_steps: int = key(
        100, "the step by which it must have appeared", unit="steps", low=1, high=1_000_000
    )
    state: str = key(
        "", "the state the run must end in, if it matters", choices=("", "finished", "diverged")
    )
    loss_below: float = key(
        0.0,
        "the training loss (median of the last steps) must be below; 0: not tested",
        low=0.0,
        high=1e12,
    )
    cures: str = key("", "the preset whose finding this one cures", unset=True)
