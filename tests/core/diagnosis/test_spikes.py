import numpy as np
import pytest

from backscope.core.diagnosis.spikes import _median, first_nonfinite, spike
from backscope.core.record import NonFinite

STEPS = np.arange(101, 129)


def losses(**at):
    values = np.full(28, 0.5)
    for place, loss in at.items():
        values[int(place[1:])] = loss
    return values


def test_a_peak_that_is_over_is_told_in_losses_as_they_were():
    event = spike(STEPS, losses(_12=4.0, _13=3.0), unit=2.0)
    assert (event.step, event.kind, event.text) == (113, "loss_spike", "1 -> 8 -> 1")


@pytest.mark.parametrize(
    "values",
    [
        losses(),
        losses(_12=1.9),  # not four times
        losses(_12=4.0) * 0.1,  # four times of little
        losses(_3=9.0),  # not enough before it to tell
        losses(_26=9.0),  # nor after it
        losses(_12=4.0, _24=3.0, _25=3.0, _26=3.0),  # not over
        np.linspace(9.0, 0.5, 28),
        np.full(4, 0.5),
        np.full(28, np.nan),
    ],
)
def test_nothing_else_is_a_spike(values):
    assert spike(STEPS[: len(values)], values, unit=2.0) is None


@pytest.mark.parametrize("wrong", [None, np.nan, np.inf, -np.inf])
def test_medians_are_those_of_numpy(wrong):
    for count in range(1, 29):
        values = np.random.default_rng(count).normal(size=count)
        if wrong is not None:
            values[count // 3] = wrong
        assert np.array_equal(_median(values), np.median(values), equal_nan=True)


def test_the_first_value_that_is_not_finite_is_named_with_its_layer():
    assert first_nonfinite(NonFinite(3, 4, "z", 1, 2, 1.0)).text == "z of layer 4"
    assert first_nonfinite(NonFinite(3, None, "loss", 1, 1, 0.0)).text == "loss"
