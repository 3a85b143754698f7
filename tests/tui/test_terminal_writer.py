"""Writing to a terminal that reads, that does not, and that is gone."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import threading
import time
import tty

import pytest

from backscope.tui.restore import RESET
from backscope.tui.terminal_writer import ANEW, HELD_UP, MOST, TerminalWriter

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")

PATIENCE = 30.0


@pytest.fixture
def ends():
    """Both ends of a pseudo-terminal: what a person has, and what the app has."""
    person, app = pty.openpty()
    tty.setraw(app)
    yield person, app
    for descriptor in (person, app):
        with contextlib.suppress(OSError):
            os.close(descriptor)


def read(person, enough):
    """Read until that was ``enough``."""
    seen, end = b"", time.monotonic() + PATIENCE
    while not enough(seen):
        assert time.monotonic() < end, seen[-200:]
        if select.select([person], [], [], 0.1)[0]:
            seen += os.read(person, 65536)
    return seen


def fill(writer):
    """Write until the terminal takes no more."""
    end = time.monotonic() + PATIENCE
    while not writer.held_up:
        assert time.monotonic() < end
        writer.write("x" * 1000)
        time.sleep(0.001)


def test_all_is_written_in_its_order(ends):
    person, app = ends
    writer = TerminalWriter(app, "utf-8")
    writer.open()
    texts = [f"{number}é " for number in range(1000)]
    for text in texts:
        writer.write(text)
    whole = "".join(texts).encode()
    assert read(person, lambda seen: len(seen) >= len(whole)) == whole
    writer.close()


def test_nothing_is_written_before_it_opens_and_after_it_closes(ends):
    person, app = ends
    writer = TerminalWriter(app, "utf-8")
    writer.write("early ")
    writer.open()
    writer.write("now")
    writer.close()
    writer.write(" late")
    writer.open()
    writer.write(" again")
    writer.close()
    assert read(person, lambda seen: seen.endswith(b"again")) == b"now again"


def test_a_terminal_that_does_not_read_holds_nobody_up_and_loses_the_past(ends):
    person, app = ends
    caught_up = threading.Event()
    writer = TerminalWriter(app, "utf-8", caught_up.set)
    writer.open()
    fill(writer)
    for _ in range(5):
        writer.write("y" * MOST)
    writer.write("present")
    assert writer.held_up
    assert not caught_up.is_set()
    seen = read(person, lambda seen: seen.endswith(b"present"))
    assert caught_up.wait(PATIENCE)
    assert seen.endswith(f"x{ANEW}present".encode())
    assert not writer.held_up
    writer.close()


def test_a_terminal_that_reads_again_has_been_reset_and_is_asked_nothing(ends):
    person, app = ends
    writer = TerminalWriter(app, "utf-8")
    writer.open()
    fill(writer)
    writer.write("\x1b[6n")
    writer.close()
    seen = read(person, lambda seen: seen.endswith(RESET))
    assert b"\x1b[6n" not in seen


def test_a_slow_terminal_is_waited_for_as_long_as_it_reads(ends):
    person, app = ends
    writer = TerminalWriter(app, "utf-8")
    writer.open()
    fill(writer)
    writer.write("last words")
    closing = threading.Thread(target=writer.close)
    closing.start()
    read(person, lambda seen: seen.endswith(b"last words"))
    closing.join(PATIENCE)
    assert not closing.is_alive()


def test_a_terminal_that_is_gone_is_written_to_no_more(ends):
    person, app = ends
    writer = TerminalWriter(app, "utf-8")
    writer.open()
    os.close(person)
    end = time.monotonic() + PATIENCE
    while not writer.gone:
        assert time.monotonic() < end
        writer.write("x")
        time.sleep(0.01)
    writer.close()
    assert not writer.held_up


def test_what_the_thread_had_no_time_for_is_no_sign_of_a_terminal_that_does_not_read(ends):
    now = 0.0
    writer = TerminalWriter(ends[1], "utf-8", clock=lambda: now)
    writer.open()
    end = time.monotonic() + PATIENCE
    while select.select([], [ends[1]], [], 0)[1]:
        assert time.monotonic() < end
        writer.write("x" * 1000)
    writer.write("x" * 1000)
    assert not writer.held_up
    now = 2 * HELD_UP
    assert writer.held_up
    writer.close()
