"""Rows of shades."""

import numpy as np

from backscope.tui.panels.shade_row import held_on, shade_row

NAN = float("nan")


def test_a_measurement_stands_until_the_next_one(view_of):
    view = view_of("dying", start=1, stop=301)
    share = np.array([NAN, 0.25, NAN, NAN, 0.5, NAN])
    assert np.array_equal(held_on(view, share), [NAN, 0.25, 0.25, 0.25, 0.5, 0.5], equal_nan=True)


def test_nothing_stands_after_the_newest_step(view_of):
    view = view_of("dying", start=1, stop=601)  # the run is at step 300
    held = held_on(view, np.array([0.5, NAN, NAN, NAN]))
    assert np.array_equal(held, [0.5, 0.5, NAN, NAN], equal_nan=True)


def test_what_was_never_measured_stays_so(view_of):
    assert np.isnan(held_on(view_of("dying"), np.full(5, NAN))).all()


def test_shades_grow_with_the_share(view_of):
    view = view_of("dying")
    shares = np.array([NAN, 0.0, 0.01, 0.3, 0.6, 0.8, 1.0, 7.0])
    parts = shade_row(view, shares, view.palette.error)
    assert "".join(text for text, _ in parts) == " .░▒▓███"
    assert [style for _, style in parts] == [view.palette.dim, view.palette.error]
