"""Schedules against PyTorch's, and what a person can read off them."""

import itertools
import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.schedules import SCHEDULES, base_rate, learning_rate
from backscope.core.settings import TrainingSettings

TOTAL = 60


def rates(total=TOTAL, **settings):
    given_settings = TrainingSettings(**settings)
    return [learning_rate(given_settings, index, total) for index in range(total)]


def torch_rates(make, total=TOTAL, rate=0.1):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    seen = []
    for _ in range(total):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SequentialLR warns about its own use of epochs
            scheduler.step()
    return seen


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_starts_at_the_base_rate_and_never_exceeds_it(schedule):
    seen = rates(schedule=schedule, learning_rate=0.3, decay_every=7)
    assert seen[0] == 0.3
    assert max(seen) == 0.3
    assert all(type(rate) is float and rate >= 0 for rate in seen)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup", [1, 10, 59, 60, 200])
def test_warm_up_is_a_straight_line_before_every_schedule(schedule, warmup):
    seen = rates(schedule=schedule, learning_rate=0.3, decay_every=7, warmup_steps=warmup)
    for index, rate in enumerate(seen[:warmup]):
        assert rate == pytest.approx(0.3 * (index + 1) / warmup, rel=1e-15)
    rest = rates(TOTAL - warmup, schedule=schedule, learning_rate=0.3, decay_every=7)
    assert seen[warmup:] == rest


@given(
    schedule=st.sampled_from(list(SCHEDULES)),
    index=st.integers(0, 10**6),
    total=st.integers(0, 10**6),
    warmup=st.integers(0, 10**6),
    base=st.floats(0, 1e9),
    final=st.floats(0, 1),
    factor=st.floats(1e-6, 1),
)
def test_rates_lie_between_zero_and_the_base_rate(
    schedule, index, total, warmup, base, final, factor
):
    settings = TrainingSettings(
        schedule=schedule,
        learning_rate=base,
        warmup_steps=warmup,
        final_rate=final,
        decay_factor=factor,
    )
    assert 0 <= learning_rate(settings, index, total) <= base * (1 + 1e-15)


def test_cosine_ends_at_the_final_rate_and_stays_there():
    settings = TrainingSettings(schedule="cosine", learning_rate=0.2, final_rate=0.25)
    assert learning_rate(settings, 30, 60) == pytest.approx(0.2 * (1 + 0.25) / 2)
    assert learning_rate(settings, 60, 60) == pytest.approx(0.05)
    assert learning_rate(settings, 1000, 60) == learning_rate(settings, 60, 60)


def test_cosine_falls_at_every_step():
    seen = rates(schedule="cosine")
    assert all(after < before for before, after in itertools.pairwise(seen))


def test_step_decays_after_exactly_so_many_steps():
    seen = rates(6, schedule="step", learning_rate=8.0, decay_every=2, decay_factor=0.5)
    assert seen == [8, 8, 4, 4, 2, 2]


def test_a_changed_rate_holds_from_its_step_on_which_counts_from_one():
    assert rates(6, rate_changes=((3, 0.5), (5, 0.25))) == [0.1, 0.1, 0.5, 0.5, 0.25, 0.25]


def test_changes_need_no_order_and_the_later_of_one_step_holds():
    seen = rates(5, rate_changes=((4, 0.25), (2, 0.7), (2, 0.5)))
    assert seen == [0.1, 0.5, 0.5, 0.25, 0.25]


def test_a_change_at_the_first_step_replaces_the_learning_rate():
    settings = TrainingSettings(rate_changes=((1, 0.7),))
    assert base_rate(settings, 0) == 0.7


def test_warm_up_and_schedule_multiply_a_changed_rate():
    plain = rates(schedule="cosine", warmup_steps=10, learning_rate=0.4)
    changed = rates(
        schedule="cosine", warmup_steps=10, learning_rate=0.4, rate_changes=((6, 0.8), (21, 0.2))
    )
    expected = plain[:5] + [2 * rate for rate in plain[5:20]] + [rate / 2 for rate in plain[20:]]
    assert changed == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(("every", "factor"), [(1, 0.9), (7, 0.5), (100, 0.1), (13, 1.0)])
def test_step_is_pytorchs_step_lr(every, factor):
    expected = torch_rates(
        lambda schedulers, optimizer: schedulers.StepLR(optimizer, every, gamma=factor)
    )
    seen = rates(schedule="step", decay_every=every, decay_factor=factor)
    assert seen == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("final", [0.0, 0.1, 1.0])
def test_cosine_is_pytorchs_cosine_annealing(final):
    expected = torch_rates(
        lambda schedulers, optimizer: schedulers.CosineAnnealingLR(
            optimizer, T_max=TOTAL, eta_min=0.1 * final
        )
    )
    assert rates(schedule="cosine", final_rate=final) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine"])
@pytest.mark.parametrize("warmup", [2, 10])
def test_warm_up_is_pytorchs_linear_lr_before_the_schedule(schedule, warmup):
    def make(schedulers, optimizer):
        line = schedulers.LinearLR(
            optimizer, start_factor=1 / warmup, end_factor=1.0, total_iters=warmup - 1
        )
        rest = {
            "constant": lambda: schedulers.ConstantLR(optimizer, factor=1.0),
            "step": lambda: schedulers.StepLR(optimizer, 7, gamma=0.5),
            "cosine": lambda: schedulers.CosineAnnealingLR(optimizer, T_max=TOTAL - warmup),
        }[schedule]()
        return schedulers.SequentialLR(optimizer, [line, rest], milestones=[warmup])

    seen = rates(schedule=schedule, warmup_steps=warmup, decay_every=7, decay_factor=0.5)
    assert seen == pytest.approx(torch_rates(make), rel=1e-9)


def test_cosine_is_the_formula_of_the_paper():
    for index, rate in enumerate(rates(schedule="cosine", final_rate=0.2)):
        expected = 0.02 + 0.5 * (0.1 - 0.02) * (1 + math.cos(index / TOTAL * math.pi))
        assert rate == pytest.approx(expected, rel=1e-14)
