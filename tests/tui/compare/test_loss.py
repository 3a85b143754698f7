from dataclasses import replace

import pytest

from backscope.tui.compare.loss import LOSS
from backscope.tui.compare.observers import Naming, Observers
from backscope.tui.observer import Display


def axis_labels(strips, left, width=6):
    return [strip.text[left : left + width].strip() for strip in strips]


def test_side_by_side_the_axes_are_the_same(compared, text_of):
    strips = LOSS.draw(compared("learning", "one point"), 119, 14)
    pitch = (119 - 3) // 2 + 3
    assert axis_labels(strips[1:-1], 0) == axis_labels(strips[1:-1], pitch)
    foot = strips[-1].text
    assert foot[: pitch - 3].split() == foot[pitch:].split() != []


def test_each_column_begins_with_its_letter_and_newest_values(compared, text_of):
    head = text_of(LOSS.draw(compared("learning", "one point"), 119, 14))[0]
    assert head.startswith("A train 0.198")
    assert "B train 2.08" in head


def test_what_broke_is_named_above_its_column_and_the_charts_stay_level(compared, text_of):
    strips = text_of(LOSS.draw(compared("diverged", "learning"), 119, 14))
    assert "NaN or inf from step 21: layer 2 z" in strips[1]
    assert "NaN" not in strips[1][60:]
    assert strips[2][6] == strips[2][61 + 6] == "│"


def test_in_one_picture_the_curves_are_named_in_a_row_and_at_their_ends(compared, text_of):
    lines = text_of(LOSS.draw(compared("learning", "one point", overlaid=True), 90, 14))
    assert "A 0.198" in lines[0]
    assert "B 2.08" in lines[0]
    assert any(" A " in f"{line} " for line in lines[1:])
    assert any(" B " in f"{line} " for line in lines[1:])


def test_a_run_that_breaks_is_marked_and_leaves_the_others_their_scale(source_of, look, text_of):
    sound, broken = source_of("learning"), source_of("empty")
    broken.record(30, 1e200)
    broken.record(value=float("nan"), layer=1, quantity="z", count=1, size=1, largest_finite=1.0)
    for overlaid in (False, True):
        observers = Observers([broken, sound], Naming(("a", "b")))
        view = observers.look(Display(overlaid=overlaid), look)
        text = "\n".join(text_of(LOSS.draw(view, 119, 14)))
        assert view.glyphs.bad in text
        assert "step 31" in text
        assert view.glyphs.above in text, "an arrow says that it is off the scale"
        assert "e2" not in "".join(axis_labels(LOSS.draw(view, 119, 14), 0))


def test_a_change_of_the_rate_is_marked_on_the_curve_it_was_made_on(source_of, look, text_of):
    sources = [source_of("learning"), source_of("learning")]
    sources[1].change_rate(0.5)
    view = Observers(sources, Naming(("a", "b"))).look(Display(), look)
    foot = text_of(LOSS.draw(view, 119, 14))[-2]
    mark = view.glyphs.event("learning_rate")
    assert mark not in foot[:60]
    assert mark in foot[60:]


def test_units_of_knowing_nothing_are_named_in_the_title_and_divide_every_value(compared, text_of):
    view = replace(compared("learning", "learning"), relative=True)
    assert LOSS.title(view) == "loss, in units of knowing nothing"
    facts = replace(view.runs[1].facts, baseline=2 * view.runs[0].facts.baseline)
    view = replace(view, runs=(view.runs[0], replace(view.runs[1], facts=facts)))
    head = text_of(LOSS.draw(view, 119, 14))[0]
    values = [float(head[at:].split()[2]) for at in (head.index("A train"), head.index("B train"))]
    assert values[0] == pytest.approx(2 * values[1], rel=0.02)
