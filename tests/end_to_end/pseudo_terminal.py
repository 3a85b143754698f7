"""The command on a real pseudo-terminal: what a person sees, types and is left with.

Everything waits for text on the screen and never for a time, so that a slow machine only takes
longer; ``PATIENCE`` bounds a wait that would never end.
"""

import os
import re
import shlex
import sys
import termios
import time

import pexpect
import pytest
from emulated_screen import EmulatedScreen

PATIENCE = 120.0
COMMAND = [sys.executable, "-m", "backscope"]

MODES = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
ON_AT_REST = {7, 25}
"""Private modes that a terminal at rest has on: lines wrap, the cursor is visible."""


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
        self._screen = EmulatedScreen(columns, rows)
        self._settings = termios.tcgetattr(self._child.child_fd)
        self._child.sendline("")

    @property
    def pid(self):
        return self._child.pid

    @property
    def text(self):
        return "\n".join(self._screen.lines)

    @property
    def lines(self):
        return self._screen.lines

    def press(self, keys):
        self._child.send(keys)

    def resize(self, rows, columns):
        self._screen.resize(columns, rows)
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
        self._screen.feed(data)
        return True


def wait_until(seen, what):
    """Wait for something that does not show on the screen."""
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)
