"""A session on a real pseudo-terminal: how it ends, and what prints cannot do to the screen."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import textwrap
import time

import pytest

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")

PATIENCE = 60
PRELUDE = """
    import os, signal, subprocess, sys, time, warnings
    from backscope.core.experiment import Experiment
    from backscope.core.errors import InputError
    from backscope.tui.app import BackscopeApp
    from backscope.tui.capture import CapturedText
    from backscope.tui.session import run_app
    from backscope.tui.training import live_run

    experiment = Experiment.from_dict(
        {"data": {"source": "xor"}, "training": {"steps": 1_000_000}}, name="session"
    )

    class Source:
        def __init__(self, step):
            self.run = live_run(experiment, paused=False, pace=None)
            self.step = step
        def __getattr__(self, name):
            return getattr(self.run, name)
        def drive(self):
            self.run.advance(50)
            self.step()
            self.run.drive()

    def session(step=lambda: None, factory=None):
        log = CapturedText()
        made = factory or (lambda experiment, paused, pace: Source(step))
        app = BackscopeApp(experiment, source_factory=made, log=log)
        try:
            code = run_app(app, log)
        except InputError as error:
            print("problems", *error.problems)
            code = 2
        print("ended", code, [line.text for line in log.lines()])
        sys.stdout.flush()
        return code
"""


@pytest.fixture
def start():
    children = []

    def spawn(code, **changes):
        child = pexpect.spawn(
            sys.executable,
            ["-c", textwrap.dedent(PRELUDE) + textwrap.dedent(code)],
            env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **changes},
            dimensions=(24, 80),
            timeout=PATIENCE,
            echo=True,
        )
        child.settings = termios.tcgetattr(child.child_fd)
        children.append(child)
        return child

    yield spawn
    for child in children:
        if child.isalive():
            child.kill(signal.SIGKILL)
        with contextlib.suppress(OSError, ValueError):
            child.close()


def finish(child):
    """Read to the end; everything that was written since, and the exit code."""
    child.expect(pexpect.EOF)
    rest = child.before
    child.wait()
    return rest.decode(errors="replace"), child.exitstatus


def test_quitting_gives_the_terminal_back(start):
    child = start("sys.exit(session())")
    child.expect("training")
    child.send("q")
    rest, code = finish(child)
    assert code == 0
    assert rest.rindex("\x1b[?1049l") > rest.rindex("training") if "training" in rest else True
    assert "ended 0 []" in rest
    assert termios.tcgetattr(child.child_fd) == child.settings


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_signals_end_it_with_their_codes_and_the_terminal_as_it_was(start, number, code):
    child = start("sys.exit(session())")
    child.expect("training")
    child.kill(number)
    rest, ended = finish(child)
    assert ended == code
    assert "\x1b[?1049l" in rest
    assert "\x1b[?25h" in rest
    assert termios.tcgetattr(child.child_fd) == child.settings


def test_what_training_code_prints_never_reaches_the_screen(start):
    child = start("""
        def noisy():
            print("SPILLED by print")
            print("SPILLED on stderr", file=sys.stderr)
            os.write(2, b"SPILLED by a C library\\n")
            subprocess.run([sys.executable, "-c", "print('SPILLED by a child')"])
            warnings.warn("SPILLED by a warning")
            os.write(1, b"\\x1b[2J SPILLED escapes\\n")
        sys.exit(session(noisy))
    """)
    child.expect("training")
    child.expect("steps/s")
    time.sleep(1)
    child.send("q")
    child.expect("ended 0 ")
    assert b"SPILLED" not in child.before
    rest, _ = finish(child)
    for source in ("by print", "on stderr", "by a C library", "by a child", "by a warning"):
        assert f"SPILLED {source}" in rest


def test_the_log_pane_shows_it_harmlessly(start):
    child = start("""
        sys.exit(session(lambda: os.write(1, b"\\x1b[2J SPILLED escapes\\n")))
    """)
    child.expect("training")
    child.send("o")
    child.expect_exact("^[[2J SPILLED escapes")
    child.send("q")
    assert finish(child)[1] == 0


def test_a_step_that_never_ends_does_not_keep_one_from_quitting(start):
    child = start("sys.exit(session(lambda: time.sleep(1000)))")
    child.expect("training")
    child.expect("step")
    child.send("q")
    started = time.monotonic()
    rest, code = finish(child)
    assert code == 0
    assert time.monotonic() - started < PATIENCE / 4
    assert "\x1b[?1049l" in rest
    assert termios.tcgetattr(child.child_fd) == child.settings


def test_data_that_takes_for_ever_to_read_does_not_either(start):
    child = start("""
        def slow(*args, **options):
            time.sleep(1000)
        sys.exit(session(factory=slow))
    """)
    child.expect("Preparing")
    child.send("q")
    assert finish(child)[1] == 0


def test_bad_input_is_raised_after_the_terminal_is_back(start):
    child = start("""
        def refuse(*args, **options):
            raise InputError("data.csv: no such file")
        sys.exit(session(factory=refuse))
    """)
    rest, code = finish(child)
    assert code == 2
    assert rest.index("problems data.csv: no such file") > rest.rindex("\x1b[?1049l")


def code_after_a_hang_up(child, note):
    child.ptyproc.fileobj.close()
    end = time.monotonic() + PATIENCE
    while not note.exists() or not note.read_text():
        assert time.monotonic() < end, "it goes on without a terminal"
        time.sleep(0.05)
    return int(note.read_text())


def test_a_terminal_that_is_gone_ends_it_even_where_hang_ups_are_ignored(start, tmp_path):
    note = tmp_path / "note"
    child = start(f"""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        log = CapturedText()
        code = run_app(BackscopeApp(experiment, log=log), log)
        open({str(note)!r}, "w").write(str(code))
    """)
    child.expect("training")
    assert code_after_a_hang_up(child, note) == 129


def test_a_terminal_that_goes_is_not_waited_for_to_answer(start, tmp_path):
    note = tmp_path / "note"
    child = start(f"""
        from backscope.tui import link
        link.TRIAL = link.LAST_WORDS = 3600.0
        log = CapturedText()
        code = run_app(BackscopeApp(experiment, log=log), log)
        open({str(note)!r}, "w").write(str(code))
    """)
    child.expect(r"\x1b\[6n")
    assert code_after_a_hang_up(child, note) == 129


def test_an_error_of_our_own_is_told_on_the_terminal_as_it_was(start):
    child = start("""
        class Broken(Source):
            def status(self):
                raise ZeroDivisionError("our own")
        sys.exit(session(factory=lambda *args, **options: Broken(lambda: None)))
    """)
    rest, code = finish(child)
    assert code == 1
    assert rest.index("our own") > rest.rindex("\x1b[?1049l")
    assert termios.tcgetattr(child.child_fd) == child.settings
