"""Sets of characters."""

import pytest
from rich.cells import cell_len

from backscope.core.interventions import INTERVENTIONS
from backscope.tui.glyphs import ASCII, BLOCK, BRAILLE, GLYPHS, QUADRANT, detect_glyphs

each_set = pytest.mark.parametrize("glyphs", GLYPHS.values(), ids=GLYPHS)


def all_characters(glyphs):
    texts = (glyphs.decode, glyphs.bar, glyphs.shades, glyphs.fill, glyphs.point, glyphs.bad)
    more = (glyphs.zero, glyphs.above, glyphs.below, glyphs.cursor, glyphs.upright, glyphs.ellipsis)
    return "".join((*texts, *more, glyphs.other_event, *(glyph for _, glyph in glyphs.event_kinds)))


@each_set
def test_every_glyph_is_one_cell_wide(glyphs):
    assert {cell_len(char) for char in all_characters(glyphs)} == {1}


@each_set
def test_there_is_a_character_for_every_dot_mask(glyphs):
    assert len(glyphs.decode) == 2 ** (glyphs.rows * glyphs.columns)
    assert glyphs.decode[0] == glyphs.bar[0] == glyphs.shades[0] == " "


def test_braille_dots_are_where_the_mask_says():
    assert BRAILLE.decode[0b0000_0001] == "⠁"
    assert BRAILLE.decode[0b0000_1000] == "⡀"
    assert BRAILLE.decode[0b0001_0000] == "⠈"
    assert BRAILLE.decode[0b1000_0000] == "⢀"
    assert len(set(BRAILLE.decode)) == 256


def test_quadrants_are_where_the_mask_says():
    assert [QUADRANT.decode[1 << bit] for bit in range(4)] == ["▘", "▖", "▝", "▗"]
    assert QUADRANT.decode[0b0011] == "▌"
    assert QUADRANT.decode[0b1111] == "█"


def test_block_has_nothing_that_code_page_437_lacks():
    screen = "♦•■▲▼○♥◄"  # positions 4, 7, 16 ... are control codes to Python, glyphs to the console
    assert all(
        char in screen or char.encode("cp437", "replace") != b"?" for char in all_characters(BLOCK)
    )


def test_ascii_is_ascii():
    assert all_characters(ASCII).isascii()
    assert ASCII.ascii
    assert not BRAILLE.ascii


@each_set
def test_every_change_of_a_running_network_has_a_mark_of_its_own(glyphs):
    kinds = [*(kind.event for kind in INTERVENTIONS.values()), "roll_back", "what is this"]
    assert len({glyphs.event(kind) for kind in kinds}) == len(kinds)


def test_events_have_a_glyph_and_so_have_unknown_ones():
    assert BRAILLE.event("nonfinite") == "✗"
    assert BRAILLE.event("learning_rate") == "◆"
    assert BRAILLE.event("what is this") == "●"


@pytest.mark.parametrize(
    ("encoding", "term", "glyphs"),
    [
        ("utf-8", "xterm-256color", BRAILLE),
        ("UTF-8", "", BRAILLE),
        ("utf8", "tmux", BRAILLE),
        ("utf-8", "linux", BLOCK),
        ("utf-8", "linux-16color", BLOCK),
        ("ascii", "xterm", ASCII),
        ("iso8859-1", "linux", ASCII),
        ("ANSI_X3.4-1968", "xterm", ASCII),
        ("", "", ASCII),
    ],
)
def test_glyphs_suit_the_terminal(encoding, term, glyphs):
    assert detect_glyphs(encoding, term) is glyphs
