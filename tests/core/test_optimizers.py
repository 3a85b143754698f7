"""Optimizers: PyTorch's trajectories, convergence, clipping, and the norm that does not lie."""

import copy
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.norm import norm
from backscope.core.optimizers import (
    OPTIMIZERS,
    add_weight_decay,
    average_gradients,
    chain,
    clip_by_global_norm,
    clip_by_value,
    descend,
    make_clipping,
    make_optimizer,
)
from backscope.core.settings import TrainingSettings

SIZE, STEPS = 23, 80

TORCH_RUNS = [
    # optimizer, settings, PyTorch's class, its arguments
    ("sgd", {}, "SGD", {}),
    ("sgd", {"weight_decay": 0.05}, "SGD", {"weight_decay": 0.05}),
    ("momentum", {}, "SGD", {"momentum": 0.9}),
    ("momentum", {"momentum": 0.5}, "SGD", {"momentum": 0.5}),
    ("momentum", {"momentum": 0.0}, "SGD", {"momentum": 0.0}),
    ("momentum", {"dampening": 0.3}, "SGD", {"momentum": 0.9, "dampening": 0.3}),
    (
        "momentum",
        {"momentum": 0.8, "dampening": 1.0, "weight_decay": 0.1},
        "SGD",
        {"momentum": 0.8, "dampening": 1.0, "weight_decay": 0.1},
    ),
    ("nesterov", {}, "SGD", {"momentum": 0.9, "nesterov": True}),
    (
        "nesterov",
        {"momentum": 0.6, "weight_decay": 0.02},
        "SGD",
        {"momentum": 0.6, "weight_decay": 0.02, "nesterov": True},
    ),
    ("rmsprop", {}, "RMSprop", {}),
    ("rmsprop", {"alpha": 0.9, "epsilon": 1e-3}, "RMSprop", {"alpha": 0.9, "eps": 1e-3}),
    ("rmsprop", {"alpha": 0.0}, "RMSprop", {"alpha": 0.0}),
    ("rmsprop", {"weight_decay": 0.1}, "RMSprop", {"weight_decay": 0.1}),
    ("adam", {}, "Adam", {}),
    ("adam", {"beta1": 0.5, "beta2": 0.9}, "Adam", {"betas": (0.5, 0.9)}),
    ("adam", {"beta1": 0.0, "beta2": 0.0}, "Adam", {"betas": (0.0, 0.0)}),
    ("adam", {"epsilon": 0.1, "weight_decay": 0.05}, "Adam", {"eps": 0.1, "weight_decay": 0.05}),
    ("adamw", {}, "AdamW", {"weight_decay": 0.0}),
    ("adamw", {"weight_decay": 0.3}, "AdamW", {"weight_decay": 0.3}),
    (
        "adamw",
        {"weight_decay": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4},
        "AdamW",
        {"weight_decay": 0.05, "betas": (0.8, 0.95), "eps": 1e-4},
    ),
]


@pytest.fixture(params=OPTIMIZERS)
def name(request) -> str:
    return request.param


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request) -> type:
    return request.param


def noisy_gradients(seed=0):
    """A gradient that depends on the parameters and on the step, the same at every call."""
    rng = np.random.default_rng(seed)
    curvature = rng.uniform(0.1, 3, SIZE)
    noise = rng.standard_normal((STEPS, SIZE)) * 10.0 ** rng.uniform(-3, 1, SIZE)
    noise[:, 0] = 0  # one parameter that never gets a gradient of its own
    curvature[0] = 0
    return lambda parameters, step: curvature * parameters + noise[step]


def trajectory(optimizer, gradient, start, rate):
    parameters, state, path = start.copy(), optimizer.init(start), []
    for step in range(STEPS):
        slope = gradient(parameters, step).astype(start.dtype)
        parameters = parameters + optimizer.apply(slope, state, parameters, step + 1, rate(step))
        path.append(parameters)
    return np.array(path)


