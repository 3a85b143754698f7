"""Watching a run and saying what is wrong with it, the cause before its symptoms.

A diagnosis walks over fixed steps of a history and remembers which rules held there; how often it
is asked changes nothing, so a live run and a finished one get the same verdict. A finding stands
when its rule has held at two checks in a row, and is dropped when it has failed at two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite
from typing import Protocol

import numpy as np

from ..findings import Facts, Finding, Severity, Undecided
from ..history import Snapshot
from ..record import Event, NonFinite
from .loss_rules import STALLED_LOSS
from .reading import WINDOW, Reader, Reading
from .rules import RULES, SILENCED_AFTER, SILENCED_BESIDE, STRUCTURAL, SYMPTOMS
from .spikes import first_nonfinite
from .structural_rules import LEARNED_LOSS
from .verdict import Unsure, Verdict

NO_MORE = " It does not hold any more, but what it has done is still there."
"""Said of a finding that has ceased and stays named."""

START_STEPS = 20
"""What was found in so many steps is a fault of the start."""
CONFIRMATIONS = 2
"""Checks in a row that make a finding, or end it."""
SOUND_LOSS = 30.0
"""A first loss up to this is a sound start."""
ERROR_AFTER = 60
"""Steps that a network has before not learning is called an error."""


@dataclass(slots=True)
class _Standing:
    """A rule that holds, or held at the last check."""

    since: int
    verdict: Verdict
    held: int = 1
    missed: int = 0


class Diagnosing(Protocol):
    """Says what is wrong with a run: by what it measures, or by what was written down."""

    @property
    def undecided(self) -> tuple[Undecided, ...]:
        """What cannot be told, and why."""

    def update(self, snapshot: Snapshot) -> tuple[Finding, ...]:
        """The findings that stand at the end of a snapshot."""

    def marked(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what was found to have happened among its events."""


