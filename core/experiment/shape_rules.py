"""What inline data and explicit initial weights ask of each other: rows, columns and layers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import InputError
from ..settings import Matrix, NetworkSettings
from .draft import Draft
from .problems import Problem

_WIDTH_KEYS = ("network.hidden", "network.depth", "network.width")


def check_inline(draft: Draft) -> Iterator[Problem]:
    """``data.X`` and ``data.y``: rows of one length, as many of one as of the other."""
    data = draft.data
    for key, matrix in (("data.X", data.X), ("data.y", data.y)):
        fault = _ragged_row(matrix)
        if fault:
            yield Problem(key, fault, (key,))
    if data.X and data.y and len(data.X) != len(data.y):
        yield Problem(
            "data.y",
            f"{_count(len(data.y), 'row')}, but data.X has {len(data.X)}",
            ("data.y", "data.X"),
        )


def _ragged_row(matrix: Matrix) -> str:
    """What keeps rows of numbers from being a matrix; empty if nothing does."""
    for i, row in enumerate(matrix, start=1):
        if not row:
            return f"row {i} is empty"
        if len(row) != len(matrix[0]):
            return f"row {i} has length {len(row)}, but row 1 has {len(matrix[0])}"
    return ""


def check_initial_shapes(draft: Draft) -> Iterator[Problem]:
    """``network.initial_W`` and ``initial_b``: an entry for each layer, of the layer's shape."""
    network, widths = draft.network, draft.hidden
    if 0 in widths:
        return  # depth without width, which has a rule of its own
    n_layers = len(widths) + 1
    for name, entries in (("initial_W", network.initial_W), ("initial_b", network.initial_b)):
        if entries and len(entries) != n_layers:
            yield Problem(
                f"network.{name}",
                f"given for {_count(len(entries), 'layer')}, but the network has {n_layers} "
                "(output included)",
                (f"network.{name}", *_WIDTH_KEYS),
            )
            return
    # None: not known here, since the data or the loss decides it.
    fan_in = len(draft.data.X[0]) if draft.data.X else None
    for i, fan_out in enumerate((*widths, None)):
        width = fan_out
        if network.initial_W:
            W = network.initial_W[i]
            yield from _weight_faults(W, fan_in, fan_out, i + 1)
            width = fan_out or len(W[0]) if W else fan_out
        biases = len(network.initial_b[i]) if network.initial_b else width
        if width is not None and biases != width:
            yield Problem(
                f"network.initial_b, layer {i + 1}",
                f"biases for {_count(biases or 0, 'unit')}, but the layer has {width}",
                ("network.initial_b", *_WIDTH_KEYS),
            )
        fan_in = width


def require_fit(network: NetworkSettings, inputs: int, outputs: int, dtype: str) -> None:
    """Make sure that explicit initial weights fit the data, now that its widths are known.

    Raises:
        InputError: the first matrix wants other inputs, the last one has other outputs, or a number
            is too large for the dtype.
    """
    problems = list(_too_large(network, dtype))
    if network.initial_W:
        rows, columns = len(network.initial_W[0]), len(network.initial_W[-1][0])
        if rows != inputs:
            problems.append(
                f"network.initial_W, layer 1: {_count(rows, 'row')}, "
                f"but the data has {_count(inputs, 'input')}"
            )
        if columns != outputs:
            problems.append(
                f"network.initial_W, layer {len(network.initial_W)}: {_count(columns, 'column')}, "
                f"but the loss needs {_count(outputs, 'output')}"
            )
    if network.initial_b and len(network.initial_b[-1]) != outputs:
        problems.append(
            f"network.initial_b, layer {len(network.initial_b)}: biases for "
            f"{_count(len(network.initial_b[-1]), 'unit')}, "
            f"but the loss needs {_count(outputs, 'output')}"
        )
    if problems:
        raise InputError(*problems)


def _too_large(network: NetworkSettings, dtype: str) -> Iterator[str]:
    largest = float(np.finfo(dtype).max)
    given = {
        "initial_W": [[x for row in W for x in row] for W in network.initial_W],
        "initial_b": network.initial_b,
    }
    for name, layers in given.items():
        for layer, values in enumerate(layers, start=1):
            worst = max(values, key=abs, default=0.0)
            if abs(worst) > largest:
                yield f"network.{name}, layer {layer}: {worst!r} is too large for {dtype}"


def _weight_faults(
    W: Matrix, fan_in: int | None, fan_out: int | None, layer: int
) -> Iterator[Problem]:
    keys = ("network.initial_W", "data.X", *_WIDTH_KEYS)
    place = f"network.initial_W, layer {layer}"
    fault = _ragged_row(W) if W else "no rows"
    if fault:
        yield Problem(place, fault, keys[:1])
        return
    rows, columns = len(W), len(W[0])
    if fan_in is not None and rows != fan_in:
        yield Problem(place, f"{_count(rows, 'row')}, but {_count(fan_in, 'value')} in", keys)
    if fan_out is not None and columns != fan_out:
        yield Problem(
            place, f"{_count(columns, 'column')}, but the layer has {_count(fan_out, 'unit')}", keys
        )


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
