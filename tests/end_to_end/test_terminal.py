"""The command on a real pseudo-terminal: what a person sees, types and is left with.

Everything waits for text on the screen and never for a time, so that a slow machine only takes
longer; ``PATIENCE`` bounds a wait that would never end.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import termios
import time

import pexpect
import pyte
import pytest

PATIENCE = 120.0
COMMAND = [sys.executable, "-m", "backscope"]

PRIVATE = re.compile(rb"\x1b\[[?<=>][\d;]*\$?[a-zA-Z]")
UNFINISHED = re.compile(rb"\x1b(\[[^a-zA-Z]*)?$")
MODES = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
ON_AT_REST = {7, 25}
"""Private modes that a terminal at rest has on: lines wrap, the cursor is visible."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


def environment(**changes):
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    return {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **changes}


class Terminal:
    """A pseudo-terminal with the command in it, and the screen as a person would see it."""

    def __init__(
        self, folder, *words, command=COMMAND, rows=40, columns=120, output=None, **changes
    ):
        elsewhere = "" if output is None else f">{shlex.quote(str(output))}"
        # The shell waits for a line, so that the terminal is seen before the command touches it.
        self._child = pexpect.spawn(
            "/bin/sh",
            ["-c", f'read go; exec "$@" {elsewhere}', "sh", *command, *words],
            cwd=str(folder),
            env=environment(**changes),
            dimensions=(rows, columns),
            timeout=PATIENCE,
            echo=False,
        )
        self.raw = b""
        self._pending = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._settings = termios.tcgetattr(self._child.child_fd)
        self._child.sendline("")

    @property
    def pid(self):
        return self._child.pid

    @property
    def text(self):
        return "\n".join(self._screen.display)

    @property
    def lines(self):
        return self._screen.display

    def press(self, keys):
        self._child.send(keys)

    def resize(self, rows, columns):
        self._screen.resize(rows, columns)
        self._screen.reset()  # what is seen from here on was drawn for the new size
        self._child.setwinsize(rows, columns)

    def wait_for(self, seen, what):
        """Read until ``seen(terminal)`` holds, and return what it gave."""
        end = time.monotonic() + PATIENCE
        while not (found := seen(self)):
            alive = self._read()
            if not alive and not (found := seen(self)):
                pytest.fail(f"the command ended before {what}:\n{self.text}")
            if time.monotonic() > end:
                pytest.fail(f"waited in vain for {what}:\n{self.text}")
        return found

    def wait_for_text(self, pattern):
        return self.wait_for(lambda terminal: re.search(pattern, terminal.text), pattern)

    def wait_for_silence(self):
        """Read until nothing has come for so long that whoever stirs every second would have."""
        seen, quiet_since = len(self.raw), time.monotonic()

        def silent(_):
            # The last frame may take its time.
            nonlocal seen, quiet_since
            if len(self.raw) != seen:
                seen, quiet_since = len(self.raw), time.monotonic()
            return time.monotonic() - quiet_since > 2.5

        self.wait_for(silent, "silence")

    def wait_for_end(self):
        """Read to the end and return the exit code."""
        end = time.monotonic() + PATIENCE
        while self._read():
            if time.monotonic() > end:
                pytest.fail(f"the command did not end:\n{self.text}")
        self._child.wait()
        assert self._child.signalstatus is None
        return self._child.exitstatus

    def wait_for_death(self):
        """Read to the end and return the signal that the command has died of."""
        while self._read():
            pass
        self._child.wait()
        return self._child.signalstatus

    def hang_up(self):
        """Close the terminal, as with its window, and return the exit code of the command."""
        process, end = self._child.ptyproc, time.monotonic() + PATIENCE
        process.fileobj.close()
        while process.isalive():
            assert time.monotonic() < end, "it goes on without a terminal"
            time.sleep(0.02)
        return process.exitstatus

    def left_behind(self):
        """What is not as it was before the command: settings, and modes not as they are at rest."""
        modes = {}
        for numbers, switch in MODES.findall(self.raw):
            modes.update(dict.fromkeys(map(int, numbers.split(b";")), switch == b"h"))
        now = termios.tcgetattr(self._child.child_fd)
        names = ("iflag", "oflag", "cflag", "lflag", "ispeed", "ospeed", "cc")
        return {name for name, a, b in zip(names, self._settings, now, strict=True) if a != b} | {
            mode for mode, on in modes.items() if on != (mode in ON_AT_REST)
        }

    def close(self):
        self._child.close(force=True)

    def _read(self):
        try:
            data = self._child.read_nonblocking(65536, timeout=0.2)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        data = self._pending + data
        cut = UNFINISHED.search(data)
        self._pending = data[cut.start() :] if cut else b""
        # pyte takes private sequences that it does not know for text.
        self._stream.feed(PRIVATE.sub(b"", data[: cut.start()] if cut else data))
        return True


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def open_terminal(*words, **settings):
        opened.append(Terminal(tmp_path, *words, **settings))
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.close()


def step_of(terminal):
    found = re.search(r"step +([\d,]+)/", terminal.text)
    return int(found[1].replace(",", "")) if found else 0


