import numpy as np
import pytest

from backscope.core.findings import (
    FINDING_KINDS,
    Finding,
    InputFacts,
    Severity,
    any_reaches,
    units_identical,
)


def test_the_kinds_are_those_of_the_file_format():
    assert len(set(FINDING_KINDS)) == len(FINDING_KINDS) == 10


def test_severities_are_ranked():
    assert sorted(Severity, key=lambda severity: severity.rank) == ["notice", "warning", "error"]


def test_input_facts_are_those_of_the_features():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((4000, 40)) * np.repeat([1.0, 50.0], [20, 20]) + 200.0
    facts = InputFacts.of(X)
    ratios = sorted(abs(X[:, i].mean()) / X[:, i].std() for i in range(40))
    assert facts.offset == pytest.approx((ratios[19] + ratios[20]) / 2)
    assert facts.spread == pytest.approx(50.0, rel=0.05)
    assert facts.rms == pytest.approx(np.sqrt((X**2).mean()))


def test_standardized_inputs_have_unremarkable_facts():
    X = np.random.default_rng(0).standard_normal((500, 8))
    facts = InputFacts.of(X)
    assert facts.offset < 0.2
    assert facts.spread < 1.2
    assert facts.rms == pytest.approx(1.0, abs=0.1)


def test_constant_features_say_nothing_about_offset_and_spread():
    X = np.random.default_rng(0).standard_normal((500, 8))
    padded = np.hstack([X, np.full((500, 5), 1000.0)])
    assert InputFacts.of(padded).offset == pytest.approx(InputFacts.of(X).offset, rel=1e-6)
    assert InputFacts.of(padded).spread == pytest.approx(InputFacts.of(X).spread, rel=1e-6)


def test_one_row_alone_has_an_rms_only():
    facts = InputFacts.of(np.array([[0.5, 0.8]]))
    assert np.isnan(facts.offset)
    assert np.isnan(facts.spread)
    assert facts.rms == pytest.approx(0.667, abs=1e-3)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_input_facts_survive_every_scale(scale: float):
    X = scale * (3.0 + np.random.default_rng(0).standard_normal((100, 3)))
    assert InputFacts.of(X).offset == pytest.approx(3.0, rel=0.3)
    assert InputFacts.of(X).rms == pytest.approx(scale * 3.16, rel=0.1)


@pytest.mark.parametrize(
    ("z", "identical"),
    [
        (np.zeros((5, 4)), True),
        (np.arange(5.0)[:, np.newaxis] * np.ones(4), True),
        (np.arange(5.0)[:, np.newaxis] * (1.0 + 1e-5 * np.arange(4)), True),
        (np.arange(5.0)[:, np.newaxis] * (1.0 + 1e-1 * np.arange(4)), False),
        (1e200 * np.arange(20.0).reshape(5, 4), False),
        (1e-200 * np.arange(20.0).reshape(5, 4), False),
        (np.ones((5, 1)), False),
        (np.full((5, 4), np.nan), False),
    ],
)
def test_units_are_identical_when_they_compute_the_same(z: np.ndarray, identical: bool):
    assert units_identical(z) is identical


def test_a_finding_reaches_its_own_severity_and_those_below():
    found = [Finding("saturation", Severity.WARNING, 1, (), {}, "")]
    asked = [None, *Severity]
    assert [any_reaches(found, severity) for severity in asked] == [False, True, True, False]
    assert not any(any_reaches([], severity) for severity in asked)
