"""The history as CSV: every number reads back to the very same bits; gaps are empty."""

from __future__ import annotations

import csv
import io
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.errors import InputError
from backscope.core.findings import Facts
from backscope.core.history import History
from backscope.core.history_facts import read_facts_line
from backscope.core.record import GLOBAL_METRICS, LayerInfo, Layout, Metric, StepRecord
from backscope.tui.history_csv import CHUNK, csv_header, save_history, write_history_csv

LAYOUT = Layout(
    (LayerInfo(1, 4, 8, "relu", True, False), LayerInfo(2, 8, 3, "tanh", False, True)),
    (
        Metric("error_signal", ""),
        Metric("silent", ""),
        Metric("saturated", "", scheduled=True),
        Metric("dead", "", scheduled=True),
    ),
)
FACTS = Facts(steps_planned=400, baseline=2.3)


def history_of(rows, first_step=1):
    history = History(LAYOUT)
    for i, row in enumerate(rows):
        history.append(StepRecord(first_step + i, row, LAYOUT), 0.25 * (i + 1))
    return history


def row_of(**values):
    row = LAYOUT.empty_row()
    for name, value in values.items():
        row[LAYOUT.columns(name)] = value
    return row


def written(history):
    file = io.StringIO()
    write_history_csv(history.snapshot(), FACTS, file)
    return list(csv.DictReader(io.StringIO(file.getvalue())))


def test_the_header_names_every_column_of_a_row():
    names = csv_header(LAYOUT).strip().split(",")
    assert names[:2] == ["step", "seconds"]
    assert names[2 : 2 + len(GLOBAL_METRICS)] == [metric.name for metric in GLOBAL_METRICS]
    assert names[-9:-1] == [
        f"{metric}_{layer}"
        for metric in ("error_signal", "silent", "saturated", "dead")
        for layer in (1, 2)
    ]
    assert names[-1] == "facts"
    assert len(names) == 2 + LAYOUT.size + 1


def test_an_empty_history_is_a_header():
    file = io.StringIO()
    write_history_csv(History(LAYOUT).snapshot(), FACTS, file)
    assert file.getvalue() == csv_header(LAYOUT)


def test_the_first_row_alone_carries_the_facts_in_its_last_cell():
    rows = written(history_of([row_of(loss=1.0)] * 3))
    assert [row["facts"] for row in rows][1:] == ["", ""]
    known = read_facts_line(rows[0]["facts"])
    assert known.facts["steps_planned"] == 400
    assert [layer.width for layer in known.layers] == [8, 3]


def test_every_row_has_as_many_cells_as_the_header():
    file = io.StringIO()
    write_history_csv(history_of([row_of(loss=1.0)] * (CHUNK + 3)).snapshot(), FACTS, file)
    lengths = {len(cells) for cells in csv.reader(io.StringIO(file.getvalue()))}
    assert lengths == {2 + LAYOUT.size + 1}


def test_steps_and_seconds_are_those_of_the_history():
    rows = written(history_of([row_of(loss=1.0)] * 3, first_step=7))
    assert [row["step"] for row in rows] == ["7", "8", "9"]
    assert [row["seconds"] for row in rows] == ["0.25", "0.5", "0.75"]


def test_what_was_not_measured_is_empty_and_what_is_not_finite_is_said():
    (row,) = written(
        history_of(
            [row_of(loss=math.nan, gradient_norm=math.inf, error_signal=[-math.inf, math.nan])]
        )
    )
    assert row["loss"] == "nan"
    assert row["gradient_norm"] == "inf"
    assert row["error_signal_1"] == "-inf"
    assert row["error_signal_2"] == "nan"
    assert row["accuracy"] == row["validation_loss"] == row["dead_1"] == ""


def test_what_does_not_apply_to_a_layer_is_empty_but_a_nan_count_is_not():
    (row,) = written(history_of([row_of(silent=math.nan, saturated=[math.nan, 0.5])]))
    assert row["silent_1"] == "nan"
    assert row["silent_2"] == ""
    assert row["saturated_1"] == ""
    assert row["saturated_2"] == "0.5"


def test_a_measured_infinity_of_a_scheduled_metric_is_kept():
    (row,) = written(history_of([row_of(validation_loss=math.inf)]))
    assert row["validation_loss"] == "inf"


@given(st.lists(st.floats(width=64), min_size=1, max_size=20))
def test_numbers_read_back_to_the_same_bits(values):
    rows = written(history_of([row_of(loss=value) for value in values]))
    for row, value in zip(rows, values, strict=True):
        read = float(row["loss"])
        same = struct.pack("d", read) == struct.pack("d", value)
        assert same or (math.isnan(read) and math.isnan(value))


def test_chunks_join_without_a_seam():
    count = 3 * CHUNK + 7
    rows = written(history_of([row_of(loss=float(i)) for i in range(count)]))
    assert [int(row["step"]) for row in rows] == list(range(1, count + 1))
    assert [float(row["loss"]) for row in rows] == [float(i) for i in range(count)]


def test_of_a_very_long_run_the_rows_still_kept_are_written():
    history = History(LAYOUT, keep_rows=1024)
    row = row_of(loss=1.0)
    for step in range(1, 20_001):
        history.append(StepRecord(step, row, LAYOUT), step * 1.0)
    steps = [int(row["step"]) for row in written(history)]
    kept = [int(step) for part, _ in history.snapshot().rows() for step in part]
    assert steps == kept
    assert steps[0] == 1
    assert steps[-1] == 20_000
    assert len(steps) < 20_000


def test_saving_makes_a_new_file_each_time(tmp_path):
    snapshot = history_of([row_of(loss=1.0)]).snapshot()
    first = save_history(snapshot, FACTS, tmp_path, "run")
    second = save_history(snapshot, FACTS, tmp_path, "run")
    assert (first, second) == (tmp_path / "run.csv", tmp_path / "run-2.csv")
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().count(b"\n") == 2
    assert b"\r" not in first.read_bytes()


def test_a_cancelled_file_is_not_left_half_written(tmp_path):
    snapshot = history_of([row_of(loss=1.0)]).snapshot()
    assert save_history(snapshot, FACTS, tmp_path, "run", lambda: True) is None
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path):
    snapshot = history_of([row_of(loss=1.0)]).snapshot()
    with pytest.raises(InputError) as caught:
        save_history(snapshot, FACTS, tmp_path / "gone", "run")
    (problem,) = caught.value.problems
    assert problem.startswith(str(tmp_path / "gone" / "run.csv"))
    assert "\n" not in problem