def torch_trajectory(torch, kind, arguments, gradient, start, rate):
    parameters = torch.tensor(start, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([parameters], lr=rate(0), **arguments)
    path = []
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = rate(step)
        slope = gradient(parameters.detach().numpy(), step).astype(start.dtype)
        parameters.grad = torch.tensor(slope)
        optimizer.step()
        path.append(parameters.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize(
    ("optimizer", "settings", "kind", "arguments"),
    TORCH_RUNS,
    ids=[f"{optimizer}-{settings}" for optimizer, settings, *_ in TORCH_RUNS],
)
@pytest.mark.parametrize("rate", [lambda step: 0.03, lambda step: 0.2 / (1 + step)])
def test_trajectories_are_those_of_pytorch(optimizer, settings, kind, arguments, rate, dtype):
    torch = pytest.importorskip("torch")
    start = np.random.default_rng(1).standard_normal(SIZE).astype(dtype)
    gradient = noisy_gradients()
    made = make_optimizer(TrainingSettings(optimizer=optimizer, **settings))
    ours = trajectory(made, gradient, start, rate)
    theirs = torch_trajectory(torch, kind, arguments, gradient, start, rate)
    tolerance = 1e-10 if dtype is np.float64 else 2e-5
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def test_every_optimizer_is_compared_with_pytorch_or_a_twin():
    assert {optimizer for optimizer, *_ in TORCH_RUNS} == set(OPTIMIZERS)


def test_velocity_from_zero_is_the_textbooks_running_mean():
    beta, rate, gradient = 0.8, 0.05, noisy_gradients(2)
    settings = TrainingSettings(
        optimizer="momentum", momentum=beta, dampening=beta, velocity_start="zero"
    )
    start = np.random.default_rng(3).standard_normal(SIZE)
    ours = trajectory(make_optimizer(settings), gradient, start, lambda step: rate)
    parameters, velocity = start.copy(), np.zeros(SIZE)
    for step in range(STEPS):
        velocity = beta * velocity + (1 - beta) * gradient(parameters, step)
        parameters = parameters - rate * velocity
        np.testing.assert_allclose(ours[step], parameters, rtol=1e-12, atol=1e-12)


def test_without_dampening_the_start_of_the_velocity_does_not_matter():
    gradient, start = noisy_gradients(4), np.ones(SIZE)
    one, other = (
        trajectory(
            make_optimizer(TrainingSettings(optimizer="momentum", velocity_start=word)),
            gradient,
            start,
            lambda step: 0.02,
        )
        for word in ("zero", "gradient")
    )
    np.testing.assert_array_equal(one, other)


def test_every_optimizer_finds_the_bottom_of_a_bowl(name, dtype):
    bottom = np.linspace(-1, 1, SIZE).astype(dtype)
    curvature = np.linspace(0.5, 2, SIZE).astype(dtype)
    optimizer = make_optimizer(TrainingSettings(optimizer=name))
    parameters = np.full(SIZE, 2, dtype)
    state = optimizer.init(parameters)
    start = norm(parameters - bottom)
    for step in range(600):
        gradient = curvature * (parameters - bottom)
        rate = 0.1 * 0.99**step
        parameters = parameters + optimizer.apply(gradient, state, parameters, step + 1, rate)
    assert norm(parameters - bottom) < 0.01 * start


def test_updates_keep_type_and_shape_and_leave_their_arguments_alone(name, dtype):
    rng = np.random.default_rng(0)
    parameters, gradient = rng.standard_normal((2, SIZE)).astype(dtype)
    parameters_before, gradient_before = parameters.copy(), gradient.copy()
    optimizer = make_optimizer(TrainingSettings(optimizer=name, weight_decay=0.1))
    state = optimizer.init(parameters)
    for step in range(1, 4):
        update = optimizer.apply(gradient, state, parameters, step, np.float64(0.1))
        assert update.dtype == dtype
        assert update.shape == (SIZE,)
        held = list(state.values())
        for array in (parameters, gradient, *held):
            assert not np.shares_memory(update, array)
        assert all(array.dtype == dtype for array in held)
    np.testing.assert_array_equal(parameters, parameters_before)
    np.testing.assert_array_equal(gradient, gradient_before)


def test_updates_are_added_and_go_downhill_at_first(name):
    gradient = np.array([1.0, -2.0, 3.0])
    optimizer = make_optimizer(TrainingSettings(optimizer=name))
    update = optimizer.apply(gradient, optimizer.init(np.zeros(3)), np.zeros(3), 1, 0.1)
    assert (np.sign(update) == -np.sign(gradient)).all()


def test_a_learning_rate_of_zero_moves_nothing(name):
    optimizer = make_optimizer(TrainingSettings(optimizer=name, weight_decay=0.1))
    parameters = np.ones(3)
    state = optimizer.init(parameters)
    assert not optimizer.apply(parameters, state, parameters, 1, 0.0).any()


def test_the_state_is_a_flat_dict_from_which_a_run_goes_on_exactly(name):
    optimizer = make_optimizer(TrainingSettings(optimizer=name))
    gradient, parameters = noisy_gradients(), np.ones(SIZE)
    state = optimizer.init(parameters)
    for step in range(5):
        parameters = parameters + optimizer.apply(
            gradient(parameters, step), state, parameters, step + 1, 0.1
        )
    assert all(isinstance(value, np.ndarray) for value in state.values())
    restored = copy.deepcopy(state)
    again = make_optimizer(TrainingSettings(optimizer=name))
    for step in range(5, 10):
        slope = gradient(parameters, step)
        one = optimizer.apply(slope, state, parameters, step + 1, 0.1)
        other = again.apply(slope, restored, parameters, step + 1, 0.1)
        np.testing.assert_array_equal(one, other)
        parameters = parameters + one


def test_two_runs_of_one_optimizer_do_not_share_their_state(name):
    optimizer = make_optimizer(TrainingSettings(optimizer=name))
    gradient, start = noisy_gradients(), np.ones(SIZE)
    first = trajectory(optimizer, gradient, start, lambda step: 0.05)
    second = trajectory(optimizer, gradient, start, lambda step: 0.05)
    np.testing.assert_array_equal(first, second)


def test_a_velocity_handed_out_is_not_the_one_remembered():
    transform, gradient = average_gradients(0.9), np.ones(3)
    state = transform.init(gradient)
    handed_out = transform.apply(gradient, state, gradient, 1, 0.1)
    handed_out[:] = np.nan
    np.testing.assert_allclose(transform.apply(gradient, state, gradient, 2, 0.1), 1.9)


def test_a_chain_goes_from_left_to_right():
    gradient, parameters = np.array([3.0, -4.0]), np.array([10.0, 10.0])
    decayed_last = chain(clip_by_value(1.0), add_weight_decay(0.1), descend())
    clipped_last = chain(add_weight_decay(0.1), clip_by_value(1.0), descend())
    np.testing.assert_allclose(decayed_last.apply(gradient, {}, parameters, 1, 0.5), [-1.0, 0.0])
    np.testing.assert_allclose(clipped_last.apply(gradient, {}, parameters, 1, 0.5), [-0.5, 0.5])


def test_a_chain_of_nothing_hands_the_gradient_through():
    gradient = np.array([1.0, 2.0])
    np.testing.assert_array_equal(chain().apply(gradient, {}, gradient, 1, 0.1), gradient)


def test_a_chain_may_hold_a_chain():
    inner = chain(average_gradients(0.9), descend())
    outer = chain(add_weight_decay(0.1), inner)
    settings = TrainingSettings(optimizer="momentum", weight_decay=0.1)
    gradient, start = noisy_gradients(), np.ones(SIZE)
    np.testing.assert_array_equal(
        trajectory(outer, gradient, start, lambda step: 0.1),
        trajectory(make_optimizer(settings), gradient, start, lambda step: 0.1),
    )


def test_a_chain_says_so_when_two_transforms_would_share_a_memory():
    with pytest.raises(ValueError, match="velocity"):
        chain(average_gradients(0.9), average_gradients(0.5)).init(np.zeros(3))


# Clipping


@pytest.mark.parametrize("largest", [1e-3, 1.0, 4.9, 5.0, 5.1, 1e6])
def test_clipping_by_norm_is_that_of_pytorch(largest, dtype):
    torch = pytest.importorskip("torch")
    gradient = np.array([3.0, 0.0, -4.0], dtype)
    parameter = torch.zeros(3, dtype=torch.tensor(gradient).dtype, requires_grad=True)
    parameter.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_([parameter], largest)
    clipped = clip_by_global_norm(largest).apply(gradient, {}, gradient, 1, 0.1)
    assert clipped.dtype == dtype
    tolerance = 1e-15 if dtype is np.float64 else 2e-7
    np.testing.assert_allclose(clipped, parameter.grad.numpy(), rtol=tolerance)


@pytest.mark.parametrize("largest", [0.5, 3.0, 100.0])
def test_clipping_by_value_is_that_of_pytorch(largest, dtype):
    torch = pytest.importorskip("torch")
    gradient = np.array([3.0, 0.0, -4.0, 0.2], dtype)
    parameter = torch.zeros(4, dtype=torch.tensor(gradient).dtype, requires_grad=True)
    parameter.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_value_([parameter], largest)
    clipped = clip_by_value(largest).apply(gradient, {}, gradient, 1, 0.1)
    assert clipped.dtype == dtype
    np.testing.assert_array_equal(clipped, parameter.grad.numpy())


@given(
    entries=st.lists(st.floats(-1e150, 1e150), min_size=1, max_size=20),
    clip_value=st.sampled_from([0.0, 1e-3, 1.0, 50.0]),
    clip_norm=st.sampled_from([0.0, 1e-3, 1.0, 50.0]),
)
def test_clipping_keeps_both_bounds_and_every_sign(entries, clip_value, clip_norm):
    gradient = np.array(entries)
    before = gradient.copy()
    clipping = make_clipping(TrainingSettings(clip_value=clip_value, clip_norm=clip_norm))
    if clipping is None:
        assert clip_value == clip_norm == 0
        return
    clipped = clipping(gradient)
    np.testing.assert_array_equal(gradient, before)
    if clip_value:
        assert np.abs(clipped).max() <= clip_value
    if clip_norm:
        assert norm(clipped) <= clip_norm * (1 + 1e-12)
    assert (np.sign(clipped) * np.sign(gradient) >= 0).all()
    if np.abs(gradient).max() < 1e-4 and norm(gradient) < 9e-4:
        np.testing.assert_array_equal(clipped, gradient)


def test_values_are_clipped_before_the_norm_so_that_one_wild_entry_does_not_silence_the_rest():
    clipping = make_clipping(TrainingSettings(clip_value=1.0, clip_norm=1.0))
    clipped = clipping(np.array([1e9, 1.0]))
    np.testing.assert_allclose(clipped, [math.sqrt(0.5), math.sqrt(0.5)], rtol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "huge"), [(np.float64, 1e200), (np.float64, 1e300), (np.float32, 1e19)]
)
def test_a_huge_gradient_is_clipped_to_the_norm_and_not_to_zero(dtype, huge):
    clipped = clip_by_global_norm(2.0).apply(np.full(9, huge, dtype), {}, np.zeros(9), 1, 0.1)
    assert norm(clipped) == pytest.approx(2.0, rel=1e-6)


def test_a_gradient_with_a_nan_is_not_clipped():
    gradient = np.array([1e9, np.nan])
    clipped = clip_by_global_norm(1.0).apply(gradient, {}, gradient, 1, 0.1)
    np.testing.assert_array_equal(clipped, gradient)


# The norm


def slow_norm(array):
    entries = [float(entry) for entry in array.ravel()]
    largest = max(map(abs, entries), default=0.0)
    if largest == 0:
        return 0.0
    return largest * math.sqrt(math.fsum((entry / largest) ** 2 for entry in entries))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (np.float64, 1e200),
        (np.float64, 1e-200),
        (np.float64, 1e307),
        (np.float64, 5e-324),
        (np.float64, 1e-154),
        (np.float64, 3e-161),
        (np.float64, 1e-162),
        (np.float64, 1.0),
        (np.float32, 1e19),
        (np.float32, 1e-30),
        (np.float32, 3e38),
        (np.float32, 1e-45),
        (np.float32, 1e-19),
        (np.float32, 3e-22),
        (np.float32, 1e-23),
        (np.float32, 1.0),
    ],
)
def test_the_norm_does_not_lie(dtype, value):
    array = np.full((3, 12), value, dtype)
    assert norm(array) == pytest.approx(6 * float(dtype(value)), rel=1e-6, abs=0)


