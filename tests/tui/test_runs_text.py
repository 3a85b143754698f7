import json
from math import nan
from pathlib import Path

import pytest
from rich.cells import cell_len

from backscope.core.store.places import Place
from backscope.core.store.run_list import ListedRun
from backscope.core.store.stored_run import Life
from backscope.tui.runs_text import HEADINGS, runs_facts, runs_table, started_text

HOSTILE = ("\x1b[31mred\x1b[0m", "[bold]b[/bold]", "two\nlines", "x" * 10_000, "../..", "宽" * 99)


def listed(name="moons", **changes):
    values = {
        "life": Life.FINISHED,
        "started": 1_700_000_000.0,
        "steps": 1_234,
        "planned": 2_000,
        "loss": 0.5,
        "findings": ("dying_relu", "saturation"),
        **changes,
    }
    return ListedRun(Place(Path("/runs/20261126-001210-bxnr")), name=name, **values)


def test_a_run_is_a_line_with_all_its_columns():
    heading, line = runs_table([listed()], None).splitlines()
    assert heading.split() == list(HEADINGS)
    for word in ("20261126-001210-bxnr", "finished", "moons", "1,234", "0.500"):
        assert word in line
    assert line.endswith("dying ReLU, saturation")


def test_an_empty_list_says_how_to_make_a_run():
    assert "backscope run NAME" in runs_table([], 80)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("width", [None, 200, 80, 40, 10])
def test_names_from_outside_can_neither_color_nor_break_nor_widen_the_list(name, width):
    problem = ListedRun(Place(Path("/runs") / name.replace("/", "")[:200]), problem=name)
    text = runs_table([listed(name, findings=(name,)), problem], width)
    assert "\x1b" not in text
    assert len(text.splitlines()) == 3
    if width is not None:
        assert max(map(cell_len, text.splitlines())) <= width


def test_where_there_is_little_room_the_start_goes_first():
    assert "started" in runs_table([listed()], 200)
    narrow = runs_table([listed()], 80)
    assert "started" not in narrow
    assert "dying" in narrow


@pytest.mark.parametrize("when", [nan, 1e300, -1e300])
def test_a_time_that_cannot_be_is_a_question_mark(when):
    assert started_text(listed(started=when)) == "?"


def test_as_json_a_run_keeps_its_name_and_has_no_number_that_json_has_not():
    runs = [listed(HOSTILE[0], loss=nan, started=nan), listed(steps=0, loss=nan)]
    facts = json.loads(json.dumps(runs_facts(runs), allow_nan=False))
    assert facts[0]["name"] == HOSTILE[0]
    assert (facts[0]["loss"], facts[0]["started"]) == ("NaN", None)
    assert facts[1]["loss"] is None
    assert facts[0]["findings"] == ["dying_relu", "saturation"]
