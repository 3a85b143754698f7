"""What is written to a terminal whose encoding lacks characters."""

import pytest
from rich.cells import cell_len

from backscope.tui.encoding import encoded


@pytest.mark.parametrize("text", ["cut…", "a▆▅b", "▌ message", "日本 x", "🔎 find", "“x” – y → z"])
def test_what_the_encoding_lacks_is_written_as_ascii_of_the_same_width(text):
    ascii_text = encoded(text, "ascii").decode("ascii")
    assert cell_len(ascii_text) == cell_len(text)


def test_common_signs_have_ascii_that_looks_like_them():
    assert encoded("cut… │ → 1×2", "ascii") == b"cut~ | > 1x2"


def test_what_the_encoding_has_is_written_as_it_is():
    assert encoded("é…", "utf-8").decode() == "é…"
    assert encoded("é…", "latin-1").decode("latin-1") == "é~"
