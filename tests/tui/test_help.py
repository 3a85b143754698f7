"""The help text: every key that does something, once."""

from __future__ import annotations

import pytest

from backscope.tui.help import help_text
from backscope.tui.keymap import DASHBOARD, GALLERY


@pytest.mark.parametrize("keys", [DASHBOARD, GALLERY])
def test_every_key_is_told_of_under_its_heading(keys):
    lines = help_text(keys).plain.splitlines()
    for key in keys:
        if key.about:
            assert sum(line.strip() == f"{key.shown}  {key.about}" for line in lines) == 1
    headings = list(dict.fromkeys(key.group for key in keys))
    assert [line for line in lines if line in headings] == headings


def test_where_arrows_cannot_be_shown_it_is_plain_ascii():
    assert help_text(DASHBOARD, ascii_only=True).plain.isascii()