def test_a_run_is_started_paused_stepped_changed_resized_and_quit(terminal):
    screen = terminal("run", "vanishing", "--steps", "100000", "--pace", "10")
    screen.wait_for(lambda t: "training" in t.text and step_of(t) > 2, "the first steps")

    screen.press(" ")
    screen.wait_for_text("paused")
    step = step_of(screen)
    # One step may have been under way when the screen said "paused"; two cannot.
    screen.press("ss")
    screen.wait_for(lambda t: step_of(t) >= step + 2, "two single steps")
    assert "paused" in screen.text

    rate = float(screen.wait_for_text(r"rate ([\d.e-]+)")[1])
    screen.press("-")
    screen.wait_for(
        lambda t: f"rate {rate / 2:.3g} " in t.text, f"the learning rate {rate / 2:.3g}"
    )
    screen.press(" ")
    screen.wait_for(lambda t: step_of(t) > step + 2, "training to go on")

    screen.resize(24, 80)
    screen.wait_for(
        lambda t: "quit" in t.lines[23] and any("loss" in line for line in t.lines),
        "the screen to be laid out for 80x24",
    )

    screen.press("q")
    assert screen.wait_for_end() == 0
    assert b"\x1b[?1049h" in screen.raw
    assert screen.left_behind() == set()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_ends_the_dashboard_with_its_code_and_gives_the_terminal_back(
    terminal, number, code
):
    screen = terminal("run", "vanishing", "--steps", "100000", "--pace", "10")
    screen.wait_for(lambda t: "training" in t.text and step_of(t) > 2, "the first steps")
    os.kill(screen.pid, number)
    assert screen.wait_for_end() == code
    assert screen.left_behind() == set()


def test_a_diverged_run_stays_on_the_screen_until_the_person_quits(terminal):
    screen = terminal("run", "exploding")
    screen.wait_for_text("diverged")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


@pytest.mark.parametrize("state", ["paused", "finished"])
def test_nothing_is_sent_to_the_terminal_when_nothing_goes_on(terminal, state):
    screen = terminal("run", "vanishing", "--steps", "30", *["--paused"] * (state == "paused"))
    screen.wait_for_text(state)
    screen.wait_for_silence()
    assert state in screen.text


def test_the_gallery_opens_and_runs_what_is_chosen(terminal):
    screen = terminal()
    screen.wait_for_text("vanishing")
    screen.press("\r")
    screen.wait_for_text(r"step +[\d,]+/")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


def test_data_that_cannot_be_used_is_said_in_one_line_on_the_terminal_as_it_was(terminal, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    screen = terminal("run", "healthy", "--data", "empty.csv", "--target", "class")
    assert screen.wait_for_end() == 2
    assert screen.left_behind() == set()
    assert [line for line in screen.lines if "backscope:" in line and "empty.csv" in line]
    assert "Traceback" not in screen.text


@pytest.mark.parametrize("words", [("run", "vanishing"), ()])
@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_can_do_nothing_gets_one_line_and_no_escape(terminal, words, term):
    screen = terminal(*words, TERM=term)
    assert screen.wait_for_end() == 2
    assert "needs a terminal" in screen.text
    assert b"\x1b" not in screen.raw
    assert len([line for line in screen.lines if line.strip()]) <= 2


def test_headless_on_a_terminal_rewrites_one_line_and_takes_it_away(terminal):
    screen = terminal("run", "vanishing", "--headless", "--steps", "20", "--pace", "20")
    screen.wait_for_text(r"step \d+ of 20")
    assert screen.wait_for_end() == 0
    assert not re.search(r"step \d+ of 20  ", screen.text)
    assert "finished after 20 of 20 steps" in screen.raw.decode()
    assert screen.left_behind() == set()


def test_interrupting_a_headless_run_prints_the_summary_of_what_was_done(terminal):
    screen = terminal("run", "vanishing", "--headless", "--steps", "100000", "--pace", "50")
    screen.wait_for_text(r"step \d+ of 100,000  loss")
    screen.press("\x03")
    assert screen.wait_for_end() == 130
    assert re.search(rb"stopped after \d+ of 100,000 steps", screen.raw)


def test_piped_and_headless_there_are_plain_lines_and_a_summary():
    done = subprocess.run(
        [*COMMAND, "run", "vanishing", "--headless", "--steps", "30", "--pace", "60"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
        check=False,
    )
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr
    assert "finished after 30 of 30 steps" in done.stdout
    assert all(re.match(r"step \d+ of 30", line) for line in done.stderr.splitlines())
    assert 1 <= len(done.stderr.splitlines()) <= 10


def test_interrupting_a_json_run_still_prints_one_object(terminal, tmp_path):
    output = tmp_path / "run.json"
    screen = terminal(
        "run", "vanishing", "--json", "--steps", "100000", "--pace", "50", output=output
    )
    screen.wait_for_text(r"step \d+ of 100,000  loss")
    screen.press("\x03")
    assert screen.wait_for_end() == 130
    assert json.loads(output.read_text())["state"] == "stopped"
    assert not screen.text.replace("^C", "").strip()
