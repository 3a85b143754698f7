"""The optimizer in pieces: the reference's trajectory, and nothing that stays subnormal."""

import numpy as np
import pytest

from backscope.core.fast import update as module
from backscope.core.fast.update import FLUSH_EVERY, Update
from backscope.core.optimizers import OPTIMIZERS, make_optimizer
from backscope.core.settings import TrainingSettings

SIZE = 37


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture(params=[8, 10**6], ids=["many pieces", "one piece"])
def pieces(request, monkeypatch):
    monkeypatch.setattr(module, "PIECE_BYTES", request.param * 8)


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_references_way(name, decay, dtype, pieces):
    optimizer = make_optimizer(TrainingSettings(optimizer=name, weight_decay=decay))
    rng = np.random.default_rng(0)
    theta = rng.standard_normal(SIZE).astype(dtype)
    expected, state = theta.copy(), optimizer.init(theta)
    gradient = np.zeros(SIZE, dtype)
    update = Update(optimizer, theta, gradient)
    np.testing.assert_array_equal(theta, expected)  # nothing has happened yet
    for step in range(1, 13):
        gradient[...] = rng.standard_normal(SIZE)
        rate = 0.1 / step
        made = optimizer.apply(gradient, state, expected, step, rate)
        update.set_factors(step, rate)
        if step % 3:
            update.apply()
        else:
            kept = update.keep()
            np.testing.assert_allclose(kept, made, rtol=1e-5, atol=1e-7)
            theta += kept
        expected = expected + made
        np.testing.assert_allclose(theta, expected, rtol=1e-5, atol=1e-6)
        for key, array in state.items():
            np.testing.assert_allclose(update.state[key], array, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_optimizer_is_left_to_be_called_as_it_is(name):
    update = Update(make_optimizer(TrainingSettings(optimizer=name)), np.zeros(4), np.zeros(4))
    assert len(update._applying) > 1
    assert all(hasattr(call, "func") for call in update._applying)


@pytest.mark.parametrize("name", ["momentum", "nesterov", "adam", "adamw"])
def test_what_is_remembered_of_dead_units_does_not_stay_subnormal(name):
    optimizer = make_optimizer(TrainingSettings(optimizer=name))
    gradient = np.ones(SIZE, np.float32)
    update = Update(optimizer, np.zeros(SIZE, np.float32), gradient)
    tiny = np.finfo(np.float32).tiny
    subnormal_steps = 0
    for step in range(1, 2001):
        if step == 2:
            gradient[...] = 0
        update.set_factors(step, 0.01)
        update.apply()
        if step % FLUSH_EVERY == 0:
            update.flush()
        subnormal_steps += any(
            ((array != 0) & (np.abs(array) < tiny)).any() for array in update.state.values()
        )
    assert subnormal_steps == 0


def test_a_sweep_spares_every_number_that_counts():
    optimizer = make_optimizer(TrainingSettings(optimizer="adam"))
    update = Update(optimizer, np.zeros(4, np.float32), np.zeros(4, np.float32))
    update.state["adam_sum"][...] = [1.0, -1e-30, 1e-40, 0.0]
    update.flush()
    np.testing.assert_array_equal(update.state["adam_sum"], np.float32([1.0, -1e-30, 0.0, 0.0]))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_entry_ever_exceeds_the_bound_that_an_optimizer_gives(name):
    """What makes it safe to apply an update without looking at it first."""
    optimizer = make_optimizer(TrainingSettings(optimizer=name))
    rng = np.random.default_rng(3)
    theta = np.zeros(SIZE)
    state, highest = optimizer.init(theta), 0.0
    for step in range(1, 60):
        gradient = rng.standard_normal(SIZE) * 10.0 ** rng.uniform(-12, 3)
        highest = max(highest, float(np.linalg.norm(gradient)))
        made = optimizer.apply(gradient, state, theta, step, 0.3)
        bound = optimizer.largest(highest, optimizer.factors(step, 0.3))
        for array in (made, *state.values()):
            assert np.abs(array).max() <= bound


def test_weight_decay_has_no_bound():
    optimizer = make_optimizer(TrainingSettings(optimizer="sgd", weight_decay=0.1))
    assert optimizer.largest(1.0, optimizer.factors(1, 0.1)) == np.inf
