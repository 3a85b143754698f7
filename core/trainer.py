"""The training loop as a generator: whoever pulls it owns pause, single step and stop.

Step k measures the loss, the gradients and the layers at the parameters *before* its update; the
validation loss is measured after it. The loop ends with FINISHED, or with DIVERGED at the first
value that is not finite: that step is recorded, named, and its update is not applied (unless the
value is the validation loss after it).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from math import isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import losses
from .checkpoint import Checkpoint, layers_of
from .data import PreparedData
from .experiment import Experiment
from .facts import facts_before_training
from .given_targets import targets_given
from .held_out import HeldOut
from .interventions import Intervention, Outcome
from .minibatches import Indices
from .network import Parameters, Trace
from .probe_schedule import ProbeSchedule
from .probes import SCHEDULED, Cadence, layout_of
from .record import GLOBAL_METRICS, Array, Event, NonFinite, RunState, StepRecord
from .regime import Regime
from .schedules import change_of_rate
from .setup import set_up

_COLUMN = {metric.name: at for at, metric in enumerate(GLOBAL_METRICS)}
EPOCH, LOSS, ACCURACY = (_COLUMN[name] for name in ("epoch", "loss", "accuracy"))
VALIDATION = slice(_COLUMN["validation_loss"], _COLUMN["validation_accuracy"] + 1)
RATE, NORM, CLIPPED_NORM = (
    _COLUMN[name] for name in ("learning_rate", "gradient_norm", "clipped_gradient_norm")
)
FINISHED, RUNNING = RunState.FINISHED, RunState.RUNNING
EVERY_STEP, ACTIVATIONS, TRUST = Cadence.EVERY_STEP, Cadence.ACTIVATIONS, Cadence.TRUST
"""Names that every step asks for, bound once."""
PROMISED, TRUST_RATIO = _COLUMN["promised"], _COLUMN["trust_ratio"]


class Trainer:
    """A network, its data and its optimizer, trained a step at a time.

    Args:
        experiment: what to train.
        data: prepared data, if at hand; None: prepared from the experiment.
        checkpoint: where to go on; None: from the beginning.
        clock: seconds; what measuring costs is told by it.

    Attributes:
        experiment: what is trained, as it was given.
        parameters: a list of layers with ``W (fan_in, fan_out)``, ``b (fan_out,)`` and, where the
            layer normalizes, ``gamma`` and ``beta``; writable in place.
        layout: which columns the records have.
        facts: what the diagnosis must know besides the records.
        state: READY, RUNNING, FINISHED or DIVERGED.
        steps_planned: steps in the whole run.

    Raises:
        InputError: the data cannot be read, or does not fit the loss; or the checkpoint belongs to
            other layers or data.
    """

    def __init__(
        self,
        experiment: Experiment,
        data: PreparedData | None = None,
        *,
        checkpoint: Checkpoint | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.experiment = experiment
        setup = set_up(experiment, data)
        self.data = setup.data
        self.network = setup.network
        self.parameters: list[Parameters] = self.network.parameters
        self.layout = layout_of(self.network.plans, experiment.probes)
        self.steps_planned = setup.steps_planned
        self._targets = setup.targets
        self._minibatches = setup.minibatches
        self._generators = setup.generators
        self._mask_seed = setup.mask_seed
        self._regime = Regime(experiment, setup)
        self._clock = clock
        measured = [each for each in SCHEDULED if each is TRUST or self._regime.measuring[each]]
        self._schedule = ProbeSchedule(experiment.probes, self.steps_planned, measured)
        self.state = RunState.READY
        self.step = 0
        self._events: list[Event] = []
        self._held_out = HeldOut(
            self.network, self.data, setup.validation_targets, experiment.training
        )
        self.facts = facts_before_training(
            experiment, self.data, self.network, setup.probe_rows, self.steps_planned
        )
        if checkpoint is not None:
            self._restore(checkpoint)

    # What a person at the front door uses ---------------------------------------------------

    def steps(self, *, errors_ignored: bool = False) -> Iterator[StepRecord]:
        """Train: one record per step, until the run is finished or has diverged.

        The generator picks up where the trainer stands, so that it may be dropped and taken anew.

        Args:
            errors_ignored: whoever asks for a step does so under ``np.errstate(all="ignore")``;
                else every step enters it anew, which takes as long as measuring some layers.
        """
        step = self._step if errors_ignored else self._step_by_itself
        while not self.state.final:
            yield step()

    def loss_and_gradients(
        self, X: ArrayLike, y: ArrayLike
    ) -> tuple[float, list[tuple[Array, Array]]]:
        """The training loss of a batch and its gradients, without an update.

        Batch normalization uses the batch's statistics and leaves the running ones alone; dropout
        draws the same mask every time.

        Args:
            X: inputs as the network sees them, ``(batch, inputs)``.
            y: class labels ``(batch,)``, or targets ``(batch, outputs)``, one-hot for classes. One
                output may go without its column; for two classes it is that of the second one.

        Returns:
            The loss, and ``(dW, db)`` of each layer (copies).

        Raises:
            ValueError: a shape does not fit the network.
        """
        X = np.asarray(X, self.network.dtype)
        self.network.check_inputs(X)
        targets = targets_given(
            np.asarray(y),
            len(X),
            self.network.plans[-1].fan_out,
            len(self.data.classes),
            self._regime.settings.loss,
            self.network.dtype,
        )
        masks = self.network.draw_masks(len(X), np.random.default_rng(self._mask_seed))
        with np.errstate(all="ignore"):
            loss, _, _ = self._propagate(X, targets, masks)
        return loss, [(layer.W.copy(), layer.b.copy()) for layer in self.network.gradients]

    def predict(self, X: ArrayLike) -> Array:
        """What the network says of inputs as it sees them, ``(rows, inputs)``, in evaluation mode.

        Returns:
            ``(rows, outputs)``: probabilities for the cross-entropies, else the outputs themselves.
        """
        with np.errstate(all="ignore"):
            outputs = self.network.forward(np.asarray(X, self.network.dtype)).outputs
            return losses.probabilities(outputs, self._regime.settings.loss)

    def training_rows(self, rows: int) -> tuple[Array, NDArray[Any]]:
        """The first so many training rows and their targets, as network and loss want them."""
        return self.data.X_train[:rows], self._targets[:rows]

    # What a driver uses ---------------------------------------------------------------------

    @property
    def base_learning_rate(self) -> float:
        """The rate of the next step before warm-up and schedule."""
        return self._regime.base_rate(self.step)

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        return self._regime.learning_rate(self.step)

    @property
    def rate_changes(self) -> tuple[tuple[float, ...], ...]:
        """Every change of the base rate, ``(step, rate)``: the planned ones and those by hand."""
        return self._regime.settings.rate_changes

    def change_rate(self, rate: float) -> None:
        """Make this the base learning rate from the next step on, whatever was planned for it."""
        self.intervene(Intervention("rate", rate))

    def data_for(self, experiment: Experiment) -> PreparedData | None:
        """The prepared data, where they are also those of another experiment; else None."""
        own = self.experiment
        from_logits = losses.LOSSES[own.training.loss].from_logits
        same = (experiment.data, experiment.seed, experiment.folder, experiment.dtype) == (
            own.data,
            own.seed,
            own.folder,
            own.dtype,
        ) and losses.LOSSES[experiment.training.loss].from_logits == from_logits
        return self.data if same else None

    @property
    def checkpoint_bytes(self) -> int:
        """What a checkpoint takes."""
        return self.network.theta.nbytes * (1 + len(self._regime.descent.memory))

    def checkpoint(self) -> Checkpoint:
        """All that a new trainer needs to go on from here, to the last bit; between two steps."""
        return Checkpoint(
            step=self.step,
            diverged=self.state is RunState.DIVERGED,
            layers=layers_of(self.network.plans),
            rows=self._minibatches.rows,
            theta=self.network.theta.copy(),
            running=self.network.running_statistics,
            descent=self._regime.descent.state(),
            waiting=self._minibatches.waiting,
            generators={name: rng.bit_generator.state for name, rng in self._generators.items()},
            best_validation=self._held_out.best,
            evaluations_since_best=self._held_out.since_best,
            rate_changes=self._regime.settings.rate_changes,
            interventions=self._regime.agenda.texts,
            carried_out=self._regime.agenda.done,
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        rows = self._minibatches.rows
        checkpoint.require_fit(self.network.plans, rows, self.network.dtype)
        self.network.theta[...] = checkpoint.theta
        self.network.running_statistics = checkpoint.running
        self._regime.restore(checkpoint)
        self._minibatches.waiting = checkpoint.waiting
        for name, rng in self._generators.items():
            rng.bit_generator.state = checkpoint.generators[name]
        self._held_out.best = checkpoint.best_validation
        self._held_out.since_best = checkpoint.evaluations_since_best
        self.step = checkpoint.step
        if checkpoint.diverged:
            self.state = RunState.DIVERGED
        elif self.step:
            self.state = self._state_after_step()

    @property
    def interventions(self) -> tuple[str, ...]:
        """Every intervention, as an experiment plans it: the planned ones and those by hand."""
        return self._regime.agenda.texts

    @property
    def clip_norm(self) -> float:
        """The norm that the gradient of the next step is clipped to; 0: it is not."""
        return self._regime.settings.clip_norm

    def intervene(self, intervention: Intervention) -> Outcome:
        """Change something before the next step, and say what came of it.

        Raises:
            ValueError: no such intervention, or not with this value.
        """
        return self._regime.intervene(intervention, self.step)

    def take_events(self) -> list[Event]:
        """The events since this was last asked."""
        events, self._events = self._events, []
        return events

    @property
    def probe_share(self) -> float:
        """Time spent on scheduled measuring of late, as a share of the time of training."""
        return self._schedule.share

    def advance_bare(self, steps: int) -> float:
        """Train so many steps with no record, measuring nothing: what all else is compared with.

        The gradients are looked at for numbers that are not finite as ever, and end the run.

        Returns:
            The loss of the last of them, before its update; NaN where none was done.
        """
        with np.errstate(all="ignore"):
            newest = deque(islice(self.bare_steps(), steps), maxlen=1)
        return newest[0] if newest else nan

    def bare_steps(self) -> Iterator[float]:
        """The same one by one: the loss of each; asked for under ``np.errstate(all="ignore")``."""
        while not self.state.final:
            step = self.step + 1
            if step >= self._regime.agenda.next_step:
                self._events.extend(self._regime.carry_out_planned(self.step))
            loss, total = self._compute(self._minibatches.draw())
            rate, descent = self.learning_rate, self._regime.descent
            nonfinite = descent.prepare(step, loss, total, rate)
            if nonfinite is None:
                descent.apply(step)
            self._ended(nonfinite)
            yield loss

    # The step -------------------------------------------------------------------------------

    def _step_by_itself(self) -> StepRecord:
        # errstate is per thread and must not leak through a yield: it is entered here.
        with np.errstate(all="ignore"):
            return self._step()

    def _step(self) -> StepRecord:
        record = self._train_one()
        self._ended(record.nonfinite)
        return record

    def _ended(self, nonfinite: NonFinite | None) -> None:
        """A step is over: count it, and say where the run stands."""
        self.step += 1
        if nonfinite is not None:
            self.state = RunState.DIVERGED
        else:
            self.state = self._state_after_step()
            if self.state is FINISHED and self._held_out.patience_is_over:
                stalled = Event(self.step, "early_stopping", "validation loss has stalled")
                self._events.append(stalled)

    def _state_after_step(self) -> RunState:
        over = self.step >= self.steps_planned or self._held_out.patience_is_over
        return FINISHED if over else RUNNING

    def _train_one(self) -> StepRecord:
        started = self._clock()
        step, row = self.step + 1, self.layout.empty_row()
        regime = self._regime
        if step >= regime.agenda.next_step:
            self._events.extend(regime.carry_out_planned(self.step))
        rate, settings = self.learning_rate, regime.settings
        change = change_of_rate(settings, step) if settings.rate_changes else None
        if change is not None and (step, change[1]) in self.experiment.training.rate_changes:
            self._events.append(Event.of_rate(step, *change))  # those by hand are marked by the run
        rows = self._minibatches.draw()
        loss, total = self._compute(rows)
        due, descent = self._schedule.due(step), regime.descent
        nonfinite = descent.prepare(step, loss, total, rate)
        if nonfinite is not None:
            due = self._schedule.cadences
        for columns, measured in regime.measuring[EVERY_STEP]:
            row[columns] = measured()
        for cadence in due:
            if cadence is TRUST:
                continue  # that is known only after the update
            begun = self._clock()
            if cadence is ACTIVATIONS:
                descent.keep()
            for columns, measured in regime.measuring[cadence]:
                row[columns] = measured()
            if cadence is ACTIVATIONS:
                outputs, labels = descent.fast.trace.outputs, self.data.y_train[rows]
                row[ACCURACY] = losses.accuracy(outputs, labels, settings.loss)
                row[PROMISED] = descent.promised()
            self._schedule.measured(cadence, step, self._clock() - begun)
        trusted = nonfinite is None and TRUST in due
        # With the update itself: kept, it costs more than it does otherwise.
        begun = self._clock() if trusted else started
        if trusted:
            descent.keep()
        if descent.kept and ACTIVATIONS not in due:
            row[PROMISED] = descent.promised()
        if nonfinite is None:
            descent.apply(step)
        if trusted:
            row[TRUST_RATIO] = descent.trust_ratio(loss, float(row[PROMISED]))
            self._schedule.measured(TRUST, step, self._clock() - begun)
        self._schedule.stepped(self._clock() - started)
        if nonfinite is None and (
            step == self.steps_planned or self._held_out.due(step, self._minibatches)
        ):
            row[VALIDATION] = self._held_out.evaluate()
            if len(self.data.X_validation) and not isfinite(row[VALIDATION.start]):
                nonfinite = NonFinite(step, None, "validation loss", 1, 1, 0.0)
        row[EPOCH] = self._minibatches.epochs(step)
        row[LOSS] = loss
        row[RATE], row[NORM], row[CLIPPED_NORM] = rate, total, descent.clipped_norm(total)
        row.setflags(write=False)
        return StepRecord(step, row, self.layout, nonfinite)

    def _compute(self, rows: Indices) -> tuple[float, float]:
        """Loss of the batch of these rows, and norm of its gradient."""
        network = self.network
        rng = self._generators["dropout"]
        masks = network.draw_masks(len(rows), rng) if network.drops_out else ()
        return self._regime.descent.compute(rows, masks)

    def _propagate(
        self, X: Array, targets: NDArray[Any], masks: list[Array | None]
    ) -> tuple[float, Trace, list[Array]]:
        """Forward, loss, backward; the gradients are in ``network.gradients``."""
        trace = self.network.forward(X, training=True, masks=masks)
        loss, doutputs = losses.LOSSES[self._regime.settings.loss].evaluate(trace.outputs, targets)
        return loss, trace, self.network.backward(trace, doutputs)
