"""Whatever a file may say, training it keeps a few promises: drawn at random, and at the limits."""

import json
import random

import numpy as np
import pytest

from backscope.core.activations import ACTIVATIONS
from backscope.core.diagnosis import Diagnosis
from backscope.core.experiment import Experiment
from backscope.core.gradcheck import Verdict, check_gradients
from backscope.core.initializers import INITIALIZERS
from backscope.core.losses import LOSSES
from backscope.core.optimizers import OPTIMIZERS
from backscope.core.record import RunState
from backscope.core.report import report
from backscope.core.run import Run
from backscope.core.schedules import SCHEDULES
from backscope.core.trainer import Trainer

SEEDS = range(40)
STEPS = 12

SOURCES = {
    "cross_entropy": ("digits", "xor", "circles", "moons", "spirals"),
    "binary_cross_entropy": ("xor", "circles", "moons", "spirals"),
    "mse": ("digits", "moons", "sine"),
    "half_mse": ("digits", "spirals", "sine"),
}


def drawn(seed):
    """A valid experiment; usual values more often than the ends of their ranges."""
    one_of = random.Random(seed).choice
    loss = one_of(list(LOSSES))
    outputs = ["identity"] if LOSSES[loss].from_logits else list(ACTIVATIONS)
    return Experiment.from_dict(
        {
            "seed": seed,
            "dtype": one_of(["float64", "float32"]),
            "data": {
                "source": one_of(SOURCES[loss]),
                "rows": one_of([20, 60, 100]),
                "jitter": one_of([0.0, 0.1, 1e3]),
                "noise": one_of([0.0, 0.0, 0.3, 1.0]),
                "standardize": one_of([True, True, False]),
                "standardize_targets": one_of([False, True]),
                "validation": one_of([0.0, 0.01, 0.25, 0.5]),
            },
            "network": {
                "hidden": one_of([[], [1], [5], [4, 4], [3, 3, 8, 8], [6] * 12]),
                "activation": one_of(list(ACTIVATIONS)),
                "output_activation": one_of(outputs),
                "initializer": one_of(list(INITIALIZERS)),
                "gain": one_of([1.0, 1.0, 1.0, 0.0, 0.5, 30.0, 1e6]),
                "std": one_of([0.1, 0.0, 1e6]),
                "bias": one_of([0.0, 0.0, 0.0, 0.5, -3.0, 1e6]),
                "normalization": one_of(["none", "none", "batch", "layer"]),
                "residual": one_of([False, True]),
                "residual_block": one_of([1, 2]),
                "dropout": one_of([0.0, 0.0, 0.3, 0.99]),
            },
            "training": {
                "loss": loss,
                "optimizer": one_of(list(OPTIMIZERS)),
                "learning_rate": one_of([0.01, 0.1, 0.0, 10.0, 1e9]),
                "batch_size": one_of([8, 32, 1, 1000]),
                "steps": STEPS,
                "weight_decay": one_of([0.0, 0.0, 0.01, 1e6]),
                "clip_norm": one_of([0.0, 0.0, 0.1, 1e-12]),
                "clip_value": one_of([0.0, 0.0, 0.1]),
                "epsilon": one_of([1e-8, 1e-300]),
                "schedule": one_of(list(SCHEDULES)),
                "warmup_steps": one_of([0, 5]),
                "rate_changes": one_of([[], [[7, 0.5]], [[7, 1e9]]]),
                "validate_every": one_of([0, 1, 5]),
            },
            "probes": {"activations_every": one_of([1, 5]), "dead_rows": one_of([1, 256])},
        }
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_any_experiment_ends_in_one_of_two_ways_and_can_be_told_as_json(seed):
    experiment = drawn(seed)
    run = Run(Trainer(experiment))
    run.drive()
    status, snapshot = run.status(), run.history.snapshot()
    assert status.state in (RunState.FINISHED, RunState.DIVERGED), status.error
    assert (status.state is RunState.DIVERGED) == (snapshot.nonfinite is not None)
    assert status.step == STEPS or snapshot.nonfinite.step == status.step
    until = STEPS + 1 if snapshot.nonfinite is None else snapshot.nonfinite.step
    for _, rows in snapshot.rows(1, until):
        assert not np.isposinf(rows).any()
        assert np.isfinite(rows[:, snapshot.layout.columns("loss")]).all()
    assert json.dumps(report(run), allow_nan=False)
    again = Run(Trainer(experiment))
    again.drive()
    assert report(again)["layers"] == report(run)["layers"]
    for finding in Diagnosis(run.facts).update(snapshot):
        assert all(map(np.isfinite, finding.evidence.values()))
        assert 1 <= finding.since_step <= status.step
        assert "nan" not in finding.message.split()


@pytest.mark.parametrize("seed", list(SEEDS)[::4])
def test_the_gradient_of_any_experiment_is_never_called_wrong(seed):
    assert Verdict.FAIL not in {check.verdict for check in check_gradients(drawn(seed))}
