"""Losses: slow loops, finite differences, PyTorch, and what they make of targets and outputs."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.errors import InputError
from backscope.core.losses import (
    LOSSES,
    Loss,
    TargetForm,
    accuracy,
    baseline,
    encode_targets,
    output_width,
    probabilities,
)
from backscope.core.task import Task

BATCH, CLASSES = 7, 4


@pytest.fixture(params=LOSSES.values(), ids=LOSSES.keys())
def loss(request) -> Loss:
    return request.param


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request) -> type:
    return request.param


def batch_for(loss, dtype=np.float64, seed=0, scale=2.0):
    """Outputs and fitting targets, whatever form of targets the loss takes."""
    rng = np.random.default_rng(seed)
    columns = 1 if loss.targets is TargetForm.BINARY else CLASSES
    outputs = (scale * rng.standard_normal((BATCH, columns))).astype(dtype)
    targets = {
        TargetForm.LABELS: lambda: rng.integers(CLASSES, size=BATCH),
        TargetForm.BINARY: lambda: rng.integers(2, size=(BATCH, 1)).astype(dtype),
        TargetForm.NUMBERS: lambda: rng.standard_normal((BATCH, columns)).astype(dtype),
    }[loss.targets]()
    return outputs, targets


def weights_for_classes(dtype=np.float64, seed=1):
    weights = np.random.default_rng(seed).random((BATCH, CLASSES))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(dtype)


def slow_softmax(row):
    largest = max(row)
    exponentials = [math.exp(logit - largest) for logit in row]
    return [e / sum(exponentials) for e in exponentials]


def slow_cross_entropy(outputs, labels):
    return sum(
        -math.log(slow_softmax(row)[label]) for row, label in zip(outputs, labels, strict=True)
    ) / len(outputs)


def slow_binary_cross_entropy(outputs, targets):
    total = 0.0
    for (logit,), (target,) in zip(outputs, targets, strict=True):
        p = 1 / (1 + math.exp(-logit))
        total += -target * math.log(p) - (1 - target) * math.log(1 - p)
    return total / len(outputs)


def slow_squares(outputs, targets):
    return [
        [(output - target) ** 2 for output, target in zip(*rows, strict=True)]
        for rows in zip(outputs, targets, strict=True)
    ]


def slow_mse(outputs, targets):
    rows = slow_squares(outputs, targets)
    return sum(map(sum, rows)) / (len(rows) * len(rows[0]))


def slow_half_mse(outputs, targets):
    rows = slow_squares(outputs, targets)
    return sum(sum(row) / 2 for row in rows) / len(rows)


TWINS = {
    "cross_entropy": slow_cross_entropy,
    "binary_cross_entropy": slow_binary_cross_entropy,
    "mse": slow_mse,
    "half_mse": slow_half_mse,
}


def differences(loss, outputs, targets, eps=1e-6):
    """The gradient by central differences, one output at a time."""
    gradient = np.zeros_like(outputs)
    for index in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[index] = eps
        above = loss.evaluate(outputs + step, targets)[0]
        below = loss.evaluate(outputs - step, targets)[0]
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def test_every_key_is_the_name_of_its_record():
    assert [record.name for record in LOSSES.values()] == list(LOSSES)


# Value and gradient


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("seed", range(3))
def test_values_agree_with_slow_loops(name, seed):
    outputs, targets = batch_for(LOSSES[name], seed=seed)
    value, _ = LOSSES[name].evaluate(outputs, targets)
    expected = TWINS[name](outputs.tolist(), targets.tolist())
    assert value == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_gradients_agree_with_central_differences(loss, seed):
    outputs, targets = batch_for(loss, seed=seed)
    _, gradient = loss.evaluate(outputs, targets)
    np.testing.assert_allclose(gradient, differences(loss, outputs, targets), atol=2e-9)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_the_gradient_of_cross_entropy_with_weights_agrees_with_central_differences(scale):
    # Rows that do not sum to 1 are no probabilities, but the gradient is still that of the value.
    loss, weights = LOSSES["cross_entropy"], scale * weights_for_classes()
    outputs, _ = batch_for(loss)
    _, gradient = loss.evaluate(outputs, weights)
    np.testing.assert_allclose(gradient, differences(loss, outputs, weights), atol=2e-9)


def test_types_and_shapes_stay_and_arguments_too(loss, dtype):
    outputs, targets = batch_for(loss, dtype)
    before, targets_before = outputs.copy(), targets.copy()
    value, gradient = loss.evaluate(outputs, targets)
    assert type(value) is float
    assert gradient.dtype == dtype
    assert gradient.shape == outputs.shape
    assert not np.shares_memory(gradient, outputs)
    np.testing.assert_array_equal(outputs, before)
    np.testing.assert_array_equal(targets, targets_before)


def test_float32_outputs_keep_their_type_beside_float64_targets(loss):
    outputs, targets = batch_for(loss)
    wide = targets if loss.targets is TargetForm.LABELS else targets.astype(np.float64)
    assert loss.evaluate(outputs.astype(np.float32), wide)[1].dtype == np.float32
    one_hot = np.eye(CLASSES)[np.arange(BATCH) % CLASSES]
    single = np.ones((BATCH, CLASSES), np.float32)
    assert LOSSES["cross_entropy"].evaluate(single, one_hot)[1].dtype == np.float32


def test_float32_agrees_with_float64(loss):
    outputs, targets = batch_for(loss, np.float32)
    wide = targets if loss.targets is TargetForm.LABELS else targets.astype(np.float64)
    value, gradient = loss.evaluate(outputs, targets)
    exact, exact_gradient = loss.evaluate(outputs.astype(np.float64), wide)
    assert value == pytest.approx(exact, rel=1e-6)
    np.testing.assert_allclose(gradient, exact_gradient, rtol=1e-6, atol=1e-7)


def test_the_batch_is_averaged_so_that_repeating_it_changes_nothing(loss):
    outputs, targets = batch_for(loss)
    value, gradient = loss.evaluate(outputs, targets)
    twice, gradient_twice = loss.evaluate(
        np.concatenate([outputs, outputs]), np.concatenate([targets, targets])
    )
    assert twice == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(2 * gradient_twice[:BATCH], gradient, rtol=1e-13)


def test_a_step_against_the_gradient_lowers_the_loss(loss):
    outputs, targets = batch_for(loss)
    value, gradient = loss.evaluate(outputs, targets)
    assert loss.evaluate(outputs - 0.1 * gradient, targets)[0] < value


def test_labels_and_one_hot_rows_are_the_same_to_cross_entropy(dtype):
    outputs, labels = batch_for(LOSSES["cross_entropy"], dtype)
    value, gradient = LOSSES["cross_entropy"].evaluate(outputs, labels)
    one_hot = np.eye(CLASSES, dtype=dtype)[labels]
    other, other_gradient = LOSSES["cross_entropy"].evaluate(outputs, one_hot)
    assert value == pytest.approx(other, rel=1e-6)
    np.testing.assert_allclose(gradient, other_gradient, rtol=1e-6, atol=1e-7)


@given(logit=st.floats(-700, 700), label=st.integers(0, 1))
def test_binary_cross_entropy_is_cross_entropy_with_a_second_logit_of_zero(logit, label):
    binary, slope = LOSSES["binary_cross_entropy"].evaluate(
        np.array([[logit]]), np.array([[float(label)]])
    )
    full, slopes = LOSSES["cross_entropy"].evaluate(np.array([[0.0, logit]]), np.array([label]))
    assert binary == pytest.approx(full, rel=1e-12, abs=1e-15)
    assert slope[0, 0] == pytest.approx(slopes[0, 1], abs=1e-15)


@given(
    logits=st.lists(st.floats(-50, 50), min_size=2, max_size=8),
    shift=st.floats(-1000, 1000),
)
def test_cross_entropy_knows_only_differences_of_logits(logits, shift):
    outputs, labels = np.array([logits]), np.array([0])
    value, gradient = LOSSES["cross_entropy"].evaluate(outputs, labels)
    shifted, shifted_gradient = LOSSES["cross_entropy"].evaluate(outputs + shift, labels)
    assert shifted == pytest.approx(value, rel=1e-9, abs=1e-11)
    np.testing.assert_allclose(shifted_gradient, gradient, atol=1e-11)
    assert abs(gradient.sum()) < 1e-14
    assert value >= 0


def test_a_perfect_output_has_the_loss_zero_without_a_sign():
    perfect = {
        "cross_entropy": (np.array([[1e4, 0.0]]), np.array([0])),
        "binary_cross_entropy": (np.array([[1e4], [-1e4]]), np.array([[1.0], [0.0]])),
        "mse": (np.ones((2, 3)), np.ones((2, 3))),
        "half_mse": (np.ones((2, 3)), np.ones((2, 3))),
    }
    for name, (outputs, targets) in perfect.items():
        value, gradient = LOSSES[name].evaluate(outputs, targets)
        assert str(value) == "0.0"
        assert not gradient.any()


# Extreme outputs


@pytest.mark.parametrize("size", [1e4, 1e37])
def test_extreme_logits_give_the_finite_truth(size, dtype):
    tolerance = 1e-12 if dtype is np.float64 else 1e-6
    outputs = np.array([[size, -size], [-size, size]], dtype)
    value, gradient = LOSSES["cross_entropy"].evaluate(outputs, np.array([0, 0]))
    assert value == pytest.approx(size, rel=tolerance)  # (0 + 2 size) / 2
    np.testing.assert_array_equal(gradient, np.array([[0, 0], [-0.5, 0.5]]))
    value, gradient = LOSSES["cross_entropy"].evaluate(outputs, np.eye(2, dtype=dtype)[[0, 0]])
    assert value == pytest.approx(size, rel=tolerance)
    np.testing.assert_array_equal(gradient, np.array([[0, 0], [-0.5, 0.5]]))
    outputs, targets = np.array([[size], [-size], [size]], dtype), np.array([[1], [0], [0]], dtype)
    value, gradient = LOSSES["binary_cross_entropy"].evaluate(outputs, targets)
    assert value == pytest.approx(size / 3, rel=tolerance)
    np.testing.assert_allclose(gradient, [[0], [0], [1 / 3]], rtol=1e-6)


@given(
    outputs=st.lists(st.floats(-1e300, 1e300), min_size=CLASSES, max_size=CLASSES),
    label=st.integers(0, CLASSES - 1),
)
def test_finite_logits_give_finite_cross_entropies_and_bounded_gradients(outputs, label):
    value, gradient = LOSSES["cross_entropy"].evaluate(np.array([outputs]), np.array([label]))
    assert math.isfinite(value)
    assert np.abs(gradient).max() <= 1
    value, gradient = LOSSES["binary_cross_entropy"].evaluate(
        np.array(outputs)[:, None], np.full((CLASSES, 1), label % 2)
    )
    assert math.isfinite(value)
    assert np.abs(gradient).max() <= 1


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_outputs_that_are_not_finite_give_no_exception_and_no_warning(loss, bad, dtype):
    outputs, targets = batch_for(loss, dtype)
    outputs[0] = bad
    outputs[1, 0] = bad
    if loss.targets is TargetForm.LABELS:
        targets[1] = 0
    value, gradient = loss.evaluate(outputs, targets)
    assert not math.isfinite(value)
    assert gradient.shape == outputs.shape
    assert not np.isfinite(gradient[0]).all() or loss.targets is TargetForm.BINARY


def test_squares_that_overflow_are_infinite_without_a_warning(dtype):
    huge = np.array([[1e200 if dtype is np.float64 else 1e30]], dtype)
    for name in ("mse", "half_mse"):
        value, gradient = LOSSES[name].evaluate(huge, np.zeros((1, 1), dtype))
        assert value == math.inf
        assert np.isfinite(gradient).all()


# Shapes


def test_targets_of_the_wrong_shape_are_told_with_both_shapes(loss):
    outputs, targets = batch_for(loss)
    with pytest.raises(ValueError, match=re.escape(str((BATCH - 1, *targets.shape[1:])))):
        loss.evaluate(outputs, targets[:-1])
    if loss.targets is not TargetForm.LABELS:
        expected = f"expected shape {outputs.shape}; got {(BATCH,)}"
        with pytest.raises(ValueError, match=re.escape(expected)):
            loss.evaluate(outputs, targets[:, 0])


def test_outputs_that_are_empty_or_no_matrix_are_told(loss):
    outputs, targets = batch_for(loss)
    for wrong in (outputs[:0], outputs[:, 0]):
        with pytest.raises(ValueError, match=re.escape(str(wrong.shape))):
            loss.evaluate(wrong, targets[: len(wrong)])


# PyTorch


def torch_loss(torch, name):
    functions = torch.nn.functional
    return {
        "cross_entropy": functions.cross_entropy,
        "binary_cross_entropy": functions.binary_cross_entropy_with_logits,
        "mse": torch.nn.MSELoss(),
        "half_mse": lambda outputs, targets: ((outputs - targets) ** 2 / 2).sum(dim=1).mean(),
    }[name]


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_values_and_gradients_are_those_of_pytorch(name, scale, dtype):
    torch = pytest.importorskip("torch")
    outputs, targets = batch_for(LOSSES[name], dtype, scale=scale)
    tensor = torch.tensor(outputs, requires_grad=True)
    expected = torch_loss(torch, name)(tensor, torch.tensor(targets))
    expected.backward()
    value, gradient = LOSSES[name].evaluate(outputs, targets)
    tolerance = 1e-12 if dtype is np.float64 else 2e-6
    assert value == pytest.approx(expected.item(), rel=tolerance)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=tolerance, atol=tolerance / 10)


def test_cross_entropy_with_probabilities_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    outputs, weights = batch_for(LOSSES["cross_entropy"])[0], weights_for_classes()
    tensor = torch.tensor(outputs, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(tensor, torch.tensor(weights))
    expected.backward()
    value, gradient = LOSSES["cross_entropy"].evaluate(outputs, weights)
    assert value == pytest.approx(expected.item(), rel=1e-13)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), atol=1e-15)


def test_binary_cross_entropy_takes_probabilities_for_targets_as_pytorch_does():
    torch = pytest.importorskip("torch")
    outputs, _ = batch_for(LOSSES["binary_cross_entropy"])
    targets = np.linspace(0, 1, BATCH)[:, None]
    tensor = torch.tensor(outputs, requires_grad=True)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(tensor, torch.tensor(targets))
    expected.backward()
    value, gradient = LOSSES["binary_cross_entropy"].evaluate(outputs, targets)
    assert value == pytest.approx(expected.item(), rel=1e-13)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), atol=1e-15)


# Targets and widths


LABELS = np.array([0, 2, 1, 1])


@pytest.mark.parametrize(
    ("name", "n_classes", "expected"),
    [
        ("cross_entropy", 3, [0, 2, 1, 1]),
        ("mse", 3, [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 0]]),
        ("half_mse", 4, [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 1, 0, 0]]),
    ],
)
def test_labels_are_encoded_as_the_loss_wants_them(name, n_classes, expected, dtype):
    encoded = encode_targets(LABELS, Task.CLASSIFICATION, n_classes, name, dtype)
    np.testing.assert_array_equal(encoded, expected)
    assert encoded.dtype == (np.intp if name == "cross_entropy" else dtype)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "mse", "half_mse"])
def test_two_classes_are_one_column_of_zeros_and_ones(name, dtype):
    encoded = encode_targets(np.array([0, 1, 1]), Task.CLASSIFICATION, 2, name, dtype)
    np.testing.assert_array_equal(encoded, [[0], [1], [1]])
    assert encoded.dtype == dtype


@pytest.mark.parametrize("name", ["mse", "half_mse"])
def test_regression_targets_are_columns(name, dtype):
    y = np.array([[1.5, 2.0], [3.0, -1.0]])
    for shape in ((2, 2), (4, 1), (4,)):
        encoded = encode_targets(y.reshape(shape), Task.REGRESSION, 0, name, dtype)
        assert encoded.dtype == dtype
        assert not np.shares_memory(encoded, y)
        np.testing.assert_array_equal(encoded, y.reshape(shape if len(shape) == 2 else (4, 1)))


def test_no_rows_encode_to_no_rows(loss):
    encoded = encode_targets(np.zeros(0, int), Task.CLASSIFICATION, 2, loss.name, np.float64)
    assert len(encoded) == 0


@pytest.mark.parametrize("most_classes", [2, 5])
def test_encoded_targets_fit_outputs_of_the_stated_width(loss, most_classes, dtype):
    n_classes = 2 if loss.targets is TargetForm.BINARY else most_classes
    labels = np.arange(BATCH) % n_classes
    encoded = encode_targets(labels, Task.CLASSIFICATION, n_classes, loss.name, dtype)
    width = output_width(Task.CLASSIFICATION, n_classes, 0, loss.name)
    value, gradient = loss.evaluate(np.zeros((BATCH, width), dtype), encoded)
    assert math.isfinite(value)
    assert gradient.shape == (BATCH, width)
    assert 0 <= accuracy(np.zeros((BATCH, width), dtype), labels, loss.name) <= 1


@pytest.mark.parametrize(
    ("task", "n_classes", "n_targets", "name", "width"),
    [
        (Task.CLASSIFICATION, 10, 0, "cross_entropy", 10),
        (Task.CLASSIFICATION, 2, 0, "cross_entropy", 2),
        (Task.CLASSIFICATION, 2, 0, "binary_cross_entropy", 1),
        (Task.CLASSIFICATION, 2, 0, "mse", 1),
        (Task.CLASSIFICATION, 3, 0, "mse", 3),
        (Task.CLASSIFICATION, 10, 0, "half_mse", 10),
        (Task.REGRESSION, 0, 1, "mse", 1),
        (Task.REGRESSION, 0, 4, "half_mse", 4),
    ],
)
def test_widths_of_the_output_layer(task, n_classes, n_targets, name, width):
    assert output_width(task, n_classes, n_targets, name) == width


@pytest.mark.parametrize(
    ("task", "n_classes", "name", "message"),
    [
        (
            Task.REGRESSION,
            0,
            "cross_entropy",
            "training.loss: cross_entropy is for classes, and the targets are numbers; "
            "allowed: mse, half_mse",
        ),
        (
            Task.REGRESSION,
            0,
            "binary_cross_entropy",
            "training.loss: binary_cross_entropy is for two classes, and the targets are numbers; "
            "allowed: mse, half_mse",
        ),
        (
            Task.CLASSIFICATION,
            10,
            "binary_cross_entropy",
            "training.loss: binary_cross_entropy is for two classes, and the targets are "
            "10 classes; allowed: cross_entropy, mse, half_mse",
        ),
    ],
)
def test_targets_that_do_not_fit_the_loss_are_told_with_what_would(task, n_classes, name, message):
    with pytest.raises(InputError) as width_error:
        output_width(task, n_classes, 1, name)
    with pytest.raises(InputError) as encode_error:
        encode_targets(np.zeros(3, int), task, n_classes, name, np.float64)
    assert width_error.value.problems == encode_error.value.problems == (message,)


@pytest.mark.parametrize("labels", [[0, 2], [-1, 1]])
def test_labels_out_of_range_are_told(loss, labels):
    with pytest.raises(ValueError, match=re.escape(f"0 .. 1; got {labels[0]} .. {labels[1]}")):
        encode_targets(np.array(labels), Task.CLASSIFICATION, 2, loss.name, np.float64)


@pytest.mark.parametrize("labels", [np.array([0.0, 1.0]), np.array([[0], [1]]), np.array(["a"])])
def test_labels_that_are_no_row_of_integers_are_told(labels):
    with pytest.raises(ValueError, match="expected integers of shape"):
        encode_targets(labels, Task.CLASSIFICATION, 2, "cross_entropy", np.float64)


# Accuracy, probabilities, baseline


def test_accuracy_counts_the_rows_whose_largest_output_is_the_label(dtype):
    outputs = np.array([[3, 1, 2], [0, 5, 1], [9, 0, 1], [0, 0, 1]], dtype)
    for name in ("cross_entropy", "mse", "half_mse"):
        assert accuracy(outputs, np.array([0, 1, 2, 2]), name) == 0.75


def test_accuracy_of_one_output_cuts_at_probability_one_half(dtype):
    logits = np.array([[-2], [0.4], [0.6], [3]], dtype)
    labels = np.array([0, 0, 1, 1])
    assert accuracy(logits, labels, "binary_cross_entropy") == 0.75
    assert accuracy(logits, labels, "mse") == accuracy(logits, labels, "half_mse") == 1


def test_outputs_that_are_all_the_same_name_the_first_class_only():
    labels = np.array([0, 1, 2, 3])
    assert accuracy(np.zeros((4, 4)), labels, "cross_entropy") == 0.25
    assert accuracy(np.zeros((4, 1)), labels % 2, "binary_cross_entropy") == 0.5


@pytest.mark.parametrize(("name", "columns"), [("cross_entropy", 3), ("binary_cross_entropy", 1)])
def test_a_row_with_a_nan_is_never_right(name, columns):
    outputs = np.full((5, columns), np.nan)
    for label in range(2):
        assert accuracy(outputs, np.full(5, label), name) == 0


def test_numbers_have_no_accuracy():
    assert math.isnan(accuracy(np.zeros((3, 1)), np.zeros((3, 1)), "mse"))


def test_accuracy_of_no_rows_or_of_the_wrong_number_of_labels_is_told():
    with pytest.raises(ValueError, match="not empty"):
        accuracy(np.zeros((0, 3)), np.zeros(0, int), "cross_entropy")
    with pytest.raises(ValueError, match=re.escape("(4,)")):
        accuracy(np.zeros((4, 3)), np.zeros(3, int), "cross_entropy")


@given(
    logits=st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=6),
    single=st.floats(-1e300, 1e300),
)
def test_probabilities_lie_in_their_range_and_sum_to_one(logits, single):
    shares = probabilities(np.array([logits]), "cross_entropy")
    assert shares.sum() == pytest.approx(1)
    assert shares.min() >= 0
    assert shares.argmax() in np.flatnonzero(np.array(logits) >= max(logits) - 1e-9)
    share = probabilities(np.array([[single]]), "binary_cross_entropy")[0, 0]
    assert 0 <= share <= 1
    if abs(single) < 30:
        assert share == pytest.approx(1 / (1 + math.exp(-single)), rel=1e-13)


def test_probabilities_are_what_the_losses_take_the_logarithm_of(loss, dtype):
    outputs, targets = batch_for(loss, dtype)
    shown = probabilities(outputs, loss.name)
    assert shown.dtype == dtype
    assert shown.shape == outputs.shape
    if loss.targets is TargetForm.LABELS:
        expected = -np.log(shown[np.arange(BATCH), targets]).mean()
    elif loss.targets is TargetForm.BINARY:
        expected = -np.log(np.where(targets == 1, shown, 1 - shown)).mean()
    else:
        np.testing.assert_array_equal(shown, outputs)
        return
    assert loss.evaluate(outputs, targets)[0] == pytest.approx(expected, rel=1e-5)


def test_probabilities_of_infinite_logits_give_no_warning(loss):
    probabilities(np.array([[np.inf, -np.inf], [np.nan, 0.0]]), loss.name)


@given(seed=st.integers(0, 1000))
def test_the_baseline_is_the_least_loss_of_any_constant_output(seed):
    rng = np.random.default_rng(seed)
    for loss in LOSSES.values():
        outputs, targets = batch_for(loss, seed=seed)
        least = baseline(loss.name, targets)
        for constant in rng.standard_normal((20, outputs.shape[1])):
            value, _ = loss.evaluate(np.broadcast_to(constant, outputs.shape), targets)
            assert value >= least - 1e-12


def test_the_baseline_is_reached_by_the_best_constant_output():
    labels = np.array([0, 0, 1, 2, 2, 2])
    best = np.log(np.array([2, 1, 3]) / 6) * np.ones((6, 1))
    value, _ = LOSSES["cross_entropy"].evaluate(best, labels)
    assert baseline("cross_entropy", labels) == pytest.approx(value, rel=1e-14)
    assert baseline("cross_entropy", np.eye(3)[labels]) == pytest.approx(value, rel=1e-14)
    targets = np.array([[0.0], [1], [1], [1]])
    value, _ = LOSSES["binary_cross_entropy"].evaluate(np.full((4, 1), math.log(3)), targets)
    assert baseline("binary_cross_entropy", targets) == pytest.approx(value, rel=1e-14)
    numbers = np.random.default_rng(0).standard_normal((9, 3))
    for name in ("mse", "half_mse"):
        value, _ = LOSSES[name].evaluate(np.tile(numbers.mean(axis=0), (9, 1)), numbers)
        assert baseline(name, numbers) == pytest.approx(value, rel=1e-13)


def test_the_baseline_of_ten_equal_classes_is_the_logarithm_of_ten():
    labels = np.arange(50) % 10
    assert baseline("cross_entropy", labels) == pytest.approx(math.log(10), rel=1e-14)


def test_the_baseline_of_targets_all_the_same_is_zero_without_a_sign():
    assert str(baseline("cross_entropy", np.full(5, 3))) == "0.0"
    assert str(baseline("binary_cross_entropy", np.ones((5, 1)))) == "0.0"
    assert str(baseline("mse", np.ones((5, 2)))) == "0.0"
    assert str(baseline("half_mse", np.ones((5, 2)))) == "0.0"
