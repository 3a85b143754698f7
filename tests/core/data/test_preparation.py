from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backscope.core.data import DATA_SOURCES, PreparedData, load_dataset, prepare
from backscope.core.errors import InputError
from backscope.core.settings import DataSettings
from backscope.core.task import Task

UNIT = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


def prepared(
    seed: int = 3, dtype: str = "float64", classify: bool | None = None, **settings: Any
) -> PreparedData:
    return prepare(DataSettings(**settings), np.random.default_rng(seed), Path(), dtype, classify)


def inline(X: Any, y: Any, **settings: Any) -> dict[str, Any]:
    return {"source": "inline", "X": X, "y": y, "standardize": False, "validation": 0.0} | settings


def problems_of(seed: int = 3, **settings: Any) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        prepared(seed, **settings)
    return caught.value.problems


def test_the_digits_are_the_published_ones() -> None:
    dataset = load_dataset(DataSettings(), np.random.default_rng(0), Path())
    assert dataset.X.shape == (1797, 64)
    assert (dataset.X.min(), dataset.X.max(), dataset.X.sum()) == (0, 16, 561718)
    assert np.bincount(dataset.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert dataset.classes == tuple("0123456789")
    assert dataset.features[:9:8] == ("pixel 0,0", "pixel 1,0")


def test_the_digits_are_those_that_scikit_learn_bundles() -> None:
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    theirs = sklearn_datasets.load_digits()
    ours = load_dataset(DataSettings(), np.random.default_rng(0), Path())
    assert np.array_equal(ours.X, theirs.data)
    assert np.array_equal(ours.y, theirs.target)


def test_the_bundled_digits_can_be_read_as_a_file_of_ones_own() -> None:
    path = Path(__file__).parents[3] / "presets" / "digits.npz"
    settings = DataSettings(source="npz", path=str(path))
    own = load_dataset(settings, np.random.default_rng(0), Path())
    bundled = load_dataset(DataSettings(), np.random.default_rng(0), Path())
    assert np.array_equal(own.X, bundled.X)
    assert np.array_equal(own.y, bundled.y)
    assert own.classes == bundled.classes


def test_the_license_of_the_digits_says_where_they_come_from() -> None:
    text = (Path(__file__).parents[3] / "presets" / "digits.LICENSE.txt").read_text()
    for fact in ("10.24432/C50P49", "CC BY 4.0", "E. Alpaydin, C. Kaynak", "1,797"):
        assert fact in text


def test_digits_are_split_stratified_with_every_class_in_both_parts() -> None:
    data = prepared()
    assert (len(data.X_train), len(data.X_validation)) == (1348, 449)
    all_rows = np.bincount(np.concatenate([data.y_train, data.y_validation]))
    assert (np.abs(np.bincount(data.y_validation) - all_rows * 449 / 1797) < 1).all()


def test_a_hundred_rows_of_the_digits_keep_ten_of_each_to_within_one() -> None:
    data = prepared(rows=100)
    counts = np.bincount(np.concatenate([data.y_train, data.y_validation]))
    assert counts.sum() == 100
    assert set(counts.tolist()) <= {9, 10, 11}


def test_more_digits_than_there_are_is_refused() -> None:
    assert problems_of(rows=1798) == ("data.rows = 1798: there are only 1797 rows; 0 is all",)


@pytest.mark.parametrize("source", ["digits", "xor", "circles", "moons", "spirals"])
def test_rows_of_one_class_only_are_refused(source: str) -> None:
    (problem,) = problems_of(source=source, rows=1)
    assert problem.startswith("data.rows = 1: one class only ('")


@pytest.mark.parametrize("source", [s for s in DATA_SOURCES if s not in ("csv", "npz", "inline")])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_source_gives_arrays_of_the_promised_shapes_and_types(
    source: str, dtype: str
) -> None:
    data = prepared(source=source, dtype=dtype)
    n, m = len(data.X_train), len(data.X_validation)
    assert data.X_train.shape == (n, len(data.features))
    assert data.X_validation.shape == (m, len(data.features))
    assert data.X_train.dtype == data.X_validation.dtype == dtype
    assert abs(m - 0.25 * (n + m)) <= 0.5
    if data.task is Task.CLASSIFICATION:
        assert data.y_train.shape == (n,)
        assert data.y_train.dtype == data.y_validation.dtype == np.int64
        assert set(data.y_validation.tolist()) == set(range(len(data.classes)))
    else:
        assert data.y_train.shape == (n, 1)
        assert data.y_train.dtype == data.y_validation.dtype == dtype
        assert data.classes == ()


@pytest.mark.parametrize("source", [s for s in DATA_SOURCES if s not in ("csv", "npz", "inline")])
def test_the_same_seed_gives_the_same_bits_and_another_one_does_not(source: str) -> None:
    one, again, other = (prepared(seed, source=source, noise=0.2) for seed in (8, 8, 9))
    for name in ("X_train", "y_train", "X_validation", "y_validation"):
        assert getattr(one, name).tobytes() == getattr(again, name).tobytes()
    assert one.X_train.tobytes() != other.X_train.tobytes()


@pytest.mark.parametrize("source", ["digits", "spirals", "sine"])
def test_noise_changes_training_targets_and_nothing_else(source: str) -> None:
    clean, noisy = prepared(source=source), prepared(source=source, noise=0.3)
    assert np.array_equal(clean.X_train, noisy.X_train)
    assert np.array_equal(clean.X_validation, noisy.X_validation)
    assert np.array_equal(clean.y_validation, noisy.y_validation)
    assert not np.array_equal(clean.y_train, noisy.y_train)


@pytest.mark.parametrize(("noise", "wrong"), [(0.0, 0), (0.4, 539), (0.001, 1), (1.0, 1348)])
def test_noise_replaces_exactly_that_share_of_labels_by_wrong_ones(
    noise: float, wrong: int
) -> None:
    clean, noisy = prepared(), prepared(noise=noise)
    assert np.count_nonzero(clean.y_train != noisy.y_train) == wrong


def test_wrong_labels_are_spread_over_all_other_classes() -> None:
    clean, noisy = prepared(), prepared(noise=1.0)
    shift = np.bincount((noisy.y_train - clean.y_train) % 10, minlength=10)
    assert shift[0] == 0
    assert shift[1:].min() > 1348 / 9 - 60  # five standard deviations


def test_more_noise_corrupts_the_same_labels_and_further_ones() -> None:
    clean, some, more = (prepared(noise=noise).y_train for noise in (0.0, 0.2, 0.6))
    assert np.array_equal(some[some != clean], more[some != clean])


def test_noise_of_two_classes_swaps_them() -> None:
    clean, noisy = prepared(source="moons"), prepared(source="moons", noise=1.0)
    assert np.array_equal(noisy.y_train, 1 - clean.y_train)


def test_noise_of_more_than_all_labels_is_refused() -> None:
    assert problems_of(noise=1.5) == (
        "data.noise = 1.5: a share of labels, at most 1 for classification",
    )


def test_noise_of_regression_is_a_standard_deviation_and_may_exceed_one() -> None:
    settings: dict[str, Any] = {"source": "sine", "rows": 8000}
    noise = prepared(**settings, noise=2.5).y_train - prepared(**settings).y_train
    assert noise.std() == pytest.approx(2.5, rel=0.05)
    assert noise.mean() == pytest.approx(0, abs=0.15)


def test_mean_and_scale_are_fitted_on_the_training_part_alone() -> None:
    raw = prepared(standardize=False)
    data = prepared()
    varied = raw.X_train.std(axis=0) > 0
    assert data.mean == pytest.approx(raw.X_train.mean(axis=0))
    assert data.scale[varied] == pytest.approx(raw.X_train.std(axis=0)[varied])
    assert (data.scale[~varied] == 1).all()
    assert (data.X_train[:, ~varied] == 0).all()
    assert np.count_nonzero(~varied) >= 3  # the corners of the digits are always white
    expected = (raw.X_validation - data.mean) / data.scale
    assert data.X_validation == pytest.approx(expected)


def test_targets_are_standardized_as_the_training_part_has_them() -> None:
    X = tuple((float(i), 0.0) for i in range(40))
    y = tuple((1e6 * i * i, 3.0, -1e-9 * i) for i in range(40))
    raw = prepared(**inline(X, y, validation=0.25))
    data = prepared(**inline(X, y, validation=0.25, standardize_targets=True))
    mean, std = raw.y_train.mean(axis=0), raw.y_train.std(axis=0)
    assert data.y_train[:, 1] == pytest.approx(0.0)  # all the same, which nothing can scale
    for each, was in ((data.y_train, raw.y_train), (data.y_validation, raw.y_validation)):
        assert each[:, ::2] == pytest.approx(((was - mean) / np.where(std, std, 1.0))[:, ::2])
    assert np.array_equal(data.X_train, raw.X_train)


def test_classes_are_classes_whether_targets_are_standardized_or_not() -> None:
    assert np.array_equal(prepared(standardize_targets=True).y_train, prepared().y_train)


def test_new_rows_are_standardized_as_the_training_part_was() -> None:
    raw, data = prepared(standardize=False), prepared(dtype="float32")
    again = data.standardize(raw.X_validation)
    assert again.dtype == np.float32
    assert np.array_equal(again, data.X_validation)


def test_without_standardizing_the_inputs_stay_as_they_are() -> None:
    data = prepared(standardize=False)
    assert set(np.unique(data.X_train).tolist()) == set(range(17))
    assert (data.mean == 0).all()
    assert (data.scale == 1).all()
    assert np.array_equal(data.standardize(data.X_train), data.X_train)


def test_another_unit_and_zero_of_the_inputs_are_applied_in_this_order() -> None:
    raw = prepared(standardize=False)
    data = prepared(standardize=False, input_scale=100.0, input_offset=-7.0)
    assert data.X_train == pytest.approx(100.0 * raw.X_train - 7.0)
    assert data.X_validation == pytest.approx(100.0 * raw.X_validation - 7.0)
    assert np.array_equal(data.standardize(raw.X_train), data.X_train)


def test_standardizing_takes_another_unit_and_zero_out_to_the_last_bit() -> None:
    plain, data = prepared(), prepared(input_scale=1e-5, input_offset=1e6)
    assert np.array_equal(plain.X_train, data.X_train)
    assert np.array_equal(plain.X_validation, data.X_validation)


def test_a_unit_that_makes_inputs_infinite_is_refused() -> None:
    (problem,) = problems_of(**inline(((1e300,), (1.0,)), ((1.0,), (2.0,)), input_scale=1e9))
    assert problem.startswith("input 'x1': 1e+300 becomes inf")


@pytest.mark.parametrize("shape", [(64,), (3, 63), (1, 2, 64)])
def test_standardizing_another_shape_names_both(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"X: expected \(n, 64\), got \("):
        prepared().standardize(np.zeros(shape))


def test_validation_zero_gives_no_validation_rows() -> None:
    data = prepared(validation=0.0)
    assert data.X_train.shape == (1797, 64)
    assert data.X_validation.shape == (0, 64)
    assert data.y_validation.shape == (0,)


def test_a_validation_share_that_leaves_nothing_to_learn_from_is_refused() -> None:
    (problem,) = problems_of(source="xor", rows=4, validation=0.9)
    assert problem.startswith("data.validation = 0.9: leaves no row for training")
    (problem,) = problems_of(source="xor", rows=4, validation=0.7)
    assert problem.startswith("data.validation = 0.7: leaves 1 of 4 rows for training, all of")


def test_an_unknown_source_is_answered_with_the_nearest_and_all_others() -> None:
    (problem,) = problems_of(source="spiral\x1b")
    assert problem.startswith("data.source = 'spiral\\x1b': did you mean spirals? Allowed: digits")


def test_one_inline_row_is_kept_to_the_bit_for_the_worked_example() -> None:
    data = prepared(**inline(((0.5, 0.8),), ((1.0,),)))
    assert data.X_train.tolist() == [[0.5, 0.8]]
    assert data.y_train.tolist() == [[1.0]]
    assert data.task is Task.REGRESSION
    assert len(data.X_validation) == 0


def test_inline_targets_are_numbers_unless_classes_are_needed() -> None:
    table = inline(UNIT, ((0.0,), (1.0,), (1.0,), (0.0,)))
    assert prepared(**table).task is Task.REGRESSION
    assert prepared(**table, classify=False).task is Task.REGRESSION
    data = prepared(**table, classify=True)
    assert data.classes == ("0", "1")
    for x, label in zip(data.X_train, data.y_train, strict=True):
        assert label == (x[0] != x[1])


def test_inline_targets_may_have_several_columns() -> None:
    data = prepared(**inline(UNIT, UNIT))
    assert np.array_equal(data.X_train, data.y_train)
    (problem,) = problems_of(**inline(UNIT, UNIT), classify=True)
    assert problem == "data.y: 2 columns; classes are one column of labels"


def test_one_inline_class_only_is_refused() -> None:
    (problem,) = problems_of(**inline(((1.0,), (2.0,)), ((5.0,), (5.0,))), classify=True)
    assert problem == "data.y: one class only ('5'); at least 2 are needed"


@pytest.mark.parametrize(
    ("X", "y", "expected"),
    [
        ((), ((1.0,),), ["data.X is empty; source 'inline' needs X and y, one row a sample"]),
        (((), ()), (), ["data.X is empty", "data.y is empty"]),
        (((1.0, 2.0), (3.0,)), ((1.0,), (2.0,)), ["data.X, row 2: 1 numbers; row 1 has 2"]),
        (((1.0,), (2.0,)), ((1.0,),), ["data.X has 2 rows and data.y 1; they must be as many"]),
        (
            ((1.0,), (float("nan"),)),
            ((float("inf"),), (2.0,)),
            ["data.X, row 2: '(nan,)' holds", "data.y, row 1: '(inf,)' holds"],
        ),
    ],
)
def test_inline_rows_that_cannot_be_used_are_named_all_at_once(
    X: Any, y: Any, expected: list[str]
) -> None:
    problems = problems_of(**inline(X, y))
    assert len(problems) == len(expected)
    for problem, start in zip(problems, expected, strict=True):
        assert problem.startswith(start)


def test_an_inline_row_needs_no_validation_part() -> None:
    (problem,) = problems_of(**inline(((0.5,),), ((1.0,),), validation=0.25))
    assert problem == "data.validation = 0.25: leaves no row for training (of 1)"


def test_inputs_too_large_for_float32_are_refused_and_fit_once_standardized() -> None:
    table = inline(((1.0, 2.0), (3.0, 1e39)), ((1.0,), (2.0,)))
    (problem,) = problems_of(**table, dtype="float32")
    assert problem.startswith("input 'x2': 1e+39 becomes inf with dtype = 'float32'")
    data = prepared(**table | {"standardize": True}, dtype="float32")
    assert sorted(data.X_train[:, 1].tolist()) == [-1, 1]


def test_targets_too_large_for_float32_are_refused() -> None:
    (problem,) = problems_of(**inline(((1.0,), (3.0,)), ((1.0,), (-1e39,))), dtype="float32")
    assert problem.startswith("target 1: -1e+39 becomes -inf with dtype = 'float32'")


def test_a_validation_row_that_standardizing_makes_infinite_is_refused() -> None:
    rows = (*((i * 1e-300,) for i in range(9)), (1e300,))
    table = inline(rows, tuple((0.0,) for _ in rows), standardize=True, validation=0.1)
    raw = table | {"standardize": False}
    held_out = [prepared(seed, **raw).X_validation[0, 0] == 1e300 for seed in range(40)]
    assert np.isfinite(prepared(held_out.index(False), **table).X_validation).all()
    (problem,) = problems_of(held_out.index(True), **table)
    assert problem.startswith("input 'x1': 1e+300 becomes inf with dtype = 'float64'")


def test_huge_inputs_are_standardized_and_not_overflown() -> None:
    X = tuple((value,) for value in (1e300, -1e300, 1.7e308, -1.7e308))
    data = prepared(**inline(X, tuple((0.0,) for _ in X), standardize=True))
    assert data.X_train.std() == pytest.approx(1)
    assert data.X_train.mean() == pytest.approx(0, abs=1e-12)


def test_preparing_warns_of_nothing_even_where_every_floating_point_error_raises() -> None:
    with np.errstate(all="raise"):
        assert np.isfinite(prepared(dtype="float32").X_train).all()
        problems_of(**inline(((1.0,), (1e39,)), ((1.0,), (2.0,))), dtype="float32")
