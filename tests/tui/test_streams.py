"""What stands behind a standard stream."""

import io
import os
import subprocess
import sys

import pytest

from backscope.tui.streams import columns_of, is_c_locale, is_screen


class Terminal(io.StringIO):
    """Text that believes it is a terminal."""

    def isatty(self):
        return True


def test_a_terminal_is_a_screen_unless_it_is_dumb_or_unnamed(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert is_screen(Terminal())
    for term in ("dumb", ""):
        monkeypatch.setenv("TERM", term)
        assert not is_screen(Terminal())


def test_a_pipe_a_closed_stream_and_none_are_no_screen(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    closed = Terminal()
    closed.close()
    for stream in (io.StringIO(), closed, None):
        assert not is_screen(stream)
        assert columns_of(stream) is None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"LANG": ""}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "C"}, False),
        ({"LC_CTYPE": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, False),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, False),
    ],
)
def test_the_c_locale_is_recognized_where_a_person_asked_for_it(environ, expected):
    assert is_c_locale(environ, utf8_mode=False) == expected


def test_what_python_makes_of_the_c_locale_is_not_taken_for_a_wish():
    assert is_c_locale({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, utf8_mode=True)
    assert not is_c_locale({"LC_CTYPE": "C.UTF-8"}, utf8_mode=True)


@pytest.mark.parametrize("name", ["LANG", "LC_ALL"])
def test_in_the_c_locale_only_ascii_is_written(name, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('title = "été"\n[training]\nsteps = 20\n', encoding="utf-8")
    kept = {key: x for key, x in os.environ.items() if not key.startswith(("L", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-m", "backscope", "run", str(path), "--headless", "--plot"],
        env={**kept, name: "C"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.startswith(b"?t?\n")
    assert done.stdout.isascii()
    assert done.stderr.isascii()
