"""``backscope diagnose FILE.csv``: an exported history, judged as the run itself was."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from .. import __version__
from ..core.diagnosis import Diagnosis
from ..core.findings import Severity, any_reaches
from ..core.history import Snapshot
from ..core.imported import Imported, import_history
from ..core.plain import plain
from .exit_codes import DONE, FOUND
from .report_text import findings_lines, wrapped
from .safe_text import safe_text

LONGEST_NAME = 200


def run_diagnose(path: str, *, as_json: bool = False, fail_on: Severity | None = None) -> int:
    """Read a history, say what is wrong with it; the exit code.

    Args:
        path: of the csv file, as it was given.
        as_json: one JSON object instead of text.
        fail_on: exit with 4 where a finding is at least this severe.

    Raises:
        InputError: it cannot be read as a history.
    """
    imported = import_history(path)
    snapshot = imported.history.snapshot()
    diagnosis = Diagnosis(imported.facts)
    findings = diagnosis.update(snapshot)
    show = diagnose_json if as_json else diagnose_text
    if sys.stdout is not None:
        sys.stdout.write(show(path, imported, diagnosis))
    return FOUND if any_reaches(findings, fail_on) else DONE


def diagnose_text(path: str, imported: Imported, diagnosis: Diagnosis) -> str:
    """What was read, what was found, and what could not be judged."""
    snapshot = imported.history.snapshot()
    findings = diagnosis.update(snapshot)
    lines = wrapped(f"{safe_text(path, LONGEST_NAME)}: {_extent(snapshot)}")
    for note in imported.notes:
        lines += wrapped(f"note: {safe_text(note, 1_000)}")
    lines.append("")
    if findings or enough(snapshot):
        lines += findings_lines(plain(findings))
    else:
        lines += wrapped("findings: not enough evidence yet; a finding needs at least two steps")
    return "\n".join([*lines, *_not_judged(imported, diagnosis)]) + "\n"


def diagnose_json(path: str, imported: Imported, diagnosis: Diagnosis) -> str:
    """The same as one JSON object."""
    snapshot = imported.history.snapshot()
    findings = diagnosis.update(snapshot)
    said = {
        "version": __version__,
        "file": path,
        "first_step": snapshot.first_step,
        "last_step": snapshot.last_step,
        "layers": snapshot.layout.layers,
        "facts": imported.facts,
        "first_nonfinite": snapshot.nonfinite,
        "enough_evidence": bool(findings) or enough(snapshot),
        "findings": findings,
        "undecided": diagnosis.undecided,
        "not_judged": imported.unjudged,
        "notes": imported.notes,
    }
    return json.dumps(plain(said), allow_nan=False, indent=2) + "\n"


def enough(snapshot: Snapshot) -> bool:
    """Whether a rule can have held at two checks."""
    return snapshot.count >= 2


def _extent(snapshot: Snapshot) -> str:
    layers = snapshot.layout.n_layers
    return (
        f"steps {snapshot.first_step:,} to {snapshot.last_step:,}, "
        f"{layers} layer{'' if layers == 1 else 's'}"
    )


def _not_judged(imported: Imported, diagnosis: Diagnosis) -> Iterator[str]:
    """A line for each set of rules that lack the same: numbers, facts, or time."""
    kinds: dict[str, list[str]] = {}
    for kind, missing in imported.unjudged.items():
        kinds.setdefault(f"missing: {', '.join(missing)}", []).append(kind)
    for each in diagnosis.undecided:
        if each.kind not in imported.unjudged:
            kinds.setdefault(each.reason, []).append(each.kind)
    if kinds:
        yield ""
    for why, names in kinds.items():
        yield from wrapped(f"not judged: {', '.join(names).replace('_', ' ')} ({why})")
