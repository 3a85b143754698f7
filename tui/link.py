"""The way to the terminal: what was written, and how much of it has not arrived yet.

A slow link takes what is written into its buffers and shows it seconds later. So after a frame the
terminal is asked where its cursor is; when it answers, everything before has arrived. As long as an
answer is due nothing more is drawn, and what is drawn then is the present. Each question puts the
cursor (which is hidden) into a column of its own, so that every answer says which question it is
to, and none can be taken for a key: ``ESC [ 1 ; 2 R`` would be shift+F3, row 2 is nothing else.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.driver import Driver

ROW = 2
FIRST_COLUMN, COLUMNS = 2, 8
PATIENCE = 8.0
"""Seconds to wait for an answer before one more frame is sent; twice as many the next time."""
TRIAL = 1.0
"""The same for a terminal that has never answered, which some cannot."""
TRIALS = 3
"""After so many questions without any answer no more are asked."""
FRAMES, ANSWERS = 1, 2
"""How much may be on its way: frames, and with the answer to a key."""
RECENT = 32
"""Round trips of which the shortest is told."""
REST, LONGEST_REST = 3.0, 1.0
"""How much longer than a frame is under way the link is left free for the answers to keys, and
seconds of it at most."""
AWAY = 2.0
"""An answer that took so many seconds more than the shortest comes from a terminal that had stopped
reading: what it shows now is as old, and it gets the present at once."""
LOOK = 0.1
"""Seconds until the next look whether a terminal that took nothing takes something."""
LAST_WORDS = 5.0
"""Seconds to wait at most for the last answer when the screen is left."""


class Link:
    """Counts what is written, asks whether it has arrived, and takes the time.

    May be used from any thread. Before ``open`` and after ``drain`` no question is asked.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._open = False
        self._proven = False
        self._within = False
        self._trials = 0
        self._column = FIRST_COLUMN
        self._due: deque[tuple[int, float]] = deque(maxlen=COLUMNS)
        self._trips: deque[float] = deque(maxlen=RECENT)
        self._asked_at = 0
        self._rested = 0.0
        self.held_up: Callable[[], bool] = lambda: False
        """Whether the terminal does not take what is written."""
        self.written = 0
        """Bytes written since the beginning."""

    def open(self) -> None:
        """A terminal is there that may be asked."""
        with self._changed:
            self._open = True
            self._due.clear()

    def wrote(self, text: str) -> None:
        """So much more text is on its way."""
        self.written += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))

    @contextmanager
    def one_frame(self) -> Iterator[None]:
        """What is written meanwhile is one frame: it is asked about once, afterwards."""
        self._within = True
        try:
            yield
        finally:
            self._within = False

    def question(self) -> str:
        """What is to be written behind a frame; empty: nothing, as it would tell nothing."""
        with self._changed:
            if not self._open or self._within or self.written == self._asked_at:
                return ""
            if not self._proven:
                if self._trials >= TRIALS or self._left() > 0.0:
                    return ""
                self._trials += 1
            self._column = FIRST_COLUMN + (self._column - FIRST_COLUMN + 1) % COLUMNS
            self._due.append((self._column, self._clock()))
            text = f"\x1b7\x1b[{ROW};{self._column}H\x1b[6n\x1b8"
            self._asked_at = self.written + len(text)
            return text

    def ask(self, driver: Driver | None) -> None:
        """Write the question behind what was written, if there is anything to ask and anybody."""
        question = self.question()
        if question and driver is not None:
            driver.write(question)

    def answered(self, row: int, column: int) -> bool:
        """The cursor is there, both counted from 1; False if this answers no question of ours."""
        with self._changed:
            asked = next((time for at, time in self._due if at == column), None)
            if row != ROW or asked is None:
                return False
            while self._due.popleft()[0] != column:
                pass  # a later answer tells of those before it as well
            now = self._clock()
            self._trips.append(now - asked)
            # What a round trip took more than the shortest, the link was busy.
            busy = now - asked - min(self._trips)
            rest = 0.0 if busy > AWAY else min(REST * busy, LONGEST_REST)
            self._rested = now + rest
            self._proven = True
            self._changed.notify_all()
            return True

    @property
    def round_trip(self) -> float | None:
        """Seconds from a frame to its answer, the shortest of late; None: none has come."""
        with self._changed:
            return min(self._trips, default=None)

    def wait(self, most: int = FRAMES) -> float:
        """Seconds until more may be written; 0: now, as fewer than ``most`` are on their way.

        An answer ends the wait. A frame also leaves the link free for a while. A terminal that has
        never answered lets no key wait, unless it takes nothing any more.
        """
        if self.held_up():
            return LOOK
        with self._changed:
            if not self._open or (most > FRAMES and not self._proven):
                return 0.0
            if len(self._due) >= most:
                return self._left()
            return max(self._rested - self._clock(), 0.0) if most == FRAMES else 0.0

    def _left(self) -> float:
        """Seconds until the answers that are due are given up; 0: there are none."""
        if not self._due:
            return 0.0
        patience = PATIENCE * 2 ** max(len(self._due) - ANSWERS, 0) if self._proven else TRIAL
        return max(self._due[-1][1] + patience - self._clock(), 0.0)

    def drain(self) -> bool:
        """Ask no more, and wait for the answers that are due: they are not to reach the shell.

        False: they have not come, though this terminal answers.
        """
        with self._changed:
            self._open = False
            if self._due:
                patience = min(max(4 * max(self._trips, default=0.0), TRIAL), LAST_WORDS)
                left = self._due[-1][1] + patience - self._clock()
                self._changed.wait_for(lambda: not self._due, max(left, 0.0))
            return not (self._due and self._proven)

    def lost(self) -> None:
        """The terminal is no more: it is asked nothing, and no answer is waited for."""
        with self._changed:
            self._open = False
            self._due.clear()
            self._changed.notify_all()
