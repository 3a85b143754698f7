"""Capturing: what lines come out of what was written, and that no descriptor is left changed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import textwrap

from hypothesis import given
from hypothesis import strategies as st

from backscope.tui.capture import LONGEST_LINE, CapturedText, LogLine


def texts(log: CapturedText) -> list[str]:
    return [line.text for line in log.lines()]


def test_whole_lines_are_kept_in_order():
    log = CapturedText()
    log.write("one\ntwo\n")
    assert log.lines() == [LogLine("one", False), LogLine("two", False)]


def test_a_line_may_come_in_pieces():
    log = CapturedText()
    log.write("half a ")
    assert texts(log) == ["half a "]
    log.write("line\n")
    assert texts(log) == ["half a line"]
    assert log.count == 1


def test_output_and_error_do_not_mix_within_a_line():
    log = CapturedText()
    log.write("out ")
    log.write("warning\n", error=True)
    log.write("put\n")
    assert log.lines() == [LogLine("warning", True), LogLine("out put", False)]


def test_a_progress_bar_is_one_line():
    log = CapturedText()
    for percent in range(0, 101, 10):
        log.write(f"\r{percent} %")
    assert texts(log) == ["100 %"]
    log.write("\n")
    assert texts(log) == ["100 %"]


def test_a_progress_bar_that_ends_with_its_return_can_be_read_and_is_written_over():
    log = CapturedText()
    log.write("50 %\r")
    assert [text.rstrip("\r") for text in texts(log)] == ["50 %"]
    log.write("60 %\r")
    assert [text.rstrip("\r") for text in texts(log)] == ["60 %"]


def test_windows_line_ends_are_line_ends():
    log = CapturedText()
    log.write("a\r\nb\r\n")
    assert texts(log) == ["a", "b"]


def test_old_lines_are_forgotten_but_counted():
    log = CapturedText(kept=3)
    for i in range(10):
        log.write(f"{i}\n")
    assert texts(log) == ["7", "8", "9"]
    assert log.count == 10


def test_memory_is_bounded_without_any_line_end():
    log = CapturedText()
    for _ in range(100):
        log.write("x" * 10_000)
    assert [len(text) for text in texts(log)] == [LONGEST_LINE]


def test_every_write_is_a_change():
    log = CapturedText()
    before = log.changes
    log.write("x")
    assert log.changes > before


@given(st.lists(st.text(st.characters(blacklist_characters="\r"), max_size=20), max_size=20))
def test_pieces_and_one_text_give_the_same_lines(pieces):
    whole, apart = CapturedText(), CapturedText()
    whole.write("".join(pieces))
    for piece in pieces:
        apart.write(piece)
    assert texts(whole) == texts(apart)
    assert whole.count == apart.count


def run_on_a_terminal(code: str, *, error_to_file: str | None = None) -> tuple[str, int]:
    """Run a Python program whose output is a pseudo-terminal; what arrives there, and its code."""
    leader, follower = pty.openpty()
    error = os.open(error_to_file, os.O_WRONLY | os.O_CREAT) if error_to_file else follower
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=follower,
        stdout=follower,
        stderr=error,
    )
    os.close(follower)
    if error_to_file:
        os.close(error)
    arrived = b""
    while True:
        try:
            data = os.read(leader, 65_536)
        except OSError:
            break
        if not data:
            break
        arrived += data
    os.close(leader)
    return arrived.decode(), process.wait(20)


CAPTURE = """
    import os, subprocess, sys, warnings
    from backscope.tui.capture import CapturedText, captured_output
    log = CapturedText()
    with captured_output(log) as terminal:
        os.write(terminal, b"drawn\\n")
        print("printed")
        os.write(1, b"from C\\n")
        subprocess.run([sys.executable, "-c", "print('from a child')"])
        warnings.warn("careful")
        print("error", file=sys.stderr)
    print("after")
    for line in log.lines():
        print("caught", line.error, line.text)
"""


def test_nothing_reaches_the_terminal_but_what_is_drawn():
    arrived, code = run_on_a_terminal(CAPTURE)
    lines = arrived.splitlines()
    assert code == 0
    assert lines[:2] == ["drawn", "after"]
    assert {line for line in lines[2:] if "<string>" not in line} >= {
        "caught False printed",
        "caught False from C",
        "caught False from a child",
        "caught True error",
    }
    assert any("UserWarning: careful" in line for line in lines[2:])


def test_an_error_stream_that_goes_to_a_file_still_does(tmp_path):
    file = tmp_path / "errors.txt"
    arrived, code = run_on_a_terminal(CAPTURE, error_to_file=str(file))
    assert code == 0
    assert file.read_text().splitlines()[-1] == "error"
    assert "caught True" not in arrived


def test_a_child_that_holds_the_pipe_does_not_keep_the_capture_from_ending():
    arrived, code = run_on_a_terminal("""
        import subprocess, sys, time
        from backscope.tui.capture import CapturedText, captured_output
        started = time.monotonic()
        with captured_output(CapturedText()):
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3)"],
                             stdin=subprocess.DEVNULL)
        print("ended after", time.monotonic() - started < 2.5)
    """)
    assert "ended after True" in arrived
    assert code == 0


def test_no_descriptor_is_left_open_or_changed():
    arrived, code = run_on_a_terminal("""
        import os
        from backscope.tui.capture import CapturedText, captured_output
        open_ones = lambda: sorted(os.listdir("/dev/fd"))[:-1]
        before, names = open_ones(), [os.ttyname(1), os.ttyname(2)]
        for _ in range(3):
            with captured_output(CapturedText()):
                print("hidden")
        print("same", before == open_ones(), names == [os.ttyname(1), os.ttyname(2)])
    """)
    assert arrived.strip() == "same True True"
    assert code == 0
