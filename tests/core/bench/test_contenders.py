"""The contenders train one and the same network, each in its own code."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from backscope.core.bench import contenders
from backscope.core.bench.contenders import (
    BACKSCOPE,
    CONTENDERS,
    check_same_training,
    make_contenders,
    versions,
)
from backscope.core.bench.workloads import WORKLOADS, Exercise, Workload

STEPS = 20
SMALL = {
    "binary": Workload("binary", 2, (5, 4), 1, "sigmoid", "xavier_normal", "sgd", 0.5, 64),
    "relu": Workload("relu", 6, (8,) * 3, 4, "relu", "he_normal", "sgd", 0.1, 32),
    "adam": Workload("adam", 6, (8,) * 3, 4, "relu", "he_normal", "adam", 0.01, 32),
    "tanh": Workload("tanh", 3, (7, 7), 5, "tanh", "xavier_normal", "adam", 0.01, 128),
}
HERE = [name for name in CONTENDERS if name != "JAX jit"]
"""JAX has a process of its own: where it is loaded, forking is an error to it."""
IN_JAX = """
import json
from backscope.core.bench.contenders import BACKSCOPE, CONTENDERS
from backscope.core.bench.workloads import Exercise, Workload
exercise = Exercise({workload!r}, {dtype!r})
weights = [array.copy() for pair in exercise.weights for array in pair]
losses = []
for name in (BACKSCOPE, "JAX jit"):
    contender = CONTENDERS[name].make(exercise)
    contender.advance({steps})
    losses.append(contender.loss())
same = all((a == b).all() for a, b in zip(weights, sum(exercise.weights, ()), strict=True))
print(json.dumps([*losses, same]))
"""


def made(name, exercise):
    entry = CONTENDERS[name]
    if entry.package and versions()[entry.package] is None:
        pytest.skip(f"{entry.package} is not installed")
    if exercise.workload.optimizer not in entry.optimizers:
        pytest.skip("takes no part in this workload")
    return entry.make(exercise)


@pytest.mark.parametrize("workload", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-5), ("float64", 1e-11)])
@pytest.mark.parametrize("name", [name for name in HERE if name != "scikit-learn"])
def test_the_same_batches_lead_to_the_same_loss(name, workload, dtype, tolerance):
    exercise = Exercise(workload, dtype)
    reference, contender = CONTENDERS[BACKSCOPE].make(exercise), made(name, exercise)
    before = reference.loss()
    assert contender.loss() == pytest.approx(before, rel=tolerance)
    reference.advance(STEPS)
    assert contender.advance(STEPS) == STEPS
    assert abs(reference.loss() - before) > 100 * tolerance
    assert contender.loss() == pytest.approx(reference.loss(), rel=tolerance)


@pytest.mark.skipif(versions()["jax"] is None, reason="jax is not installed")
@pytest.mark.parametrize("workload", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-5), ("float64", 1e-11)])
def test_jax_comes_to_the_same_loss_and_leaves_the_weights_alone(workload, dtype, tolerance):
    code = IN_JAX.format(workload=workload, dtype=dtype, steps=STEPS)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    backscope, jax, same = json.loads(done.stdout)
    assert jax == pytest.approx(backscope, rel=tolerance)
    assert same


@pytest.mark.parametrize("name", HERE)
def test_no_contender_changes_what_the_others_start_from(name):
    exercise = Exercise(SMALL["relu"] if "fused" not in name else SMALL["adam"])
    weights = [(W.copy(), b.copy()) for W, b in exercise.weights]
    X = exercise.X.copy()
    made(name, exercise).advance(2)
    assert np.array_equal(exercise.X, X)
    for (W, b), (W_before, b_before) in zip(exercise.weights, weights, strict=True):
        assert np.array_equal(W, W_before)
        assert np.array_equal(b, b_before)


@pytest.mark.parametrize("workload", [SMALL["binary"], SMALL["adam"]], ids=["binary", "adam"])
def test_scikit_learn_trains_whole_epochs_of_the_same_shape(workload):
    exercise = Exercise(workload)
    contender = made("scikit-learn", exercise)
    epoch = len(exercise.X) // workload.batch
    assert contender.advance(1) == epoch
    assert contender.advance(epoch + 1) == 2 * epoch
    model = contender._model
    assert model.t_ == 3 * len(exercise.X)
    assert [W.shape for W in model.coefs_] == [W.shape for W, _ in exercise.weights]
    assert {W.dtype for W in model.coefs_} == {np.dtype("float32")}
    assert contender.loss() is None


def test_the_telemetry_contenders_measure_what_they_say():
    exercise = Exercise(SMALL["relu"])
    seen = {}
    for name in ("Backscope: loss, norms, silent", "Backscope: everything"):
        contender = CONTENDERS[name].make(exercise)
        contender.advance(1)
        record = contender.record()
        seen[name] = {
            metric.name
            for metric in record.layout.layer_metrics
            if np.isfinite(record.row[record.layout.columns(metric.name)]).any()
        }
    some, everything = seen.values()
    assert {"weight_gradient_norm", "silent"} <= some
    assert not some & {"dead", "error_signal", "activation_mean"}
    assert {"error_signal", "activation_mean", "update_ratio"} <= everything
    assert "dead" not in everything  # not of the step's own arrays


def test_a_training_that_has_ended_is_no_fast_training():
    exercise = Exercise(replace(SMALL["relu"], learning_rate=1e9))
    with pytest.raises(RuntimeError, match="diverged"):
        CONTENDERS[BACKSCOPE].make(exercise).advance(500)


def test_what_is_not_installed_takes_no_part(monkeypatch):
    monkeypatch.setattr(
        contenders, "versions", lambda: {"torch": None, "jax": None, "scikit-learn": None}
    )
    assert list(make_contenders(Exercise(SMALL["adam"]))) == [
        name for name, entry in CONTENDERS.items() if not entry.package
    ]


def test_contenders_that_train_different_networks_are_found_out():
    exercise = Exercise(SMALL["relu"])
    other = Exercise(replace(SMALL["relu"], learning_rate=0.11))
    textbook = CONTENDERS["textbook NumPy"]
    with pytest.raises(RuntimeError, match=r"relu: after 10 steps the loss of wrong is 1"):
        check_same_training(
            exercise, {"right": textbook.make(exercise), "wrong": textbook.make(other)}
        )


@pytest.mark.parametrize("name", WORKLOADS)
def test_textbook_and_backscope_agree_on_every_workload(name):
    exercise = Exercise(WORKLOADS[name], "float64")
    pair = {name: CONTENDERS[name].make(exercise) for name in (BACKSCOPE, "textbook NumPy")}
    check_same_training(exercise, pair)
