"""Partial updates: what a terminal shows after them, and how little is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from backscope.tui.narrow_update import NarrowUpdate, difference

pyte = pytest.importorskip("pyte")
CONSOLE = Console(color_system="truecolor", force_terminal=True)
WIDTH, HEIGHT = 24, 3
STYLES = [
    Style(),
    Style(color="#102030", bgcolor="#405060"),
    Style(color="#102030", bgcolor="#000000", bold=True),
    Style(color="#ffeedd", bgcolor="#000000"),
    Style(reverse=True, underline=True),
    Style(color="default", bgcolor="default"),
    Style(color="bright_red", bgcolor="bright_blue", italic=True, strike=True),
]


def terminal(*sent):
    """What stands on a terminal, character and style, after these sequences."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for text in sent:
        stream.feed(text.replace("\n", ""))
    return [[screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


def row(widths, seed):
    """A row of segments of these widths in changing styles."""
    segments = [
        Segment(chr(97 + (seed + i) % 26) * width, STYLES[(seed + i) % len(STYLES)])
        for i, width in enumerate(widths)
    ]
    return Strip(segments).adjust_cell_length(WIDTH, STYLES[1])


ROWS = st.tuples(st.lists(st.integers(1, 9), max_size=8), st.integers(0, 99)).map(
    lambda made: row(*made)
)
SPANS = st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH), st.integers(0, WIDTH)).map(
    lambda span: (span[0], min(span[1:]), max(span[1:]))
)


@given(st.lists(ROWS, min_size=HEIGHT, max_size=HEIGHT), st.lists(SPANS, min_size=1, max_size=5))
def test_exactly_the_dirty_cells_are_drawn_as_they_should_be(rows, spans):
    cut = 11  # two widgets side by side
    chops = [dict(zip((0, cut), strip.divide([cut, WIDTH]), strict=True)) for strip in rows]
    update = NarrowUpdate(chops, spans, [[cut, WIDTH]] * HEIGHT)
    after = terminal(update.render_segments(CONSOLE))
    whole = terminal(*(f"\x1b[{y + 1};1H{strip.render(CONSOLE)}" for y, strip in enumerate(rows)))
    blank = terminal()
    for y in range(HEIGHT):
        for x in range(WIDTH):
            dirty = any(at == y and left <= x < right for at, left, right in spans)
            assert after[y][x] == (whole[y][x] if dirty else blank[y][x])


def test_less_is_sent_than_by_textual():
    chops = [{0: row([4] * 6, 1)}]
    spans = [(0, 13, 19)]
    narrow = NarrowUpdate(chops, spans, [[WIDTH]]).render_segments(CONSOLE)
    assert len(narrow) < len(ChopsUpdate(chops, spans, [[WIDTH]]).render_segments(CONSOLE)) / 2


def test_a_link_is_sent_whole_and_leaves_nothing_behind():
    strip = Strip([Segment("a", STYLES[1]), Segment("b", Style(link="https://x.y")), Segment("c")])
    sent = NarrowUpdate([{0: strip}], [(0, 0, 3)], [[3]]).render_segments(CONSOLE)
    assert "https://x.y" in sent
    assert sent.endswith("c")


def test_only_codes_that_differ_are_sent():
    red, blue, ground = "38;2;9;0;0", "38;2;0;0;9", "48;2;1;1;1"
    assert difference(("", red, ground), ("", red, ground)) == ""
    assert difference(("", red, ground), ("", blue, ground)) == f"\x1b[{blue}m"
    assert difference(("", red, ground), ("1", red, ground)) == f"\x1b[0;1;{red};{ground}m"
    assert difference(("1", red, ground), ("1", "", ground)) == f"\x1b[0;1;{ground}m"
    assert difference(("1", red, ground), ("", "", "")) == "\x1b[0m"


def test_fewer_colors_are_sent_where_the_terminal_has_fewer():
    console = Console(color_system="standard", force_terminal=True)
    assert console._color_system is ColorSystem.STANDARD
    style = Style(color="#ff0000", bgcolor="#0000aa")
    sent = NarrowUpdate([{0: Strip([Segment("a", style)])}], [(0, 0, 1)], [[1]])
    assert "38;2" not in sent.render_segments(console)
