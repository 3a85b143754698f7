"""Asking the diagnosis, and the peers, what they make of a recorded run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backscope.core.diagnosis import Diagnosis
from backscope.core.findings import Finding, Severity

from .alarm import Alarm
from .case import HEALTHY, Case, Part
from .outcome import Outcome
from .peers import PEERS
from .recording import Recording, recorded

EARLY = 60
"""The step of an early verdict: by then a network has had time, and little is lost yet."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as it was told, in short."""

    kind: str
    severity: Severity
    evidence: str

    @property
    def alarming(self) -> bool:
        """A warning or an error; a notice says that the network learns all the same."""
        return self.severity.rank >= Severity.WARNING.rank

    @classmethod
    def of(cls, finding: Finding) -> Told:
        """The finding without its words."""
        numbers = ", ".join(f"{name} {value:.3g}" for name, value in finding.evidence.items())
        return cls(finding.kind, finding.severity, numbers)


@dataclass(frozen=True, slots=True)
class Judged:
    """A case, how it ended, and everything that was said of it."""

    name: str
    family: str
    part: Part
    label: str
    accepted: frozenset[str]
    settings: str
    outcome: Outcome
    counts: bool
    """The outcome bears the label out."""
    story: tuple[tuple[int, tuple[Told, ...]], ...]
    """What stood from which step on."""
    alarms: dict[str, tuple[Alarm, ...]]
    """Of each peer, first ones first."""

    def standing(self, step: int | None = None) -> tuple[Told, ...]:
        """The warnings and errors that stood after a step (None: the last), causes first."""
        stood: tuple[Told, ...] = ()
        for since, findings in self.story:
            if step is None or since <= step:
                stood = findings
        return tuple(told for told in stood if told.alarming)

    def verdict(self, step: int | None = None) -> str:
        """The first of those, or ``HEALTHY``."""
        return next((told.kind for told in self.standing(step)), HEALTHY)

    @property
    def right(self) -> bool:
        """The verdict at the end is an accepted one."""
        return self.verdict() in self.accepted

    @property
    def ever(self) -> tuple[str, ...]:
        """Kinds that ever stood as a warning or an error."""
        seen = {told.kind for _, findings in self.story for told in findings if told.alarming}
        return tuple(sorted(seen))

    @property
    def latency(self) -> int | None:
        """The first step after which an accepted finding stood; None: never."""
        for step, findings in self.story:
            if any(told.kind in self.accepted for told in findings):
                return step
        return None

    def peer_verdict(self, peer: str, step: int | None = None) -> tuple[str, ...]:
        """What a peer's first alarm may mean; ``HEALTHY`` where it raised none up to the step."""
        for alarm in self.alarms[peer]:
            if step is None or alarm.step <= step:
                return alarm.kinds
        return (HEALTHY,)


def judged(case: Case, folder: Path | None = None, by_machine: bool = False) -> Judged:
    """Train a case (or take it from the folder) and judge it."""
    recording = recorded(case, folder, by_machine)
    outcome = Outcome.of(recording)
    return Judged(
        name=case.name,
        family=case.family,
        part=case.part,
        label=case.label,
        accepted=case.accepted,
        settings=_settings(case),
        outcome=outcome,
        counts=not case.label or outcome.bears_out(case),
        story=told(recording),
        alarms={name: peer(recording) for name, peer in PEERS.items()},
    )


def told(recording: Recording) -> tuple[tuple[int, tuple[Told, ...]], ...]:
    """What the diagnosis says step after step, wherever that changes."""
    diagnosis = Diagnosis(recording.facts)
    story: list[tuple[int, tuple[Told, ...]]] = []
    before: object = ()
    for step, history in enumerate(recording.replayed(), 1):
        findings = diagnosis.update(history.snapshot())
        if findings is not before:
            before, now = findings, tuple(map(Told.of, findings))
            if not story or story[-1][1] != now:
                story.append((step, now))
    return tuple(story)


def _settings(case: Case) -> str:
    """The experiment in a line, without rows and seed."""
    tables = [case.document["data"], case.document["network"], case.document["training"]]
    values = {key: value for table in tables for key, value in table.items()}
    return ", ".join(f"{key} {value}" for key, value in values.items() if key not in ("X", "y"))
