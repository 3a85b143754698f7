"""The command at the end of a slow link: it shows the present, and leaves nothing behind."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")

PATIENCE = 60.0
RATE = 20_000
RUN = [sys.executable, "-m", "backscope", "run", "vanishing", "--steps", "100000000"]


@pytest.fixture(scope="module")
def emulated():
    path = Path(__file__).parents[2] / "benchmarks" / "emulated_link.py"
    spec = importlib.util.spec_from_file_location("emulated_link", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    module.HOME.cleanup()


@pytest.fixture
def at_the_end_of(emulated):
    """Open a command behind a link of 20 kB/s, by default 50 ms there and back."""

    def open_link(command, **settings):
        settings = {"rate": RATE, "delay": 0.025, **settings}
        return emulated.EmulatedLink(command, environment=emulated.environment(), **settings)

    return open_link


def wait_for(seen, what):
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


def under_way(link):
    return link.taken - sum(len(data) for _, data in link.arrived)


def test_the_screen_is_the_present_and_never_a_backlog(at_the_end_of):
    with at_the_end_of([*RUN, "--fps", "60"], delay=0.1) as link:
        wait_for(lambda: link.answered > 5, "answers")
        start = link.answered
        most = 0
        while link.answered < start + 10:
            most = max(most, under_way(link))
            time.sleep(0.01)
        # Two seconds' worth would be 40 kB; paced, it is a frame.
        assert most < RATE / 2
        link.press("q")
        assert link.join() == 0


def test_a_terminal_that_never_answers_is_drawn_on_all_the_same(at_the_end_of):
    with at_the_end_of(RUN, rate=None, delay=0.0, answers=False) as link:
        assert link.wait_for(b"training", patience=PATIENCE)
        asked = re.compile(rb"\x1b\[6n")

        def bytes_of():
            return b"".join(data for _, data in link.arrived)

        wait_for(lambda: len(asked.findall(bytes_of())) == 3, "three questions")
        before = link.taken
        wait_for(lambda: link.taken > before + 5_000, "frames")
        assert len(asked.findall(bytes_of())) == 3
        pressed = link.press("f")
        assert link.wait_for(b"unfreeze", since=pressed, patience=PATIENCE)
        link.press("q")
        assert link.join() == 0


def test_no_answer_of_the_terminal_is_left_for_the_shell(at_the_end_of):
    shell = ["/bin/sh", "-c", '"$@"; echo LEFT; stty -echo -icanon min 0 time 20; od -c', "sh"]
    with at_the_end_of([*shell, *RUN], delay=0.15) as link:
        wait_for(lambda: link.answered > 3, "answers")
        for _ in range(4):  # with frames and answers to keys under way
            link.press("f")
            time.sleep(0.05)
        link.press("q")
        assert link.join() == 0
        seen = b"".join(data for _, data in link.arrived)
    after = seen[seen.rindex(b"LEFT") + 4 :]
    assert after.split() == [b"0000000"]
