"""The loss panel: newest values in words, marks, the line of knows nothing."""

from backscope.tui.panels import PANELS

draw = PANELS["loss"].draw
title = PANELS["loss"].title


def test_the_legend_has_the_newest_values(view_of, screen_text):
    legend = screen_text(draw(view_of("healthy"), 90, 15)).splitlines()[0]
    assert "train 0.0136" in legend
    assert "validation 0.0156" in legend
    assert "93 % right" in legend
    assert "knows nothing 2.30" in legend


def test_training_and_validation_differ_in_pattern_as_well_as_color(view_of, screen_text):
    legend = screen_text(draw(view_of("healthy"), 90, 15)).splitlines()[0]
    train, validation = legend.index("train"), legend.index("validation")
    assert legend[:train].strip() != legend[validation - 4 : validation].strip()


def test_the_legend_leaves_out_what_has_no_room(view_of, screen_text):
    legend = screen_text(draw(view_of("healthy"), 40, 15)).splitlines()[0]
    assert "validation" in legend
    assert "knowing" not in legend


def test_the_cursor_gives_the_values_of_its_step(view_of, screen_text):
    view = view_of("healthy", cursor=1)
    assert f"train {view.snapshot.last_measured('loss', 1):.2f}" in screen_text(draw(view, 90, 15))
    assert "validation" not in screen_text(draw(view, 90, 15))
    assert title(view) == "loss at step 1"


def test_the_title_tells_a_log_scale(view_of):
    assert title(view_of("healthy")) == "loss"
    assert title(view_of("healthy", logarithmic=True)) == "loss, log"


def test_the_first_value_that_is_not_finite_is_named_and_marked(view_of, screen_text):
    view = view_of("exploding")
    text = screen_text(draw(view, 60, 15))
    assert text.splitlines()[0] == "✗ NaN or inf from step 3: layer 4 z"
    axis = PANELS["loss"].axis(view, 60, 15)
    marked = [column for column, char in enumerate(text.splitlines()[-2]) if char == "✗"]
    assert [axis.step_at(column) for column in marked] == [3]


def test_a_loss_that_breaks_at_the_first_step_is_named_without_a_layer(view_of, screen_text):
    text = screen_text(draw(view_of("broken at once"), 60, 15))
    assert text.splitlines()[0] == "✗ NaN or inf from step 1: loss"


def test_a_change_of_the_learning_rate_is_marked(view_of, screen_text):
    view = view_of("healthy")
    foot = screen_text(draw(view, 78, 15)).splitlines()[-2]
    axis = PANELS["loss"].axis(view, 78, 15)
    column = foot.index(view.glyphs.event("learning_rate"))
    assert abs(axis.step_at(column) - 200) <= 400 / axis.columns


def test_without_facts_there_is_no_line_of_knowing_nothing(view_of, screen_text):
    text = screen_text(draw(view_of("healthy", facts=None), 90, 15))
    assert "knows nothing" not in text


def test_small_losses_are_scientific(view_of, screen_text):
    assert "train 1.0e-320" in screen_text(draw(view_of("1e-320"), 78, 15))


def test_a_band_is_drawn_where_steps_share_a_column(view_of):
    """And it is as wide as the extremes of the raw losses: a spike is never lost."""
    view = view_of("healthy")
    band = view.palette.band

    def has_band(strips):
        return any(segment.style == band and segment.text.strip() for s in strips for segment in s)

    assert has_band(draw(view, 60, 15))
    assert not has_band(draw(view_of("healthy", start=1, stop=41), 60, 15))


def test_the_line_of_knowing_nothing_is_named_at_its_end_while_there_is_room(view_of, screen_text):
    early = view_of("healthy", stop=1001)
    assert "knows nothing" in screen_text(draw(early, 60, 15))
    assert "knows nothing" not in screen_text(draw(view_of("healthy"), 60, 15))