@given(
    entries=st.lists(
        st.floats(allow_nan=False, allow_infinity=False, max_value=1e307, min_value=-1e307),
        max_size=40,
    )
)
def test_the_norm_agrees_with_a_slow_sum_in_float64(entries):
    array = np.array(entries, np.float64)
    assert norm(array) == pytest.approx(slow_norm(array), rel=1e-14, abs=5e-324)


@given(
    entries=st.lists(
        st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=40
    )
)
def test_the_norm_agrees_with_a_slow_sum_in_float32(entries):
    array = np.array(entries, np.float32)
    assert norm(array) == pytest.approx(slow_norm(array), rel=1e-6, abs=0)


@given(exponent=st.integers(-1000, 1000))
def test_the_norm_scales_with_its_argument(exponent):
    array = np.array([3.0, -1.5, 0.25, 7.0])
    expected = norm(array) * 2.0**exponent
    assert norm(array * 2.0**exponent) == pytest.approx(expected, rel=1e-15, abs=0)


def test_the_norm_of_a_large_float32_array_keeps_its_digits():
    array = np.random.default_rng(0).standard_normal(300_000).astype(np.float32)
    assert norm(array) == pytest.approx(
        float(np.linalg.norm(array.astype(np.float64))), rel=1e-5, abs=0
    )


def test_one_small_entry_beside_zeros_counts(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    assert norm(np.array([0, tiny, 0], dtype)) == float(tiny)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (4,), (2, 3)])
def test_the_norm_of_zeros_or_of_nothing_is_zero(shape, dtype):
    assert norm(np.zeros(shape, dtype)) == 0


def test_the_norm_of_what_is_not_finite_is_not_finite(dtype):
    assert norm(np.array([1, np.inf, 2], dtype)) == math.inf
    assert norm(np.array([1, -np.inf, 1e30], dtype)) == math.inf
    assert math.isnan(norm(np.array([1, np.nan, 2], dtype)))


def test_the_norm_does_not_ask_for_contiguous_entries(dtype):
    array = np.arange(24, dtype=dtype).reshape(4, 6)
    for view in (array.T, array[:, ::2], array[::-1]):
        assert norm(view) == pytest.approx(slow_norm(view), rel=1e-6, abs=0)


def test_the_norm_is_silent_even_where_others_raise():
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert norm(np.full(4, 1e200)) == pytest.approx(2e200, rel=1e-15)
        assert norm(np.full(4, 1e-200)) == pytest.approx(2e-200, abs=0)
