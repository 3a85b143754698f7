"""Values from outside, made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.experiment.shown import printable, shown


@given(st.text(st.characters(), max_size=300))
def test_whatever_the_text_what_is_shown_is_one_short_printable_line(text):
    for line in (printable(text), shown(text)):
        assert line.isprintable()
        assert len(line) <= 10 * 200 + 3


@pytest.mark.parametrize("sign", ["\x1b", "\x9b", "\x7f", "\u202e", "\u2066", "\ud800", "\n", "\0"])
def test_signs_that_act_on_a_terminal_are_escaped(sign):
    assert sign not in printable(f"a{sign}b")
    assert sign not in shown(f"a{sign}b")


def test_plain_text_stays_as_it_is():
    assert printable("übung [/] 😀.toml") == "übung [/] 😀.toml"
    assert shown("fast") == "'fast'"


def test_a_long_text_is_cut():
    assert printable("x" * 1000, 10) == "x" * 10 + "..."
    assert len(shown("x" * 100_000)) < 70


@pytest.mark.parametrize("digits", [19, 1000, 100_000])
def test_a_whole_number_is_shown_or_described(digits):
    assert shown(10 ** (digits - 1)) in (
        str(10 ** (digits - 1)) if digits < 4000 else "",
        f"a whole number of about {digits} digits",
        f"a whole number of about {digits - 1} digits",
    )
    assert len(shown(10 ** (digits - 1))) < 60
