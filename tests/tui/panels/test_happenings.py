"""What happened to a run, in words and marks."""

from dataclasses import replace

from backscope.core.findings import Severity
from backscope.core.record import NonFinite
from backscope.tui.panels.happenings import (
    first_nonfinite,
    how_many_nonfinite,
    marks,
    severity_style,
    titled,
)


def test_events_and_the_first_bad_step_are_marked(view_of):
    assert [(mark.step, mark.kind) for mark in marks(view_of("healthy"))] == [
        (200, "learning_rate")
    ]
    assert [(mark.step, mark.kind) for mark in marks(view_of("exploding"))] == [(3, "nonfinite")]
    assert marks(view_of("empty")) == []


def test_a_healthy_run_has_no_bad_value_to_tell(view_of):
    assert first_nonfinite(view_of("healthy")) == ""
    assert how_many_nonfinite(view_of("healthy")) == ""


def test_the_first_bad_value_is_told_with_layer_quantity_and_count(view_of):
    view = view_of("exploding")
    assert first_nonfinite(view) == "NaN or inf from step 3: layer 4 z"
    assert how_many_nonfinite(view) == "12 of 2,048 values; the largest finite one is 1.3e+308"


def test_a_single_value_without_finite_company_is_told_alone(view_of):
    view = view_of("exploding")
    alone = replace(view.snapshot, nonfinite=NonFinite(9, None, "loss", 1, 1, 0.0))
    assert first_nonfinite(replace(view, snapshot=alone)) == "NaN or inf from step 9: loss"
    assert how_many_nonfinite(replace(view, snapshot=alone)) == "1 of 1 value"


def test_every_severity_has_a_color_of_its_own(view_of):
    styles = {severity_style(view_of("healthy"), severity) for severity in Severity}
    assert len(styles) == len(Severity)


def test_a_title_names_the_moment_only_where_it_is_not_the_newest(view_of):
    assert titled("x", view_of("healthy")) == "x"
    assert titled("x", view_of("empty")) == "x"
    assert titled("x", view_of("healthy", cursor=57)) == "x at step 57"
    assert titled("x", view_of("exploding")) == "x at step 2, last finite"
    assert titled("x", view_of("broken at once")) == "x"
