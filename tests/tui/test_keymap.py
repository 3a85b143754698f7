"""The table of keys: no key twice, every action there, everything told about."""

from __future__ import annotations

from collections import Counter

import pytest

from backscope.tui.app import BackscopeApp
from backscope.tui.compare.screen import CompareScreen
from backscope.tui.dashboard import Dashboard
from backscope.tui.gallery import Gallery
from backscope.tui.keymap import COMPARISON, DASHBOARD, GALLERY, REPLAY, RUNS, plain
from backscope.tui.replay_screen import ReplayScreen
from backscope.tui.runs_screen import RunsScreen

TABLES = [
    (Dashboard, DASHBOARD),
    (CompareScreen, COMPARISON),
    (ReplayScreen, REPLAY),
    (RunsScreen, RUNS),
    (Gallery, GALLERY),
]


@pytest.mark.parametrize(("screen", "keys"), TABLES)
def test_no_key_does_two_things(screen, keys):
    names = Counter(name for key in keys for name in key.keys.split(","))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(("screen", "keys"), TABLES)
def test_every_action_is_a_method_of_its_screen_or_of_the_app(screen, keys):
    for key in keys:
        where, _, action = key.target.partition(".")
        owner = {"screen": screen, "app": BackscopeApp}[where]
        assert callable(getattr(owner, f"action_{action.partition('(')[0]}")), key


@pytest.mark.parametrize(("screen", "keys"), TABLES)
def test_what_stands_on_the_key_line_is_told_of_in_help(screen, keys):
    for key in keys:
        assert not key.rank or (key.about and key.label and key.shown), key
        assert key.group


def test_arrows_become_words_where_they_cannot_be_shown():
    shown = [
        (key.shown, key.pair) for key in plain((*DASHBOARD, *COMPARISON, *REPLAY, *RUNS, *GALLERY))
    ]
    assert all(text.isascii() for pair in shown for text in pair)
    assert ("shift left", "") in shown
    assert ("left", "left right") in shown
