"""What is written to a terminal whose encoding lacks characters."""

import os

import pytest
from rich.cells import cell_len

from backscope.tui.terminal import TerminalFile


def written(text, encoding):
    reading, writing = os.pipe()
    TerminalFile(writing, encoding).write(text)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        return file.read().decode(encoding)


@pytest.mark.parametrize("text", ["cut…", "a▆▅b", "▌ message", "日本 x", "🔎 find", "“x” – y → z"])
def test_what_the_encoding_lacks_is_written_as_ascii_of_the_same_width(text):
    ascii_text = written(text, "ascii")
    assert ascii_text.isascii()
    assert len(ascii_text) == cell_len(text)


def test_common_signs_have_ascii_that_looks_like_them():
    assert written("cut… │ → 1×2", "ascii") == "cut~ | > 1x2"


def test_what_the_encoding_has_is_written_as_it_is():
    assert written("é…", "utf-8") == "é…"
    assert written("é…", "latin-1") == "é~"
