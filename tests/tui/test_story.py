"""Stories flow into any width, keep their lists, and are never obeyed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backscope.tui.story import LONGEST, story_content


def test_lines_of_a_paragraph_flow():
    assert story_content("one\ntwo\nthree").plain == "one two three"


def test_paragraphs_stay_apart():
    assert story_content("\none\ntwo\n\n\nthree\n").plain == "one two\n\nthree"


def test_lists_and_indented_lines_keep_their_lines():
    text = "Look:\n- the loss\n- the profile\n  and more\n1. first"
    assert story_content(text).plain.splitlines() == [
        "Look:",
        "- the loss",
        "- the profile",
        "  and more",
        "1. first",
    ]


def test_what_follows_a_list_item_belongs_to_it():
    assert story_content("- a long item\nthat goes on").plain == "- a long item that goes on"


def test_markup_is_text():
    text = "[/] [bold]x[/bold] [@click=app.quit]quit[/]"
    assert story_content(text).plain == text
    assert story_content(text).spans == []


@given(st.text())
def test_nothing_a_terminal_would_obey_is_left(text):
    shown = story_content(text).plain
    assert all(char == "\n" or char.isprintable() for char in shown)


def test_an_endless_story_is_cut():
    assert len(story_content("word " * 100_000).plain) <= LONGEST + 1