class Diagnosis:
    """The findings of one run.

    Checks are at its first step, the second, and then every 5 steps, less often (2 % of the steps
    so far, at most 100) in long runs; the first value that is not finite is judged at its own step
    and is the last check. Steps whose rows were dropped before they could be looked at are passed
    over.

    Args:
        facts: what must be known of the run besides its records.

    Attributes:
        events: what happened once and is over, in order: a loss that leaped up and came down again,
            a finding that does not hold any more, the first value that is not finite.
    """

    def __init__(self, facts: Facts) -> None:
        self._reader = Reader(facts)
        self._next = 1
        self._scanned = 0
        self._bad: NonFinite | None = None
        self._ended = False
        self._sound_start = False
        self._spiked = -WINDOW
        self._first_check = 0
        self._reading: Reading | None = None
        self._judged: Reading | None = None  # the one that the findings were made of
        self._standing: dict[str, _Standing] = {}
        self._stood: dict[str, int] = {}
        self._findings: tuple[Finding, ...] = ()
        self._unsure: dict[str, str] = {}
        self.events: tuple[Event, ...] = ()

    @property
    def undecided(self) -> tuple[Undecided, ...]:
        """What cannot be told at the last check, and why, in the order of ``RULES``."""
        return tuple(
            Undecided(kind, self._unsure[kind])
            for kind in RULES
            if kind in self._unsure and kind not in self._standing
        )

    def marked(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with ``events`` among its own, in the order of their steps."""
        return marked(snapshot, self.events)

    def update(self, snapshot: Snapshot) -> tuple[Finding, ...]:
        """Look at what is new; the findings that stand now, causes first.

        Args:
            snapshot: of the same history every time, and never an older one.
        """
        for _ in self.walk(snapshot):
            pass
        return self.findings

    def walk(self, snapshot: Snapshot) -> Iterator[int]:
        """Look at what is new one check at a time.

        Args:
            snapshot: as for ``update``.

        Yields:
            The step of each check, when ``findings`` and ``undecided`` are those of a run up to it.
        """
        if self._ended or not snapshot.count:
            return
        with np.errstate(all="ignore"):
            self._find_bad(snapshot)
        for step in self._due(snapshot):
            with np.errstate(all="ignore"):
                reading = self._reader.read(snapshot, step, self._sound_start)
                if reading is None:
                    continue
                self._check(reading)
            yield step
        if self._bad is not None:
            with np.errstate(all="ignore"):
                self._end(snapshot, self._bad)
            yield self._bad.step

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those that stand at the last check, causes first."""
        if self._reading is not self._judged:
            self._judged = self._reading
            with np.errstate(all="ignore"):
                self._findings = () if self._reading is None else self._made(self._reading)
        return self._findings

    def _find_bad(self, snapshot: Snapshot) -> None:
        """The first value that is not finite: as the trainer named it, else the loss."""
        self._bad = snapshot.nonfinite
        column = snapshot.layout.columns("loss").start
        for steps, rows in snapshot.rows(max(self._scanned + 1, snapshot.first_step)):
            if self._bad is not None:
                break
            self._scanned = int(steps[-1])
            wrong = np.flatnonzero(~np.isfinite(rows[:, column]))
            if len(wrong):
                self._bad = NonFinite(int(steps[wrong[0]]), None, "loss", 1, 1, 0.0)

    def _due(self, snapshot: Snapshot) -> Iterator[int]:
        """The check steps not yet passed, up to where values cease to be finite."""
        end = snapshot.last_step + 1 if self._bad is None else self._bad.step
        while (step := snapshot.first_step + self._next - 1) < end:
            self._next = following(self._next)
            yield step

    def _check(self, reading: Reading) -> None:
        if self._reading is None:
            self._start(reading)
            reading = replace(reading, sound_start=self._sound_start)
        for kind in RULES:
            self._note(kind, reading)
        spike = reading.spike
        if spike is not None and spike.step >= self._spiked + WINDOW:
            self._spiked = spike.step
            self.events = _in_order((*self.events, spike))
        self._reading = reading

    def _start(self, reading: Reading) -> None:
        self._first_check = reading.step
        self._sound_start = (
            isfinite(reading.decades)
            and reading.first_loss <= SOUND_LOSS
            and not any(isinstance(RULES[kind](reading), Verdict) for kind in STRUCTURAL)
        )

    def _end(self, snapshot: Snapshot, bad: NonFinite) -> None:
        """The last check: what was about to be confirmed stands, and nothing else is measured."""
        self._ended = True
        self.events = (*self.events, first_nonfinite(bad))
        reading = self._reader.read(snapshot, bad.step, self._sound_start) or self._reading
        if reading is None:
            return
        reading = replace(reading, step=bad.step, nonfinite=bad)
        if self._reading is None:
            self._check(reading)
            return
        for kind in ("learning_rate_too_large", "divergence"):
            self._note(kind, reading)
        self._reading = reading

    def _note(self, kind: str, reading: Reading) -> None:
        verdict, step = RULES[kind](reading), reading.step
        standing = self._standing.get(kind)
        if isinstance(verdict, Unsure):
            self._unsure[kind] = verdict.reason
            return  # what stands is neither borne out nor denied
        self._unsure.pop(kind, None)
        if verdict is None:
            if standing is not None:
                standing.missed += 1
                over = standing.missed >= CONFIRMATIONS or standing.held < CONFIRMATIONS
                if over and not self._lasting(kind, standing, reading):
                    self._drop(kind, standing, step)
            return
        if standing is None or (verdict.certain and not standing.verdict.certain):
            standing = self._standing[kind] = _Standing(step, verdict)
        else:
            standing.verdict, standing.missed = verdict, 0
            standing.held += 1
        if self._stands(standing):
            self._stood.setdefault(kind, standing.since)

    def _drop(self, kind: str, each: _Standing, step: int) -> None:
        """Let go of what does not hold any more; what has been said is taken back aloud."""
        standing = {kind: each for kind, each in self._standing.items() if self._stands(each)}
        if kind in standing and not self._silenced(kind, each, standing):
            text = f"{kind.replace('_', ' ')}, which stood since step {each.since:,}"
            self.events = _in_order((*self.events, Event(step, "no_more", text)))
        del self._standing[kind]

    def _lasting(self, kind: str, each: _Standing, reading: Reading) -> bool:
        """Whether a finding that has ceased is still what is wrong.

        A fault of the start, while the network has not learned since; a rate that was too large,
        while what it has broken stands.
        """
        if not self._stands(each):
            return False
        if kind in STRUCTURAL and each.since < self._first_check + START_STEPS:
            return reading.course.loss > STALLED_LOSS * min(reading.first_loss, 1.0)
        return any(
            self._stands(symptom) and symptom.since > self._first_check
            for other in SYMPTOMS.get(kind, ())
            if (symptom := self._standing.get(other)) is not None
        )

    def _stands(self, standing: _Standing) -> bool:
        verdict = standing.verdict
        sure = verdict.certain or verdict.confirmed or self._ended
        return sure or standing.held >= CONFIRMATIONS

    def _made(self, reading: Reading) -> tuple[Finding, ...]:
        standing = {kind: each for kind, each in self._standing.items() if self._stands(each)}
        order = list(RULES)
        return tuple(
            Finding(
                kind=kind,
                severity=self._severity(kind, each.verdict, reading),
                since_step=each.since,
                layers=each.verdict.said.layers,
                evidence=each.verdict.said.evidence,
                message=each.verdict.said.message
                + (NO_MORE if each.missed >= CONFIRMATIONS else ""),
            )
            # What was there before comes before what followed from it.
            for kind, each in sorted(
                standing.items(),
                key=lambda item: (not self._is_first(*item), order.index(item[0])),
            )
            if not self._silenced(kind, each, standing)
        )

    def _silenced(self, kind: str, each: _Standing, standing: dict[str, _Standing]) -> bool:
        if any(other in standing for other in SILENCED_BESIDE.get(kind, ())):
            return True
        return not all(self._were_before(kind, each))

    def _is_first(self, kind: str, each: _Standing) -> bool:
        """Whether it was there from the start, or before what could have brought it about."""
        before = self._were_before(kind, each)
        return each.since == self._first_check or (bool(before) and all(before))

    def _were_before(self, kind: str, each: _Standing) -> list[bool]:
        """For each finding that stood and could explain it: whether it was there before that."""
        steps = each.since - self._first_check
        return [
            self._stood[other] - self._first_check > (factor * steps if steps else 0)
            for other, factor in SILENCED_AFTER.get(kind, {}).items()
            if other in self._stood
        ]

    def _severity(self, kind: str, verdict: Verdict, reading: Reading) -> Severity:
        if self._ended or verdict.certain:
            return Severity.ERROR
        if kind == "overfitting" or reading.count < ERROR_AFTER:
            return Severity.WARNING
        loss = reading.course.loss
        if loss > STALLED_LOSS:
            return Severity.ERROR
        return Severity.NOTICE if loss < LEARNED_LOSS else Severity.WARNING


def marked(snapshot: Snapshot, events: tuple[Event, ...]) -> Snapshot:
    """A snapshot with more events among its own, in the order of their steps."""
    if not events:
        return snapshot
    return replace(snapshot, events=_in_order((*snapshot.events, *events)))


def _in_order(events: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: event.step))


def following(check: int) -> int:
    """The check after this one, both counted in steps from 1: 1, 2, 5, 10, 15 ..."""
    if check < 5:
        return 2 if check == 1 else 5
    return check + max(5, min(100, check // 50))
