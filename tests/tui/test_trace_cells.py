"""Curves drawn anew only from where they changed: never a cell different from drawing them all."""

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backscope.tui import trace_cells as module
from backscope.tui.glyphs import ASCII, BLOCK, BRAILLE
from backscope.tui.palette import palette_for
from backscope.tui.series import Series
from backscope.tui.trace_cells import Ground, trace_cells

DARK = palette_for("backscope-dark", "truecolor")
NAN = np.nan
CELLS = 12
ELEMENTS = st.sampled_from([NAN, NAN, NAN, 0.1, 0.3, 0.5, 0.9, 2.0, -1.0, np.inf, 0.0])


def ground_of(series, glyphs=BRAILLE, log=False):
    return Ground(
        height=4,
        columns=CELLS * glyphs.columns,
        x_range=(1.0, 100.0),
        y_range=(-2.0, 0.0) if log else (0.0, 1.0),
        log=log,
        glyphs=glyphs,
        colored=True,
        patterns=tuple(one.pattern for one in series),
        highlighted=tuple(one.highlighted for one in series),
        banded=tuple(i for i, one in enumerate(series) if one.band is not None),
    )


def curves(values, patterns, banded):
    return [
        Series(
            "",
            low,
            high,
            DARK.train,
            bad=np.abs(low) == 2.0,
            band=(low, high) if band else None,
            pattern=pattern,
        )
        for (low, high), pattern, band in zip(values, patterns, banded, strict=True)
    ]


def assert_alike(one, other):
    for name in ("chars", "index"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    for field in fields(one.where):
        a, b = getattr(one.where, field.name), getattr(other.where, field.name)
        assert a.tolist() == b.tolist(), field.name


@settings(max_examples=300)
@given(
    st.data(),
    st.sampled_from([BRAILLE, BLOCK, ASCII]),
    st.integers(1, 3),
    st.booleans(),
)
def test_frame_after_frame_looks_like_every_frame_drawn_alone(data, glyphs, count, log):
    columns = CELLS * glyphs.columns
    shape = (count, 2, columns)
    values = data.draw(hnp.arrays(float, shape, elements=ELEMENTS, fill=ELEMENTS))
    patterns = data.draw(st.tuples(*[st.sampled_from(["solid", "dashed", "dotted"])] * count))
    banded = data.draw(st.tuples(*[st.booleans()] * count))
    last = None
    for _ in range(3):
        series = curves(values, patterns, banded)
        ground = ground_of(series, glyphs, log)
        last = trace_cells(ground, series, last)
        assert_alike(last, trace_cells(ground, series, None))
        values = values.copy()
        first = data.draw(st.integers(0, columns - 1))
        length = columns - first if data.draw(st.booleans()) else 1
        changed = data.draw(hnp.arrays(float, (count, 2, length), elements=ELEMENTS, fill=ELEMENTS))
        values[:, :, first : first + length] = changed


def drawn_columns(monkeypatch):
    begun = []
    draw = module._drawn

    def recording(ground, values, bad, begin):
        begun.append(begin)
        return draw(ground, values, bad, begin)

    monkeypatch.setattr(module, "_drawn", recording)
    return begun


def test_what_has_not_changed_is_not_drawn_again(monkeypatch):
    begun = drawn_columns(monkeypatch)
    values = np.full((1, 2, CELLS * 2), NAN)
    values[:, :, :16] = 0.5
    series = curves(values, ["solid"], [True])
    first = trace_cells(ground_of(series), series, None)
    assert trace_cells(ground_of(series), series, first) is first
    assert begun == [0]
    grown = values.copy()
    grown[:, :, 16] = 0.7
    series = curves(grown, ["solid"], [True])
    trace_cells(ground_of(series), series, first)
    assert begun[1] >= 8


def test_another_axis_is_another_picture(monkeypatch):
    begun = drawn_columns(monkeypatch)
    series = curves(np.full((1, 2, CELLS * 2), 0.5), ["solid"], [False])
    first = trace_cells(ground_of(series), series, None)
    trace_cells(ground_of(series)._replace(y_range=(0.0, 2.0)), series, first)
    assert begun == [0, 0]
