"""What the keys of an experiment ask of each other: one rule each, in ``RULES``.

A rule yields what is wrong. It is skipped when one of its keys could not be read, so that one
mistake does not draw a second, invented one after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..interventions import INTERVENTIONS, Plan
from ..losses import LOSSES
from ..settings import HIGHEST_RATE, LATEST_STEP
from .draft import Draft
from .problems import Problem
from .shape_rules import check_initial_shapes, check_inline
from .shown import printable, shown

MOST_LAYERS = 1000
"""Hidden layers of the deepest network."""

MOST_WEIGHTS = 50_000_000
"""Weights between hidden layers in the largest network: 400 MB in float64, four times with Adam."""

DEFAULT_HIDDEN = (64, 64)
"""The hidden layers of an experiment that says nothing about them."""

DEFAULT_STEPS = 1000
"""The steps of an experiment that gives neither steps nor epochs."""

FILE_SOURCES = ("csv", "npz")
"""Sources that read ``data.path``; each is also the ending of its files."""

CLASSIFICATION_SOURCES = ("digits", "xor", "circles", "moons", "spirals")
"""Sources whose targets are classes whatever the loss."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule between keys: which ones, in a sentence for people, and the check itself."""

    keys: tuple[str, ...]
    about: str
    check: Callable[[Draft], Iterator[Problem]]


def _hidden_or_depth(draft: Draft) -> Iterator[Problem]:
    hidden, depth, width = (
        f"network.{name}" in draft.given for name in ("hidden", "depth", "width")
    )
    if hidden and (depth or width):
        yield Problem(
            "network.hidden",
            "give hidden, or depth and width, not both",
            ("network.hidden", "network.depth", "network.width"),
        )
    elif width and not depth:
        yield Problem("network.width", "needs network.depth as well", ("network.width",))
    elif draft.network.depth > 0 and not width:
        yield Problem("network.depth", "needs network.width as well", ("network.depth",))


def _size(draft: Draft) -> Iterator[Problem]:
    keys = ("network.hidden", "network.depth", "network.width")
    place = "network.hidden" if draft.network.hidden else "network.depth"
    layers = len(draft.hidden)
    if layers > MOST_LAYERS:
        yield Problem(place, f"{layers} hidden layers (allowed: at most {MOST_LAYERS})", keys)
    weights = sum(a * b for a, b in pairwise(draft.hidden))
    if weights > MOST_WEIGHTS:
        yield Problem(
            place,
            f"{weights:,} weights between the hidden layers (allowed: at most {MOST_WEIGHTS:,})",
            keys,
        )


def _steps_or_epochs(draft: Draft) -> Iterator[Problem]:
    keys = ("training.steps", "training.epochs")
    if draft.given.issuperset(keys):
        yield Problem("training.steps", "give steps or epochs, not both", keys)


def _source(draft: Draft) -> Iterator[Problem]:
    data = draft.data
    only = f'only, and data.source is "{data.source}"'
    if data.source in FILE_SOURCES and not data.path:
        yield _missing("data.path", f'source "{data.source}" needs the file to read')
    if data.source == "csv" and not data.target:
        yield _missing("data.target", 'source "csv" needs the name of the column to predict')
    if data.path and data.source not in FILE_SOURCES:
        yield Problem("data.path", f"for csv and npz {only}", ("data.path", "data.source"))
    if "\0" in data.path:
        yield Problem("data.path", "no path can hold a NUL character", ("data.path",))
    if data.target and data.source != "csv":
        yield Problem("data.target", f"for csv {only}", ("data.target", "data.source"))
    for name, matrix in (("data.X", data.X), ("data.y", data.y)):
        if data.source == "inline" and not matrix:
            yield _missing(name, 'source "inline" needs rows of numbers')
        if matrix and data.source != "inline":
            yield Problem(name, f"for inline {only}", (name, "data.source"))


def _missing(key: str, what: str) -> Problem:
    return Problem(key, f"missing; {what}", (key, "data.source"))


def _output_activation(draft: Draft) -> Iterator[Problem]:
    if draft.network.output_activation != "identity" and LOSSES[draft.training.loss].from_logits:
        others = " and ".join(name for name, loss in LOSSES.items() if not loss.from_logits)
        yield Problem(
            "network.output_activation",
            f"must be identity for {draft.training.loss}, which holds its own "
            f"(others are for {others})",
            ("network.output_activation", "training.loss"),
        )


def _std(draft: Draft) -> Iterator[Problem]:
    network = draft.network
    if network.std < 0 and network.initializer != "constant":
        yield Problem(
            "network.std",
            f"{network.std!r} is negative, which only constant takes (its value)",
            ("network.std", "network.initializer"),
        )


def _noise(draft: Draft) -> Iterator[Problem]:
    data = draft.data
    classes = data.source in CLASSIFICATION_SOURCES or LOSSES[draft.training.loss].from_logits
    if classes and data.noise > 1:
        yield Problem(
            "data.noise",
            f"{data.noise!r} is out of range (allowed for classification: 0 to 1, the share of "
            "wrong labels)",
            ("data.noise", "data.source", "training.loss"),
        )


def _rate_changes(draft: Draft) -> Iterator[Problem]:
    before = 0.0
    for i, pair in enumerate(draft.training.rate_changes, start=1):
        fault = _rate_change_fault(pair, before)
        if fault:
            yield Problem(f"training.rate_changes, row {i}", fault, ("training.rate_changes",))
            return
        before = pair[0]


