import math
from dataclasses import replace

import numpy as np
import pytest

from backscope.core.consultation import LAST_STEPS
from backscope.tui.compare.comparison import LETTERS, PATTERNS, run_style
from backscope.tui.compare.observers import Naming, Observers
from backscope.tui.observer import Display
from backscope.tui.palette import DARK, HIGH_CONTRAST, LIGHT, OKABE_ITO, PLAIN
from backscope.tui.traces import sample


def test_the_score_is_the_middle_of_the_last_few_batches(compared):
    view = compared("learning", "one point")
    rows = np.concatenate([rows for _, rows in view.runs[0].snapshot.rows(301 - LAST_STEPS)])
    column = view.snapshot.layout.columns("loss").start
    assert view.score(0) == np.median(rows[:, column])
    assert view.score(1) == view.runs[1].snapshot.latest("loss")


def test_one_batch_that_jumps_is_not_the_score(source_of, look):
    jumps, calm = source_of("learning"), source_of("learning")
    jumps.record(value=1e9)
    view = Observers([jumps, calm], Naming(("a", "b"))).look(Display(), look)
    assert view.score(0) == pytest.approx(view.score(1), rel=0.1)


def test_against_overfitting_the_score_is_the_newest_validation_loss(compared):
    view = replace(compared("learning", "one point"), judged_by="validation_loss")
    assert view.score(0) == view.runs[0].snapshot.last_measured("validation_loss")


def test_a_run_that_broke_has_an_infinite_score_and_one_without_steps_none(compared):
    view = compared("diverged", "empty", "learning")
    assert view.score(0) == math.inf
    assert math.isnan(view.score(1))


def test_the_runs_that_broke_are_left_out_of_the_sound_ones_unless_all_did(compared):
    assert compared("diverged", "learning", "one point").sound == (1, 2)
    assert compared("diverged", "diverged").sound == (0, 1)


def test_as_a_view_it_is_that_of_the_chosen_run(compared):
    view = compared("learning", "one point", chosen=1)
    assert view.snapshot is view.runs[1].snapshot
    assert view.status is view.runs[1].status


@pytest.mark.parametrize("palette", [DARK, LIGHT, OKABE_ITO, HIGH_CONTRAST])
def test_every_run_has_a_color_of_its_own(palette):
    colors = [run_style(palette, run).color for run in range(len(LETTERS))]
    assert len(set(colors)) == len(LETTERS)
    assert run_style(PLAIN, 0).color is None


def test_every_run_has_a_pattern_of_its_own_that_a_sample_shows():
    from backscope.tui.glyphs import GLYPHS

    for glyphs in GLYPHS.values():
        assert len({sample(pattern, glyphs, 5) for pattern in PATTERNS}) == len(LETTERS)
