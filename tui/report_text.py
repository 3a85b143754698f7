"""The summary of a run, as it is printed when there is no screen."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .number_format import count_text, factor_text, percent_text, seconds_text, short
from .safe_text import safe_text
from .text_table import text_table

MISSING = "-"
"""Stands for what was not measured or does not apply."""
WIDTH = 79
"""Cells of a line; what cannot be broken (a path, a command) may be longer."""

MOST_EVENTS = 20
INDENT = "  "

Report = Mapping[str, Any]


def report_text(report: Report) -> str:
    """The summary of what ``core.report.report`` tells of a run."""
    parts = (
        _outcome(report),
        _losses(report),
        _nonfinite(report),
        _profile(report, "layers_at_start", "error_signal_at_start", 1),
        _profile(report, "layers", "error_signal", report["layers_step"]),
        LEGEND if report["steps"] else (),
        findings_lines(report["findings"], report["undecided"]),
        _events(report["events"]),
        _again(report),
    )
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _outcome(report: Report) -> Iterator[str]:
    if report["title"]:
        yield safe_text(report["title"])
    speed = report["steps_per_second"]
    rate = f" ({count_text(speed)} steps/s)" if speed else ""
    yield from wrapped(
        f"{safe_text(report['experiment'] or 'experiment')}, seed {report['seed']}: "
        f"{report['state']} after {report['steps']:,} of {report['steps_planned']:,} steps, "
        f"{seconds_text(report['seconds'])}{rate}"
    )
    if report["error"]:
        yield f"error: {safe_text(report['error'].strip().splitlines()[-1])}"
        yield "  (--json holds the whole traceback)"


def _losses(report: Report) -> Iterator[str]:
    rows = [
        (name, cell(report[name]["train"], show), cell(report[name]["validation"], show))
        for name, show in (("loss", short), ("accuracy", percent_text))
        if any(value is not None for value in report[name].values())
    ]
    if rows:
        yield from text_table(("", "training", "validation"), rows, left=("",))


def _nonfinite(report: Report) -> Iterator[str]:
    found = report["first_nonfinite"]
    if found is None:
        return
    layer = f"layer {found['layer']}, " if found["layer"] else ""
    yield f"first value that is not finite: step {found['step']:,}, {layer}{found['quantity']}"
    yield (
        f"  {found['count']:,} of {found['size']:,} are not; "
        f"the largest that still is: {cell(found['largest_finite'], short)}"
    )


HEADINGS = (
    "layer",
    "width",
    "activation",
    "signal",
    "factor",
    "W gradient",
    "update",
    "saturated",
    "silent",
    "dead",
)
LEGEND = (
    "signal: rms of the error signal; factor: it over the next layer's;",
    "W gradient: norm; update: log10(update / W); silent, dead: units of the width",
)


def _profile(report: Report, layers: str, signal: str, step: int) -> Iterator[str]:
    if not report["steps"]:
        return
    factors = (*report[signal]["factors"], None)
    rows = [
        (
            str(layer["index"]),
            str(layer["width"]),
            layer["activation"],
            cell(layer["error_signal"], short),
            cell(factor, short),
            cell(layer["weight_gradient_norm"], short),
            cell(layer["update_ratio"], tenths),
            cell(layer["saturated"], percent_text),
            cell(layer["silent"], count_text),
            cell(layer["dead"], count_text),
        )
        for layer, factor in zip(report[layers], factors, strict=True)
    ]
    yield f"step {step:,}: {_signal(report[signal], len(rows))}"
    yield from text_table(HEADINGS, rows, left=("activation",), gap=" ")


def _signal(signal: Report, n_layers: int) -> str:
    if signal["decades"] is None:
        return "one layer"
    if float(signal["decades"]) == -math.inf:
        return "the error signal is exactly 0 in layer 1"
    return (
        f"error signal {cell(signal['factor_per_layer'], factor_text)} per layer backwards, "
        f"10^{cell(signal['decades'], tenths)} from layer {n_layers} to 1"
    )


def findings_lines(findings: Sequence[Report], undecided: Sequence[Report] = ()) -> Iterator[str]:
    """The findings with message and evidence, or that there are none; what cannot be judged."""
    yield "findings:" if findings else "findings: none"
    for finding in findings:
        yield from finding_lines(finding)
    if undecided:
        reasons = [f"{each['kind']} ({each['reason']})" for each in undecided]
        yield from wrapped(f"not enough evidence to judge: {', '.join(reasons)}")


def finding_lines(finding: Report) -> Iterator[str]:
    """One finding of a report: what it is, what it means, and its evidence."""
    yield f"- {finding['severity']}: {finding['kind']} since step {finding['since_step']:,}" + (
        _layers(finding["layers"])
    )
    yield from wrapped(safe_text(finding["message"], 1_000), first=INDENT)
    if finding["evidence"]:
        numbers = [f"{name} {_evidence(x)}" for name, x in finding["evidence"].items()]
        yield from wrapped(f"evidence: {', '.join(numbers)}", first=INDENT)


def wrapped(text: str, first: str = "") -> list[str]:
    """A paragraph in lines of at most ``WIDTH`` cells; those after the first are indented."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _evidence(value: float | str) -> str:
    number = float(value)
    return short(int(number) if number.is_integer() else number)


def _events(events: Sequence[Report]) -> Iterator[str]:
    """What happened on the way, in its order; of very much the newest."""
    if events:
        yield "events:"
    if len(events) > MOST_EVENTS:
        yield f"- {len(events) - MOST_EVENTS:,} earlier ones (--json holds them all)"
    for event in events[-MOST_EVENTS:]:
        kind = event["kind"].replace("_", " ")
        yield from wrapped(safe_text(f"- step {event['step']:,}: {kind} {event['text']}", 1_000))


def _again(report: Report) -> Iterator[str]:
    if report["command"]:
        yield f"this run again: {safe_text(report['command'], 10_000)}"


def cell(value: float | str | None, show: Callable[[float], str]) -> str:
    """A number of a report, ``"NaN"`` and its like included; ``-`` where there is none."""
    return MISSING if value is None else show(float(value))


def tenths(value: float) -> str:
    """One decimal, or few digits of what is large."""
    # Adding 0.0 makes "-0.0" positive.
    return f"{round(value, 1) + 0.0:.1f}" if abs(value) < 1_000 else short(value)


def _layers(numbers: Sequence[int]) -> str:
    """Say which layers, runs of neighbors as one.

    >>> _layers([1, 2, 3, 7]), _layers([5]), _layers([])
    (', layers 1-3, 7', ', layer 5', '')
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    if not runs:
        return ""
    word = "layer" if len(numbers) == 1 else "layers"
    return f", {word} {', '.join('-'.join(map(str, run)) for run in runs)}"