def _rate_change_fault(pair: tuple[float, ...], before: float) -> str:
    if len(pair) != 2:
        return "not a pair [step, rate]"
    step, rate = pair
    if not (1 <= step <= LATEST_STEP and step == int(step)):
        return f"{step!r} is not a step (allowed: whole numbers, 1 to 1e9)"
    if not 0 <= rate <= HIGHEST_RATE:
        return f"{rate!r} is not a learning rate (allowed: 0 to 1e9)"
    if step <= before:
        return f"step {step:.0f} does not come after step {before:.0f}"
    return ""


def _interventions(draft: Draft) -> Iterator[Problem]:
    before = 0
    for i, text in enumerate(draft.training.interventions, start=1):
        fault = ""
        try:
            plan = Plan.of(text)
        except ValueError as error:
            fault = str(error)
        else:
            fault = INTERVENTIONS[plan.intervention.kind].fault(draft.network)
            if plan.step < before:
                fault = f"step {plan.step} does not come after step {before}"
            before = plan.step
        if fault:
            place = f"training.interventions, entry {i}"
            yield Problem(place, f"{shown(printable(text, 60))}: {fault}", _INTERVENTION_KEYS[:1])
            return


def _warmup(draft: Draft) -> Iterator[Problem]:
    training = draft.training
    if training.steps and training.warmup_steps >= training.steps:
        yield Problem(
            "training.warmup_steps",
            f"{training.warmup_steps} is not less than the {training.steps} steps of training",
            ("training.warmup_steps", "training.steps"),
        )


def _early_stopping(draft: Draft) -> Iterator[Problem]:
    if draft.training.early_stopping and not draft.data.validation:
        yield Problem(
            "training.early_stopping",
            "watches the validation loss, but data.validation is 0",
            ("training.early_stopping", "data.validation"),
        )


def _expectation(draft: Draft) -> Iterator[Problem]:
    steps, expect = draft.training.steps, draft.expect
    if expect is not None and 0 < steps < expect.within_steps:
        yield Problem(
            "expect.within_steps",
            f"{expect.within_steps} is more than the {steps} steps of training",
            ("expect.within_steps", "training.steps"),
        )


_INTERVENTION_KEYS = (
    "training.interventions",
    "network.activation",
    "network.output_activation",
    "network.normalization",
)
_HIDDEN_KEYS = ("network.hidden", "network.depth", "network.width")
_DATA_KEYS = ("data.source", "data.path", "data.target", "data.X", "data.y")

RULES: tuple[Rule, ...] = (
    Rule(
        _HIDDEN_KEYS,
        "Give `network.hidden`, or `network.depth` with `network.width`, not both; with neither "
        f"there are two hidden layers of {DEFAULT_HIDDEN[0]} units. `depth = 0` or `hidden = []` "
        "is a network without hidden layers.",
        _hidden_or_depth,
    ),
    Rule(
        _HIDDEN_KEYS,
        f"At most {MOST_LAYERS} hidden layers, and {MOST_WEIGHTS:,} weights between them.",
        _size,
    ),
    Rule(
        ("training.steps", "training.epochs"),
        "Give `training.steps` or `training.epochs`, not both; with neither there are "
        f"{DEFAULT_STEPS} steps.",
        _steps_or_epochs,
    ),
    Rule(
        _DATA_KEYS,
        "`data.path` goes with the sources csv and npz, `data.target` with csv, `data.X` and "
        "`data.y` with inline; each is needed there and refused elsewhere.",
        _source,
    ),
    Rule(
        ("data.X", "data.y"),
        "`data.X` and `data.y` have as many rows as each other, and all rows of one the same "
        "length.",
        check_inline,
    ),
    Rule(
        ("data.noise", "data.source", "training.loss"),
        "`data.noise` is at most 1 where the targets are classes.",
        _noise,
    ),
    Rule(
        ("network.output_activation", "training.loss"),
        "`network.output_activation` is identity, except with the losses mse and half_mse.",
        _output_activation,
    ),
    Rule(
        ("network.std", "network.initializer"),
        "`network.std` is negative only for the initializer constant.",
        _std,
    ),
    Rule(
        (*_HIDDEN_KEYS, "network.initial_W", "network.initial_b", "data.X"),
        "`network.initial_W` and `network.initial_b` have an entry for each layer, the output "
        "layer included, of the shape that the layer has.",
        check_initial_shapes,
    ),
    Rule(
        ("training.rate_changes",),
        "The steps of `training.rate_changes` are whole numbers from 1, in ascending order.",
        _rate_changes,
    ),
    Rule(
        _INTERVENTION_KEYS,
        '`training.interventions` has entries such as `"300 revive"`, in ascending order of their '
        "steps; revive needs a ReLU layer, rescale a network without normalization.",
        _interventions,
    ),
    Rule(
        ("training.warmup_steps", "training.steps"),
        "`training.warmup_steps` is less than `training.steps`.",
        _warmup,
    ),
    Rule(
        ("training.early_stopping", "data.validation"),
        "`training.early_stopping` needs validation rows.",
        _early_stopping,
    ),
    Rule(
        ("expect.within_steps", "training.steps"),
        "`expect.within_steps` is at most `training.steps`.",
        _expectation,
    ),
)
"""Every rule between keys, in the order in which problems are reported."""
