"""The tape: replayed formulas give the same bits as plain NumPy, whatever the values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.activations import ACTIVATIONS
from backscope.core.fast.tape import Scratch
from backscope.core.fast.taped import record
from backscope.core.losses import LOSSES, TargetForm


def replay(calls):
    with np.errstate(all="ignore"):
        for call in calls:
            call()


def fresh(function, *arrays):
    with np.errstate(all="ignore"):
        return function(*(array.copy() for array in arrays))


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


HOSTILE = [0.0, -0.0, 1e-30, -1e-30, 1.0, -1.0, 30.0, -700.0, 1e30, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_and_slope_of_every_activation_are_replayed_bit_for_bit(name, dtype):
    activation = ACTIVATIONS[name]
    z = np.zeros((6, 8), dtype)
    a, slope = np.empty_like(z), np.empty_like(z)
    scratch = Scratch()
    values, _ = record(activation.value, z, out=a, scratch=scratch)
    slopes, _ = record(activation.slope, z, a, out=slope, scratch=scratch)
    rng = np.random.default_rng(0)
    for numbers in (rng.standard_normal(48), rng.choice(HOSTILE, 48), 40 * rng.random(48)):
        z[...] = numbers.reshape(z.shape)
        replay(values + slopes)
        np.testing.assert_array_equal(a, fresh(activation.value, z))
        np.testing.assert_array_equal(slope, fresh(activation.slope, z, a))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_activation_is_left_to_be_called_as_it_is(name):
    z = np.zeros((6, 8))
    for function, arrays in ((ACTIVATIONS[name].value, (z,)), (ACTIVATIONS[name].slope, (z, z))):
        calls, _ = record(function, *arrays, out=np.empty_like(z))
        assert all(hasattr(call, "func") for call in calls)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_replayed_to_rounding_on_arrays_in_either_order(name, dtype):
    loss = LOSSES[name]
    rng = np.random.default_rng(1)
    labels = loss.targets is TargetForm.LABELS
    width = 1 if loss.targets is TargetForm.BINARY else 4
    targets = np.zeros(9, np.intp) if labels else np.zeros((9, width), dtype)
    for outputs in (np.zeros((9, width), dtype), np.zeros((width, 9), dtype).T):
        calls, (value, gradient) = record(loss.formula, outputs, targets)
        assert all(hasattr(call, "func") for call in calls)
        for scale in (1, 30):
            outputs[...] = scale * rng.standard_normal(outputs.shape)
            targets[...] = rng.integers(0, 4 if labels else 2, targets.shape)
            replay(calls)
            expected, doutputs = loss.evaluate(outputs, targets)
            tolerance = 1e-5 if dtype == "float32" else 1e-13
            assert float(value) == pytest.approx(expected, rel=tolerance)
            np.testing.assert_allclose(gradient, doutputs, rtol=tolerance, atol=tolerance / 10)


OPERATIONS = [
    lambda x, y: x + y,
    lambda x, y: x * y - 0.5,
    lambda x, y: np.maximum(x, y),
    lambda x, y: np.minimum(y, 0.25),
    lambda x, y: np.tanh(x) / (1 + y * y),
    lambda x, y: np.where(x > y, x, 2 * y),
    lambda x, y: np.clip(x, -0.5, 0.5) + y,
    lambda x, y: x - x.mean(axis=0, keepdims=True) * y,
    lambda x, y: y / (1 + x.sum(axis=1, keepdims=True) ** 2),
    lambda x, y: np.full_like(x, 0.5) * y,
    lambda x, y: x.T.T[1:][0] + y,
    lambda x, y: np.sqrt(np.abs(x)) + y.max(axis=1, keepdims=True),
]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 9)), min_size=1, max_size=9))
def test_any_chain_of_operations_is_replayed_whatever_lends_memory_to_what(chain):
    """Operation after operation on results drawn from all before: memory given back too early,
    or written before it was read, shows."""

    def formula(x, y):
        made = [x, y]
        for operation, which in chain:
            made.append(operation(made[which % len(made)], made[-1]))
        return made[-1] + made[len(made) // 2]

    x, y = np.zeros((3, 5)), np.zeros((3, 5))
    out = np.empty_like(x)
    calls, _ = record(formula, x, y, out=out)
    rng = np.random.default_rng(len(chain))
    for _ in range(2):
        x[...], y[...] = rng.standard_normal((2, 3, 5))
        replay(calls)
        np.testing.assert_allclose(out, fresh(formula, x, y), rtol=1e-9, atol=1e-12)


def test_what_a_formula_changes_in_place_is_changed_at_every_replay():
    def count(total, more):
        total += more
        return total * 2

    total, more = np.zeros(3), np.ones(3)
    calls, doubled = record(count, total, more)
    total[...] = 0
    for times in (1, 2, 3):
        replay(calls)
        np.testing.assert_array_equal(total, [times] * 3)
        np.testing.assert_array_equal(doubled, [2 * times] * 3)


def test_a_formula_that_branches_on_values_is_called_as_it_is():
    def stubborn(x):
        return x * 2 if x.sum() > 0 else -x

    x, out = np.ones(3), np.empty(3)
    calls, _ = record(stubborn, x, out=out)
    for value, expected in ((1.0, 2.0), (-1.0, 1.0)):
        x[...] = value
        replay(calls)
        np.testing.assert_array_equal(out, [expected] * 3)


def test_numbers_take_the_type_of_the_arrays_beside_them():
    x = np.ones(3, np.float32)
    _, result = record(lambda x: 1 / (2.5 + x) + 3, x)
    assert result.dtype == np.float32
