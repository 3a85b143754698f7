"""A cure tried beside the patient: the sick run as it is, and the same one treated, in lockstep.

A cure that needs a restart has both begin at the first step, from the same seed. One that acts on
the running network has both go on from where the patient stands, and one that rolls back from its
last good checkpoint. The patient itself is only looked at.
"""

from __future__ import annotations

import threading

from .cures import Cure, How, cured
from .errors import InputError
from .experiment import changed
from .gate import Gate
from .interventions import Intervention
from .kept_checkpoints import KeptCheckpoint
from .lockstep import Lockstep
from .quoting import quoted
from .run import Run
from .trainer import Trainer

PATIENCE = 10.0
"""Seconds that a running patient is given to come to the end of its step."""


def treat(patient: Run, cure: Cure, *, paused: bool = False, pace: float | None = None) -> Lockstep:
    """The sick run and the treated one, not driven yet; waits for the patient's step to end.

    Without a place to go back to, both begin at the first step.

    Args:
        patient: a run that is driven, or has ended.
        cure: what the second run is treated with.
        paused: hold both before their first step.
        pace: at most this many steps of each per second; None: as fast as they go.

    Raises:
        InputError: the cure does not apply: one line.
    """
    gate = Gate(paused=paused, pace=pace)
    kept = None if cure.how is How.RESTART else _place(patient, cure)
    if kept is None:
        if cure.intervention:
            raise InputError(
                f"the cure {quoted(cure.title)} acts on a running network, and this one cannot "
                "be taken up again"
            )
        pair = patient.experiment, cured(patient.experiment, cure)
        return Lockstep([Run(Trainer(each), gate=gate) for each in pair], gate)
    experiment = changed(patient.experiment, dict(cure.changes)) if cure.changes else None
    treated = patient.fork(kept, experiment, gate=gate)
    if cure.intervention:
        treated.intervene(Intervention(cure.intervention))
    return Lockstep([patient.fork(kept, gate=gate), treated], gate)


def _place(patient: Run, cure: Cure) -> KeptCheckpoint | None:
    """Where both go on from: the present, or the last good checkpoint."""
    live = isinstance(patient, Run) and not patient.state.final
    if cure.how is How.IN_PLACE and live:
        present = _present(patient)
        if present is not None:
            return present
    return patient.checkpoints.last_good


def _present(patient: Run) -> KeptCheckpoint | None:
    """A checkpoint of the patient as it stands; None where it has ended before it could answer."""
    answered = threading.Event()
    taken: list[KeptCheckpoint] = []

    def answer(kept: KeptCheckpoint) -> None:
        taken.append(kept)
        answered.set()

    patient.keep(answer)
    answered.wait(PATIENCE)
    return taken[0] if taken else None
