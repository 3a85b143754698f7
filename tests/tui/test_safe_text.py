"""Hostile text, made harmless."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backscope.tui.safe_text import COMBINING_LIMIT, safe_text

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)


def test_plain_text_stays_as_it_is():
    assert safe_text("Schicht 3: ‖dW‖ für Größe 8×8") == "Schicht 3: ‖dW‖ für Größe 8×8"


def test_markup_is_text():
    assert safe_text("[/] [@click=app.quit]x[/]") == "[/] [@click=app.quit]x[/]"


def test_escape_sequences_become_visible():
    assert safe_text("\x1b[2J\x07\x7f") == "^[[2J^G^?"


def test_c1_controls_become_the_replacement_character():
    assert safe_text("a\x9b31mb") == "a\ufffd31mb"


def test_white_space_of_any_kind_is_a_blank():
    assert safe_text("a\tb\nc\r\u2028d\u00a0e\u3000f") == "a b c  d e f"


def test_direction_controls_become_the_replacement_character():
    assert safe_text("user\u202egnp.exe\u2066") == "user\ufffdgnp.exe\ufffd"


def test_what_has_no_width_is_dropped():
    assert safe_text("a\u200bb\u2060c\ufeffd\u00ade\ufe0f") == "abcde"


def test_surrogates_become_the_replacement_character():
    assert safe_text("a\ud800b") == "a\ufffdb"
    safe_text("\udcff" * 10).encode()


def test_a_flood_of_combining_marks_is_cut():
    flooded = safe_text("e" + "\u0301" * 1000 + "x")
    marks = sum(unicodedata.category(char)[0] == "M" for char in flooded)
    assert marks <= COMBINING_LIMIT
    assert flooded.startswith("é")


def test_marks_without_a_character_to_stand_on_are_dropped():
    assert safe_text("\u0301\u0301a") == "a"


def test_flags_become_letters():
    assert safe_text("🇩🇪") == "DE"


def test_long_text_ends_in_an_ellipsis():
    assert safe_text("abcdefgh", 5) == "abcd…"
    assert safe_text("abcde", 5) == "abcde"


def test_wide_characters_count_twice():
    assert safe_text("日本語日本語", 6) == "日本…"
    assert cell_len(safe_text("日本語日本語", 5)) <= 5


def test_very_long_text_is_cut_early():
    assert safe_text("a" * 10_000_000, 4) == "aaa…"


def test_no_room_gives_nothing():
    assert safe_text("abc", 0) == ""
    assert safe_text("abc", -3) == ""


def test_other_objects_are_shown_as_their_text():
    assert safe_text(3.5) == "3.5"
    assert safe_text(None) == "None"


@given(ANY_TEXT, st.integers(0, 40))
def test_any_text_is_bounded_and_holds_nothing_a_terminal_obeys(text, limit):
    safe = safe_text(text, limit)
    assert cell_len(safe) <= limit
    assert len(safe) <= limit * (1 + COMBINING_LIMIT)
    for char in safe:
        category = unicodedata.category(char)
        assert category not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    safe.encode("utf-8")


@given(ANY_TEXT)
def test_making_text_safe_twice_changes_nothing_more(text):
    once = safe_text(text, 30)
    assert safe_text(once, 30) == once
