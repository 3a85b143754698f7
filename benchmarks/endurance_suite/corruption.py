"""Damaged copies of recorded runs: flipped bits, blocks of zeros or of noise, files cut off.

Each copy is read as the dashboard reads it, and repaired. All that is shown must be what was
measured, or be missing and counted; what cannot be read at all must be refused in one line.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from backscope.core.errors import DataError, InputError
from backscope.core.experiment import Experiment
from backscope.core.findings import Finding
from backscope.core.history import History
from backscope.core.kept_checkpoints import KeptCheckpoint
from backscope.core.record import Event, Row
from backscope.core.run import Run
from backscope.core.store import checkpoints, places
from backscope.core.store.database import LOGS
from backscope.core.store.description import Description
from backscope.core.store.places import Place
from backscope.core.store.recording import Recording
from backscope.core.store.repairing import repair
from backscope.core.store.stored_run import StoredRun
from backscope.core.trainer import Trainer

from .checks import differing
from .experiments import experiments

STEPS = 4_600
"""Of each run: several blocks of rows, two of the entries above them, and rows not folded yet."""
FLUSHED_EVERY = 130
BLOCKS = (512, 4_096, 8_192, 65_536)
"""Bytes that are zeroed, or written over."""
KINDS = ("bit", "zeros", "noise", "cut")
WIDTHS = (1, 37, 400)
"""Columns of the envelopes that are compared."""


@dataclass(frozen=True)
class Base:
    """A sound run, its files, and what it says."""

    name: str
    files: dict[str, bytes]
    description: Description
    rows: Row
    events: tuple[Event, ...]
    findings: dict[int, tuple[Finding, ...]]
    """By step."""
    checkpoints: dict[int, bytes]


@dataclass(frozen=True)
class Damage:
    """What is done to which file of a run."""

    base: Base
    kind: str
    seed: int


@dataclass
class Outcome:
    """What came of reading a damaged copy, and of repairing it."""

    what: str
    """The damage, in words."""
    refused: bool = False
    repair_refused: bool = False
    gaps: int = 0
    """Steps, events or findings that are missing."""
    counted: bool = True
    """What is missing was counted as damaged."""
    lost: int = 0
    """Steps that the repaired run does not have."""
    wrong: list[str] = field(default_factory=list)
    """What is shown and is not so."""
    tracebacks: list[str] = field(default_factory=list)


def bases(folder: Path, seed: int, steps: int = STEPS) -> list[Base]:
    """A run that has ended, one that was killed and has its log, one that went back on the way."""
    os.environ[places.HOME] = str(folder)
    plain, adam, *_ = experiments(100_000, seed)
    ended = _recorded(plain, steps)
    ended.run.end()
    ended.finish()
    killed = _recorded(adam, steps)
    torn = Place(folder / "torn")
    shutil.copytree(killed.place.directory, torn.directory)
    killed.run.end()
    killed.finish()
    return [
        _base("ended", ended.place),
        _base("killed", torn),
        _base("went back", _went_back(plain, steps // 2)),
    ]


def _recorded(experiment: Experiment, steps: int) -> Recording:
    trainer = Trainer(experiment)
    recording = Recording.of_new(Run(trainer, History(trainer.layout, keep_rows=steps)))
    _train(recording, steps)
    return recording


def _train(recording: Recording, steps: int) -> None:
    for done in range(0, steps, FLUSHED_EVERY):
        recording.run.advance(min(FLUSHED_EVERY, steps - done))
        recording._recorder.finish()  # with a checkpoint


def _went_back(experiment: Experiment, steps: int) -> Place:
    """A run that did some steps at another rate, was taken back, and did them anew."""
    recording = _recorded(experiment, steps)
    kept: list[KeptCheckpoint] = []
    recording.run.keep(kept.append)
    recording.run.apply_changes()
    recording.run.change_rate(10.0)
    _train(recording, steps)
    recording.run.end()
    recording.finish()
    again = Recording.of_fork(recording.place, recording.run.fork(kept[0]))
    _train(again, steps)
    again.run.end()
    again.finish()
    return again.place


def _base(name: str, place: Place) -> Base:
    files = {
        path.name: path.read_bytes()
        for path in place.directory.iterdir()
        if path.name in (place.file, *(place.file + end for end in LOGS))
    }
    run = StoredRun(place)
    snapshot, diagnosis = run.history.snapshot(), run.diagnosis()
    stored = run._connection.execute("SELECT step, data FROM checkpoint").fetchall()
    base = Base(
        name=name,
        files=files,
        description=run.description,
        rows=np.concatenate([values for _, values in snapshot.rows()]),
        events=snapshot.events,
        findings={
            step: diagnosis.update(run.history.until(step))
            for step in np.linspace(1, snapshot.last_step, 12).astype(int).tolist()
        },
        checkpoints=dict(stored),
    )
    run.close()
    return base


def damages(sound: Sequence[Base], count: int, seed: int) -> list[Damage]:
    """So many, every kind of every run by turns."""
    kinds = len(KINDS)
    return [
        Damage(sound[at // kinds % len(sound)], KINDS[at % kinds], seed + at) for at in range(count)
    ]


def damaged(damage: Damage) -> Outcome:
    """Damage a copy, read it, repair it."""
    folder = Path(mkdtemp(prefix="backscope-damage-"))
    try:
        rng = np.random.default_rng(damage.seed)
        files = dict(damage.base.files)
        weights = np.array([len(data) for data in files.values()], float)
        name = str(rng.choice(list(files), p=weights / weights.sum()))
        files[name], what = _spoiled(files[name], damage.kind, rng)
        place = Place(folder / "run")
        place.directory.mkdir()
        for each, data in files.items():
            (place.directory / each).write_bytes(data)
        outcome = Outcome(f"{damage.base.name}, {name}: {what}, seed {damage.seed}")
        _repaired(damage.base, place, folder / "repaired.db", outcome)
        _read(damage.base, place, outcome)
        return outcome
    finally:
        shutil.rmtree(folder)


def _spoiled(data: bytes, kind: str, rng: np.random.Generator) -> tuple[bytes, str]:
    spoiled, at = bytearray(data), int(rng.integers(len(data)))
    if kind == "bit":
        bit = int(rng.integers(8))
        spoiled[at] ^= 1 << bit
        return bytes(spoiled), f"bit {bit} of byte {at} flipped"
    if kind == "zeros":
        length = int(rng.choice(BLOCKS))
        at -= at % length
        spoiled[at : at + length] = bytes(len(spoiled[at : at + length]))
        return bytes(spoiled), f"{length} bytes at {at} zeroed"
    if kind == "noise":
        length = int(rng.choice(BLOCKS))
        spoiled[at : at + length] = rng.bytes(len(spoiled[at : at + length]))
        return bytes(spoiled), f"{length} bytes at {at} written over"
    return data[:at], f"cut off at {at}"


def _one_line(outcome: Outcome, work: Callable[[], None]) -> bool:
    """Do it; False where it was refused in one line."""
    try:
        work()
    except (DataError, InputError) as error:
        if "\n" in str(error):
            outcome.tracebacks.append(f"more than one line: {error}")
        return False
    except Exception:
        outcome.tracebacks.append(traceback.format_exc())
    return True


def _read(base: Base, place: Place, outcome: Outcome) -> None:
    def read() -> None:
        run = StoredRun(place)
        try:
            gaps, counted = _compared(base, run, outcome, "")
            outcome.gaps = gaps
            outcome.counted = counted
        finally:
            run.close()

    outcome.refused = not _one_line(outcome, read)


def _repaired(base: Base, place: Place, target: Path, outcome: Outcome) -> None:
    def mend() -> None:
        told = repair(place, target)
        run = StoredRun(Place(target.parent, target.name))
        try:
            _compared(base, run, outcome, "repaired: ")
            whole = sum(len(steps) for steps, _ in run.history.snapshot().rows())
            if told.steps != whole:
                outcome.wrong.append(f"repaired: {told.steps} steps said, {whole} there")
            outcome.lost = len(base.rows) - whole
        finally:
            run.close()

    outcome.repair_refused = not _one_line(outcome, mend)


def _compared(base: Base, run: StoredRun, outcome: Outcome, when: str) -> tuple[int, bool]:
    """Compare all that is shown; how much is missing, and whether that was counted."""
    wrong = outcome.wrong
    if run.description != base.description:
        wrong.append(f"{when}another description")
    snapshot, diagnosis = run.history.snapshot(), run.diagnosis()
    if not 0 <= snapshot.count <= len(base.rows):
        wrong.append(f"{when}{snapshot.count} steps")
        return 0, True
    whole = np.zeros(snapshot.count, np.bool_)
    for steps, values in snapshot.rows():
        whole[steps[0] - 1 : steps[-1]] = True
        bad = differing(values, base.rows[steps[0] - 1 : steps[-1]])
        if bad:
            wrong.append(f"{when}{bad} values of steps {steps[0]} to {steps[-1]}")
    narrow = _compare_envelopes(base, run, outcome, when)
    missing = [event for event in base.events if event.step < snapshot.last_step]
    if set(snapshot.events) - set(base.events):
        wrong.append(f"{when}events that were none: {set(snapshot.events) - set(base.events)}")
    missing = [event for event in missing if event not in snapshot.events]
    stale = 0
    for step, findings in base.findings.items():
        if step <= snapshot.last_step and (said := diagnosis.update(run.history.until(step))):
            if said != findings:
                wrong.append(f"{when}findings at step {step}: {[each.kind for each in said]}")
        elif step <= snapshot.last_step and findings:
            stale += 1
    stored = checkpoints.newest(run._connection, "it") if _has_checkpoint(run) else None
    if stored is not None:
        true = base.checkpoints.get(stored.checkpoint.step)
        if true is not None and checkpoints.encode(stored.checkpoint) != true:
            wrong.append(f"{when}checkpoint of step {stored.checkpoint.step}")
    gaps = int((~whole).sum()) + len(missing) + stale
    counted = run.history.damaged + len(diagnosis.damaged) > 0 or not (gaps or narrow)
    return gaps, counted


def _has_checkpoint(run: StoredRun) -> bool:
    try:
        return checkpoints.newest(run._connection, "it") is not None
    except (DataError, sqlite3.DatabaseError):
        return False


def _compare_envelopes(base: Base, run: StoredRun, outcome: Outcome, when: str) -> bool:
    """Whether some column does not hold all extremes of its steps."""
    snapshot, narrow = run.history.snapshot(), False
    count, layout = snapshot.count, snapshot.layout
    if not count:
        return False
    for name in ("loss", "accuracy", "error_signal", "update_ratio", "dead"):
        columns = layout.columns(name)
        measured = base.rows[:count, columns]
        finite = np.where(np.isfinite(measured), measured, np.nan)
        known = base.rows[:, columns].T
        for width in WIDTHS:
            found = snapshot.envelope(name, 1, count + 1, width)
            low, high = (each.reshape(width, -1) for each in (found.low, found.high))
            bounds = np.ceil(found.edges).astype(int) - 1
            shown = np.isfinite(low)
            for line in range(low.shape[1]):
                said = np.concatenate([each[shown[:, line], line] for each in (low, high)])
                strange = int((~np.isin(said, known[line])).sum())
                if strange:
                    outcome.wrong.append(f"{when}{strange} extremes of {name}")
            filled = np.flatnonzero(bounds[:-1] < bounds[1:])
            least = np.fmin.reduceat(finite, bounds[filled])
            most = np.fmax.reduceat(finite, bounds[filled])
            inside = (low[filled] <= least) & (most <= high[filled]) | np.isnan(least)
            narrow = narrow or not inside.all()
    return narrow


def corruption_lines(found: Sequence[Outcome], seconds: float) -> list[str]:
    """The figures, as text."""
    wrong = [each for each in found if each.wrong]
    traced = [each for each in found if each.tracebacks]
    uncounted = [each for each in found if not each.counted]
    lines = [
        f"damaged copies: {len(found)}, {1000 * seconds / max(len(found), 1):.0f} ms each",
        f"  silent wrong values: {len(wrong)}; tracebacks: {len(traced)}",
        f"  read: {sum(each.refused for each in found)} refused in one line, "
        f"{sum(each.gaps > 0 and not each.refused for each in found)} with gaps, "
        f"{len(uncounted)} of them not counted as damaged",
        f"  repaired: {sum(each.repair_refused for each in found)} refused in one line, "
        f"{sum(each.lost > 0 for each in found)} with steps lost, of those in the median "
        f"{np.median([each.lost for each in found if each.lost] or [0]):,.0f}",
    ]
    for title, of in (("wrong", wrong), ("traceback", traced), ("not counted", uncounted)):
        said = Counter(
            text
            for each in of
            for text in (each.wrong if of is wrong else each.tracebacks or [""])[:1]
        )
        lines += [f"  {title}: {each.what}" for each in of[:5]]
        lines += [f"  {times} x {text}" for text, times in said.most_common(5) if text]
    return lines
