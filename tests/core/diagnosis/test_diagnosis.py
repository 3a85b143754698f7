from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.diagnosis import RULES, Diagnosis
from backscope.core.diagnosis.diagnosis import following
from backscope.core.findings import FINDING_KINDS, Facts, Finding, InputFacts, Severity
from backscope.core.history import History
from backscope.core.record import GLOBAL_METRICS, LayerInfo, Layout, Metric, NonFinite, StepRecord

L = 5
WIDTH = 64
SOUND = InputFacts(offset=0.1, spread=1.1, rms=1.0)
FACTS = Facts(steps_planned=400, baseline=2.0, inputs=SOUND)
FLAT = (0.3,) * L

Values = dict[str, object]
Scenario = Callable[[int], Values]


def layout(activation: str = "relu", n_layers: int = L) -> Layout:
    scheduled = ("activation_rms", "flat", "dead")
    return Layout(
        layers=tuple(
            LayerInfo(
                index=i,
                fan_in=WIDTH,
                width=WIDTH,
                activation=activation if i < n_layers else "identity",
                rectifier=activation == "relu" and i < n_layers,
                bounded=activation == "tanh" and i < n_layers,
            )
            for i in range(1, n_layers + 1)
        ),
        layer_metrics=tuple(
            Metric(name, "", scheduled=name in scheduled)
            for name in ("error_signal", "weight_gradient_norm", "silent", *scheduled)
        ),
    )


RELU, TANH = layout("relu"), layout("tanh")


def hidden(*values: float) -> tuple[float, ...]:
    """A value for each hidden layer (or one for all), and nothing for the output layer."""
    return (*(values if len(values) > 1 else values * (L - 1)), np.nan)


def dead(*shares: float) -> Values:
    return {"dead": tuple(WIDTH * share for share in hidden(*shares))}


def history_of(scenario: Scenario, steps: int, columns: Layout = RELU, **keep: int) -> History:
    """Records of a run that learns slowly and is well, but for what the scenario says."""
    history = History(columns, **keep)
    for step in range(1, steps + 1):
        values: Values = {
            "epoch": 0.05 * step,
            "loss": 2.0 * 0.999**step,
            "learning_rate": 0.1,
            "gradient_norm": 1.0,
            "clipped_gradient_norm": 1.0,
            "error_signal": FLAT,
            "weight_gradient_norm": FLAT,
            "promised": 0.05,
            "trust_ratio": 0.8,
            "activation_rms": (1.0,) * L,
            **(dead(0.05) if columns is RELU else {"flat": hidden(0.05)}),
        } | scenario(step)
        row = columns.empty_row()
        nonfinite = values.pop("nonfinite", None)
        for name, value in values.items():
            row[columns.columns(name)] = value
        assert nonfinite is None or isinstance(nonfinite, NonFinite)
        history.append(StepRecord(step, row, columns, nonfinite), step * 0.001)
        if nonfinite is not None:
            break
    return history


def diagnose(
    scenario: Scenario, steps: int = 100, facts: Facts = FACTS, columns: Layout = RELU
) -> tuple[Finding, ...]:
    return Diagnosis(facts).update(history_of(scenario, steps, columns).snapshot())


def kinds(findings: Sequence[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


def well(step: int) -> Values:
    return {}


def always(**values: object) -> Scenario:
    return lambda step: dict(values)


def after(last: int, scenario: Scenario) -> Scenario:
    return lambda step: scenario(step) if step > last else {}


def profile(*signal: float) -> Scenario:
    return always(error_signal=signal)


def losses(loss: Callable[[int], float]) -> Scenario:
    return lambda step: {"loss": loss(step)}


def both(*scenarios: Scenario) -> Scenario:
    def scenario(step: int) -> Values:
        values: Values = {}
        for each in scenarios:
            values |= each(step)
        return values

    return scenario


VANISHING = profile(3e-7, 1e-5, 3e-4, 1e-2, 0.3)
EXPLODING = profile(3e3, 3e2, 30.0, 3.0, 0.3)


def nonfinite_at(
    bad_step: int,
    layer: int | None = 3,
    quantity: str = "dW",
    *,
    count: int = 3,
    size: int = 4096,
    largest_finite: float = 2.1e37,
) -> Scenario:
    def scenario(step: int) -> Values:
        if step < bad_step:
            return {}
        bad = NonFinite(step, layer, quantity, count, size, largest_finite)
        return {"loss": np.nan, "error_signal": np.nan, "nonfinite": bad}

    return scenario


def evaluations(best_step: int = 50, rise: float = 0.004) -> Scenario:
    """Training falls for ever, validation rises after its best."""

    def scenario(step: int) -> Values:
        loss = 2.0 * 0.98**step
        if step % 10:
            return {"loss": loss}
        past = max(0, step - best_step)
        return {
            "loss": loss,
            "validation_loss": 1.0 + 0.01 * max(0, best_step - step) + rise * past,
        }

    return scenario


def test_the_table_has_a_rule_for_every_kind_and_nothing_else():
    assert sorted(RULES) == sorted(FINDING_KINDS)


def test_a_healthy_run_has_no_finding():
    assert diagnose(well, 400) == ()
    assert diagnose(well, 400, columns=TANH) == ()


def test_nothing_is_found_before_the_first_step():
    assert Diagnosis(FACTS).update(History(RELU).snapshot()) == ()


def test_checks_are_at_the_first_steps_then_every_five_then_ever_less_often():
    checks = [1]
    while checks[-1] < 100_000:
        checks.append(following(checks[-1]))
    assert checks[:6] == [1, 2, 5, 10, 15, 20]
    steps = np.diff(checks)
    assert (steps[2:] >= 5).all()
    assert steps.max() == 100


# The error signal ---------------------------------------------------------------------------


def test_a_vanishing_gradient_stands_at_the_second_step_with_its_evidence():
    history = history_of(VANISHING, 1)
    diagnosis = Diagnosis(FACTS)
    assert diagnosis.update(history.snapshot()) == ()
    (finding,) = diagnose(VANISHING, 2)
    assert finding.kind == "vanishing_gradient"
    assert finding.severity is Severity.WARNING
    assert finding.since_step == 1
    assert finding.layers == (1, 2, 3)
    assert finding.evidence["ratio_log10"] == pytest.approx(-6.0)
    assert finding.evidence["threshold"] == -2.0
    assert finding.evidence["factor_per_layer"] == pytest.approx(10**-1.5)
    assert (finding.evidence["first_layer"], finding.evidence["last_layer"]) == (1, L)
    for number in ("passes on 0.032 of", "3.0e-01 in layer 5", "3.0e-07 in layer 1", "10^-6.0"):
        assert number in finding.message


def test_vanishing_is_a_warning_first_an_error_where_nothing_is_learned_and_else_a_notice():
    def stuck(step: int) -> float:
        return 2.0

    def learning(step: int) -> float:
        return 2.0 * 0.9**step

    for loss, steps, severity in (
        (stuck, 59, Severity.WARNING),
        (stuck, 60, Severity.ERROR),
        (learning, 59, Severity.WARNING),
        (learning, 60, Severity.NOTICE),
        (lambda step: 1.0, 100, Severity.WARNING),
    ):
        (finding,) = diagnose(both(VANISHING, losses(loss)), steps)
        assert finding.severity is severity


@pytest.mark.parametrize(
    ("decades", "expected"),
    [
        (-2.1, ["vanishing_gradient"]),
        (-1.9, []),
        (-0.5, []),
        (1.8, []),
        (1.95, []),
        (2.1, ["exploding_gradient"]),
    ],
)
def test_the_ratio_of_first_to_last_layer_decides(decades: float, expected: list[str]):
    signal = 0.3 * 10.0 ** np.linspace(decades, 0.0, L)
    assert kinds(diagnose(profile(*signal))) == expected


@pytest.mark.parametrize(("healthy_until", "since"), [(42, 45), (43, 50)])
def test_the_median_of_five_steps_decides(healthy_until: int, since: int):
    (finding,) = diagnose(after(healthy_until, VANISHING))
    assert finding.since_step == since


def test_weight_gradients_do_not_matter():
    misleading = both(VANISHING, always(weight_gradient_norm=FLAT))
    assert kinds(diagnose(misleading)) == ["vanishing_gradient"]
    assert diagnose(always(weight_gradient_norm=(1e-9, 1e-6, 1e-3, 1.0, 1.0))) == ()
    assert diagnose(always(gradient_norm=1e9, clipped_gradient_norm=1.0)) == ()


def test_an_error_signal_of_exactly_zero_vanishes_and_says_so():
    (finding,) = diagnose(profile(0.0, 0.0, 1e-3, 1e-2, 0.3))
    assert finding.kind == "vanishing_gradient"
    assert finding.layers == (1, 2, 3)
    assert "exactly zero in layer 1" in finding.message
    assert "ratio_log10" not in finding.evidence
    assert finding.evidence["error_signal_first"] == 0.0


def test_no_error_signal_anywhere_is_no_finding():
    assert diagnose(profile(0.0, 0.0, 0.0, 0.0, 0.0)) == ()


def test_a_network_of_one_layer_has_no_profile():
    columns = layout(n_layers=1)
    row = columns.empty_row()
    row[: len(GLOBAL_METRICS) + 2] = 1.0
    row[columns.columns("promised")] = 0.05
    history = History(columns)
    for step in range(1, 50):
        history.append(StepRecord(step, row, columns), 0.0)
    assert Diagnosis(FACTS).update(history.snapshot()) == ()


def test_an_exploding_gradient_names_its_layers_and_the_ratio_at_the_start():
    def scenario(step: int) -> Values:
        power = 1.0 if step == 1 else 3.0
        return {"error_signal": tuple(0.3 * 10.0 ** (power * i) for i in (4, 3, 2, 1, 0))}

    (finding,) = diagnose(scenario, 10)
    assert finding.kind == "exploding_gradient"
    assert finding.since_step == 1
    assert finding.layers == (1, 2, 3, 4)
    assert finding.evidence["ratio_log10"] == pytest.approx(12.0)
    assert finding.evidence["ratio_log10_at_start"] == pytest.approx(4.0)
    assert "10^+12.0; 10^+4.0 at the first step" in finding.message


def test_the_growth_that_batch_normalization_brings_is_not_exploding():
    growing = profile(*(0.3 * 1.21 ** np.arange(L)[::-1] * 10.0 ** np.linspace(1.9, 0.0, L)))
    assert kinds(diagnose(growing)) == ["exploding_gradient"]
    assert diagnose(growing, facts=replace(FACTS, batch_normalized=True)) == ()


def test_activations_that_grow_under_a_huge_loss_are_exploding():
    growing = always(activation_rms=(1.0, 5.0, 30.0, 200.0, 1.0), loss=20.0)
    (finding,) = diagnose(growing)
    assert finding.kind == "exploding_gradient"
    assert finding.evidence["activation_growth_log10"] == pytest.approx(2.3, abs=0.01)
    assert diagnose(both(growing, losses(lambda step: 2.0))) == ()


# Divergence and the learning rate -----------------------------------------------------------


def test_the_first_value_that_is_not_finite_is_an_error_at_once_and_named():
    findings = diagnose(nonfinite_at(7))
    finding = findings[-1]
    assert finding.kind == "divergence"
    assert finding.severity is Severity.ERROR
    assert (finding.since_step, finding.layers) == (7, (3,))
    assert "step 7" in finding.message
    assert "dW of layer 3" in finding.message
    assert "3 of 4096" in finding.message
    assert "2.1e+37" in finding.message
    assert finding.evidence == {"step": 7, "count": 3, "size": 4096, "largest_finite": 2.1e37}


def test_divergence_from_a_sound_start_is_blamed_on_the_learning_rate_first():
    findings = diagnose(nonfinite_at(7))
    assert kinds(findings) == ["learning_rate_too_large", "divergence"]
    assert findings[0].severity is Severity.ERROR
    assert findings[0].evidence["learning_rate"] == 0.1


def test_divergence_from_an_exploding_start_is_blamed_on_the_start():
    for bad_step in (2, 3, 4, 9):
        findings = diagnose(both(EXPLODING, nonfinite_at(bad_step)))
        assert kinds(findings) == ["exploding_gradient", "divergence"]
        assert [finding.since_step for finding in findings] == [1, bad_step]
        assert {finding.severity for finding in findings} == {Severity.ERROR}


def test_a_value_that_is_not_finite_at_the_first_step_is_not_the_learning_rates_fault():
    assert kinds(diagnose(nonfinite_at(1))) == ["divergence"]


def test_divergence_with_raw_inputs_is_blamed_on_the_inputs():
    facts = replace(FACTS, inputs=InputFacts(offset=0.1, spread=1.0, rms=1e4))
    assert kinds(diagnose(nonfinite_at(9), facts=facts)) == ["unnormalized_inputs", "divergence"]


def test_a_loss_that_is_not_finite_is_divergence_though_nobody_named_it():
    for bad_step in (1, 2, 7, 100):
        findings = diagnose(losses(lambda step, b=bad_step: np.nan if step >= b else 1.0))
        assert findings[-1].kind == "divergence"
        assert findings[-1].since_step == bad_step


def test_no_layer_is_named_where_the_loss_is_not_finite():
    finding = diagnose(nonfinite_at(7, layer=None, quantity="loss"))[-1]
    assert finding.layers == ()
    assert "the loss is the first" in finding.message


def test_of_a_single_number_it_is_not_told_how_many_are_not_finite():
    bad = nonfinite_at(7, None, "loss", count=1, size=1, largest_finite=0.0)
    message = diagnose(bad)[-1].message
    assert "the loss is the first value that is not finite. No number" in message


def test_where_no_number_is_finite_none_is_told():
    message = diagnose(nonfinite_at(7, count=4096, largest_finite=0.0))[-1].message
    assert "not finite (all 4096 of them). No number" in message


def test_a_loss_far_above_the_first_for_eight_steps_is_divergence_by_the_learning_rate():
    findings = diagnose(losses(lambda step: 2.0 if step < 20 else 9.0), 40)
    assert kinds(findings) == ["learning_rate_too_large", "divergence"]
    assert {finding.since_step for finding in findings} == {30}
    assert findings[1].evidence["loss_in_baselines"] == pytest.approx(4.5)
    assert findings[1].evidence["threshold"] == pytest.approx(3.0, rel=0.01)


def test_a_loss_far_above_the_recent_one_is_divergence_too():
    falling = losses(lambda step: 30.0 * 0.8**step + 0.2 if step < 60 else 10.0)
    assert kinds(diagnose(falling, 80)) == ["learning_rate_too_large", "divergence"]


def test_a_spike_of_a_few_steps_is_no_divergence():
    assert diagnose(losses(lambda step: 50.0 if step in (40, 41, 42) else 1.0)) == ()


@pytest.mark.parametrize(("steps", "stands"), [(2, False), (3, True)])
def test_a_loss_beyond_all_bounds_for_three_steps_needs_no_second_check(steps, stands):
    leaping = losses(lambda step: 100.0 if 40 - steps < step <= 40 else 1.0)
    found = kinds(diagnose(leaping, 40))
    assert found == (["learning_rate_too_large", "divergence"] if stands else [])


def test_a_loss_that_leaps_beyond_all_bounds_at_the_second_step_is_divergence_at_the_fifth():
    leaping = losses(lambda step: 100.0 if step > 1 else 1.0)
    diagnosis = Diagnosis(FACTS)
    assert diagnosis.update(history_of(leaping, 4).snapshot()) == ()
    assert "divergence" in kinds(diagnosis.update(history_of(leaping, 5).snapshot()))


def test_divergence_that_recovers_is_dropped():
    recovering = losses(lambda step: 9.0 if 20 <= step < 60 else 1.0)
    diagnosis = Diagnosis(FACTS)
    assert "divergence" in kinds(diagnosis.update(history_of(recovering, 59).snapshot()))
    assert diagnosis.update(history_of(recovering, 90).snapshot()) == ()


def test_exploding_on_the_way_to_divergence_is_a_symptom_of_the_rate():
    late = both(
        losses(lambda step: 2.0 if step < 30 else 400.0),
        after(29, EXPLODING),
    )
    assert kinds(diagnose(late)) == ["learning_rate_too_large", "divergence"]


def test_vanishing_after_divergence_is_a_symptom_and_before_it_a_cause():
    blown = losses(lambda step: 2.0 if step < 30 else 400.0)
    late = both(blown, after(29, VANISHING))
    assert kinds(diagnose(late)) == ["learning_rate_too_large", "divergence"]
    assert kinds(diagnose(both(blown, VANISHING))) == ["vanishing_gradient", "divergence"]


SLOW = always(loss=2.0, promised=2e-4)


def test_a_rate_of_which_all_steps_promise_little_is_too_small():
    assert diagnose(SLOW, 29) == ()
    (finding,) = diagnose(SLOW, 30)
    assert finding.kind == "learning_rate_too_small"
    assert finding.since_step == 25
    assert finding.evidence["steps_left"] == 370
    assert finding.evidence["loss_promised_for_the_end"] == pytest.approx(np.exp(-2e-4 * 370))
    assert finding.evidence["threshold"] == 0.37


def test_a_large_loss_needs_larger_promises():
    falling = always(loss=200.0, promised=1.0)
    (finding,) = diagnose(falling, 30)
    assert finding.kind == "learning_rate_too_small"
    assert finding.evidence["loss_promised_for_the_end"] == pytest.approx(100 * np.exp(-3.7))
    assert diagnose(always(loss=200.0, promised=2.0), 30) == ()


@pytest.mark.parametrize(
    ("scenario", "facts"),
    [
        (SLOW, replace(FACTS, steps_planned=60)),  # too short to tell
        (both(SLOW, losses(lambda step: 2.0 * 0.98**step)), FACTS),  # it learns
        (both(SLOW, lambda step: {"learning_rate": 1e-6 * step}), FACTS),  # warming up
        (both(SLOW, always(promised=0.05)), FACTS),
    ],
)
def test_a_rate_is_not_called_too_small_without_good_reason(scenario: Scenario, facts: Facts):
    assert diagnose(scenario, 100, facts) == ()


def test_a_rate_is_not_called_too_small_beside_a_structural_cause():
    assert kinds(diagnose(both(SLOW, VANISHING), 100)) == ["vanishing_gradient"]


JUMPING = always(loss=1.4, trust_ratio=0.01, promised=0.05)
BROKEN = always(loss=2.0, trust_ratio=0.6, promised=1.0)


def test_steps_that_keep_nothing_of_their_promise_and_get_nowhere_are_too_large():
    assert diagnose(JUMPING, 44) == ()
    (finding,) = diagnose(JUMPING, 45)
    assert finding.kind == "learning_rate_too_large"
    assert finding.since_step == 40
    assert finding.evidence["trust_ratio"] == 0.01
    assert finding.evidence["trust_ratio_threshold"] == 0.08
    assert finding.evidence["learning_rate"] == 0.1
    assert "takes 0.01 of what it promises" in finding.message


def test_steps_that_promise_far_more_than_there_is_and_get_nowhere_are_too_large():
    (finding,) = diagnose(BROKEN, 45)
    assert finding.kind == "learning_rate_too_large"
    assert finding.evidence["promised_so_far"] == pytest.approx(0.5 * 45)
    assert finding.evidence["promised_threshold"] == 15.0
    assert "promised 2.2e+01 times" in finding.message


@pytest.mark.parametrize(
    "scenario",
    [
        both(BROKEN, losses(lambda step: 2.0 if step < 9 else 0.5)),  # it has learned well enough
        both(JUMPING, losses(lambda step: 1.4 * 0.995**step)),  # it gets somewhere all the same
        both(JUMPING, losses(lambda step: 0.5)),  # there is little left to gain
        both(JUMPING, always(trust_ratio=0.2)),
        both(BROKEN, losses(lambda step: 2.0 if step < 9 else 1.2)),  # it has come down
        both(BROKEN, always(promised=0.05)),
        both(BROKEN, losses(lambda step: 2.0 * 0.995**step)),
        both(JUMPING, BROKEN, VANISHING),
    ],
)
def test_a_rate_is_not_called_too_large_without_good_reason(scenario: Scenario):
    assert "learning_rate_too_large" not in kinds(diagnose(scenario, 100))


def test_steps_that_undo_what_was_learned_are_too_large():
    lost = losses(lambda step: 2.0 if step < 3 else 0.4 if step < 60 else 1.2)
    (finding,) = diagnose(both(BROKEN, lost), 120)
    assert finding.kind == "learning_rate_too_large"
    assert "was 0.2 before" in finding.message


def test_saturation_that_wild_steps_have_brought_is_blamed_on_the_rate():
    learning = losses(lambda step: 2.0 * 0.993**step)
    flat = lambda step: {"flat": hidden(0.9 if step > 20 else 0.1)}  # noqa: E731
    wild = both(BROKEN, learning, flat)
    assert kinds(diagnose(wild, 100, columns=TANH)) == ["learning_rate_too_large", "saturation"]
    gentle = both(learning, flat)
    assert kinds(diagnose(gentle, 100, columns=TANH)) == ["saturation"]
    born = both(BROKEN, learning, always(flat=hidden(0.9)))
    assert kinds(diagnose(born, 100, columns=TANH)) == ["saturation"]


def test_what_has_come_down_from_a_peak_to_where_it_was_has_got_nowhere():
    peaked = losses(lambda step: 2.0 if step < 20 else max(2.0, 5.9 - 0.05 * (step - 20)))
    (finding,) = diagnose(both(BROKEN, peaked), 120)
    assert finding.kind == "learning_rate_too_large"


def test_the_cause_stays_while_what_it_has_broken_stands():
    broken = both(BROKEN, lambda step: dead(0.9 if step > 60 else 0.1))
    over = after(90, always(promised=0.0, trust_ratio=0.9, loss=1.5))
    late = diagnose(both(broken, over, after(90, losses(lambda step: 1.9 - 0.004 * step))), 180)
    assert kinds(late) == ["learning_rate_too_large", "dying_relu"]
    assert late[0].message.endswith("what it has done is still there.")


def test_a_fault_of_the_start_stays_named_until_the_network_has_learned():
    start = lambda step: EXPLODING(step) if step < 30 else {}  # noqa: E731
    (finding,) = diagnose(start, 100)
    assert (finding.kind, finding.since_step) == ("exploding_gradient", 1)
    assert finding.message.endswith("what it has done is still there.")
    learning = both(start, losses(lambda step: 2.0 * 0.99**step))
    assert kinds(diagnose(learning, 40)) == ["exploding_gradient"]
    assert diagnose(learning, 100) == ()
    saturating = both(start, lambda step: {"flat": hidden(0.95 if step > 20 else 0.4)})
    assert kinds(diagnose(saturating, 100, columns=TANH)) == ["exploding_gradient", "saturation"]
    later = lambda step: EXPLODING(step) if 30 < step < 60 else {}  # noqa: E731
    assert diagnose(later, 100) == ()


# Units and inputs ---------------------------------------------------------------------------


def test_units_that_are_dead_at_birth_are_told_from_those_that_die():
    (born,) = diagnose(lambda step: dead(0.1, 0.2, 0.98, 0.92))
    assert born.kind == "dying_relu"
    assert (born.since_step, born.layers) == (1, (3, 4))
    assert "born dead" in born.message
    assert "98%" in born.message
    (dying,) = diagnose(lambda step: dead(0.1, 0.1, 0.1, 0.05 if step < 30 else 0.9))
    assert (dying.since_step, dying.layers) == (30, (4,))
    assert "5% at the start" in dying.message
    assert dying.evidence["dead_share_at_start"] == pytest.approx(0.05)


def test_a_quick_rise_of_dead_units_in_all_layers_is_dying():
    (finding,) = diagnose(lambda step: dead(min(0.55, 0.1 + 0.02 * step)), 25)
    assert finding.kind == "dying_relu"
    assert finding.evidence["mean_rise"] > finding.evidence["rise_threshold"] == 0.25
    assert diagnose(lambda step: dead(min(0.48, 0.1 + 0.002 * step)), 400) == ()


def test_half_of_all_units_dead_at_birth_is_more_than_chance_and_most_of_a_layer_is_not():
    (born,) = diagnose(lambda step: dead(0.4, 0.6, 0.7, 0.5))
    assert (born.since_step, born.layers) == (1, (2, 3))
    assert born.evidence["mean_dead_share"] > born.evidence["mean_threshold"] == 0.5
    assert diagnose(lambda step: dead(0.1, 0.2, 0.7, 0.3)) == ()


def test_most_of_a_layer_dead_that_was_alive_is_dying():
    (dying,) = diagnose(lambda step: dead(0.1, 0.1, 0.1, 0.3 if step < 30 else 0.65))
    assert (dying.since_step, dying.layers) == (30, (4,))


def test_the_share_of_dead_units_of_a_healthy_network_is_no_finding():
    assert diagnose(lambda step: dead(0.44)) == ()


def test_silent_units_are_not_dead_ones():
    assert diagnose(always(silent=hidden(0.95 * WIDTH))) == ()


def test_a_layer_that_no_batch_excites_is_as_good_as_dead_though_the_probe_set_may_excite_it():
    (born,) = diagnose(always(silent=hidden(10, 20, WIDTH, WIDTH)))
    assert (born.kind, born.since_step, born.layers) == ("dying_relu", 1, (3, 4))
    assert born.born_dead
    assert "100% of the ReLU units of layer 3 are zero for every row" in born.message
    assert "5% on the whole probe set" in born.message
    (dying,) = diagnose(lambda step: {"silent": hidden(10, 20, 30, WIDTH if step > 30 else 9)})
    assert not dying.born_dead
    assert (dying.since_step, dying.layers) == (35, (4,))
    once = lambda step: {"silent": hidden(WIDTH if step % 3 == 0 else 9)}  # noqa: E731
    assert diagnose(once) == ()


def test_an_early_death_explains_that_what_is_left_is_slow():
    scenario = both(SLOW, lambda step: dead(0.95 if step < 50 else 0.3))
    (finding,) = diagnose(scenario, 100)
    assert finding.kind == "dying_relu"


def test_dead_units_explain_an_error_signal_that_vanishes():
    scenario = both(profile(0.0, 0.0, 0.0, 1e-3, 0.3), lambda step: dead(0.1, 0.1, 0.1, 1.0))
    assert kinds(diagnose(scenario)) == ["dying_relu"]


def test_units_that_die_under_a_gradient_that_vanished_before_are_named_after_it():
    scenario = both(VANISHING, lambda step: dead(0.1 if step < 40 else 0.9))
    assert kinds(diagnose(scenario)) == ["vanishing_gradient", "dying_relu"]


def test_a_signal_that_was_lost_long_before_units_die_has_a_cause_of_its_own():
    lost = after(19, VANISHING)
    soon = both(lost, lambda step: dead(0.1 if step < 50 else 0.9))
    assert kinds(diagnose(soon)) == ["dying_relu"]
    late = both(lost, lambda step: dead(0.1 if step < 90 else 0.9))
    assert kinds(diagnose(late)) == ["vanishing_gradient", "dying_relu"]


def test_saturated_hidden_layers_are_found_unless_the_network_has_learned():
    scenario = always(flat=(0.3, 0.77, 0.62, 0.1, 0.99), loss=1.4)
    (finding,) = diagnose(scenario, columns=TANH)
    assert finding.kind == "saturation"
    assert finding.layers == (2, 3)
    assert finding.evidence["flat_share"] == 0.77
    assert "tanh" in finding.message
    assert diagnose(both(scenario, losses(lambda step: 0.5)), columns=TANH) == ()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (InputFacts(offset=5.0, spread=1.0, rms=1.0), "5.0e+00 times their standard deviations"),
        (InputFacts(offset=0.0, spread=200.0, rms=1.0), "a factor of 2.0e+02"),
        (InputFacts(offset=0.0, spread=1.0, rms=136.0), "rms is 1.4e+02"),
        (InputFacts(offset=0.0, spread=1.0, rms=0.01), "rms is 1.0e-02"),
    ],
)
def test_inputs_that_are_not_normalized_are_found(inputs: InputFacts, said: str):
    (finding,) = diagnose(well, facts=replace(FACTS, inputs=inputs))
    assert (finding.kind, finding.since_step) == ("unnormalized_inputs", 1)
    assert said in finding.message


def test_inputs_of_which_nothing_is_known_are_not_judged():
    unknown = InputFacts(offset=np.nan, spread=np.nan, rms=0.67)
    assert diagnose(well, facts=replace(FACTS, inputs=unknown)) == ()
    assert diagnose(well, facts=replace(FACTS, inputs=None)) == ()


def test_symmetric_units_are_found():
    (finding,) = diagnose(well, facts=replace(FACTS, symmetric=True))
    assert (finding.kind, finding.layers) == ("symmetric_initialization", (1,))


def test_causes_come_before_symptoms():
    facts = replace(FACTS, symmetric=True, inputs=InputFacts(9.0, 1.0, 1.0))
    scenario = both(VANISHING, lambda step: dead(0.9 if step > 30 else 0.1), nonfinite_at(50))
    assert kinds(diagnose(scenario, facts=facts)) == [
        "unnormalized_inputs",
        "symmetric_initialization",
        "vanishing_gradient",
        "dying_relu",
        "divergence",
    ]


# Overfitting --------------------------------------------------------------------------------


def test_a_validation_loss_that_rises_for_five_evaluations_while_training_falls_is_overfitting():
    (finding,) = diagnose(evaluations(), 200)
    assert finding.kind == "overfitting"
    assert finding.severity is Severity.WARNING
    assert finding.evidence["best_step"] == 50
    assert finding.evidence["validation_over_best"] == pytest.approx(1.6)
    # 1.15 times the best is passed at step 90; the fifth evaluation from there is at 130
    assert finding.since_step == 130
    assert diagnose(evaluations(), 125) == ()


def test_a_validation_loss_that_stays_near_its_best_is_no_overfitting():
    assert diagnose(evaluations(rise=0.0005), 300) == ()


def test_a_validation_loss_that_rises_from_very_little_to_little_is_no_overfitting():
    def scenario(step: int) -> Values:
        values = evaluations()(step)
        if "validation_loss" in values:
            values["validation_loss"] = 0.1 * float(values["validation_loss"])  # type: ignore[arg-type]
        return values

    assert diagnose(scenario, 200) == ()  # 0.03 has become 0.05
    assert kinds(diagnose(scenario, 700)) == ["overfitting"]


def by_heart(training: float, validation: float) -> Scenario:
    """A validation loss that comes down all the time, and from far. In units of knowing nothing."""

    def scenario(step: int) -> Values:
        values: Values = {"loss": 2.0 * training}
        if step % 10 == 0:
            values["validation_loss"] = 2.0 * validation * (1.0 + 99.0 * 0.98**step)
        return values

    return scenario


def test_rows_known_by_heart_and_less_than_nothing_of_others_is_overfitting_also_without_a_rise():
    (finding,) = diagnose(by_heart(0.1, 5.0), 300)
    assert finding.kind == "overfitting"
    assert finding.evidence["validation_in_baselines"] == pytest.approx(5.0 * (1 + 99 * 0.98**300))
    assert finding.evidence["training_in_baselines"] == pytest.approx(0.1)
    assert finding.since_step == 50  # the fifth evaluation
    assert "by heart" in finding.message


@pytest.mark.parametrize(("training", "validation"), [(0.4, 5.0), (0.1, 0.5)])
def test_a_network_that_has_not_learned_or_knows_something_of_others_is_not_called_overfitted(
    training, validation
):
    assert "overfitting" not in kinds(diagnose(by_heart(training, validation), 600))


def test_validation_and_training_that_rise_together_are_no_overfitting():
    rising = both(evaluations(), losses(lambda step: 1.0 + 0.01 * step))
    assert "overfitting" not in kinds(diagnose(rising, 200))


# No evidence, and what is no fault ------------------------------------------------------------


def undecided(scenario: Scenario, steps: int, facts: Facts = FACTS, columns: Layout = RELU):
    diagnosis = Diagnosis(facts)
    findings = diagnosis.update(history_of(scenario, steps, columns).snapshot())
    assert not {each.kind for each in diagnosis.undecided} & set(kinds(findings))
    return {each.kind: each.reason for each in diagnosis.undecided}


def test_what_cannot_be_judged_yet_is_said_with_the_reason():
    assert undecided(well, 10) == {
        "learning_rate_too_large": "it takes 40 steps",
        "learning_rate_too_small": "it takes 25 steps",
        "overfitting": "no validation loss is recorded yet",
    }
    assert undecided(evaluations(), 35) == {
        "learning_rate_too_large": "it takes 40 steps",
        "overfitting": "it takes 5 evaluations",
    }
    assert undecided(evaluations(), 60) == {}
    warming = lambda step: {"learning_rate": 1e-6 * step}  # noqa: E731
    assert undecided(warming, 60)["learning_rate_too_small"] == "the rate is warming up"


def bare(*layer_metrics: str) -> Layout:
    """Columns as an imported history may have them."""
    return replace(RELU, layer_metrics=tuple(Metric(name, "") for name in layer_metrics))


def test_rules_whose_columns_are_not_recorded_say_so_and_the_others_judge():
    columns, facts = bare("error_signal"), replace(FACTS, inputs=None)

    def imported(step: int) -> Values:
        return VANISHING(step) | {"promised": np.nan, "trust_ratio": np.nan}

    history = History(columns)
    for step in range(1, 61):
        row = columns.empty_row()
        for name, value in ({"loss": 2.0, "learning_rate": 0.1} | imported(step)).items():
            row[columns.columns(name)] = value
        history.append(StepRecord(step, row, columns), 0.0)
    diagnosis = Diagnosis(facts)
    assert kinds(diagnosis.update(history.snapshot())) == ["vanishing_gradient"]
    assert {each.kind: each.reason for each in diagnosis.undecided} == {
        "unnormalized_inputs": "nothing is known of the inputs",
        "learning_rate_too_small": "promised progress is not recorded",
        "dying_relu": "dead units are not recorded",
        "overfitting": "no validation loss is recorded yet",
    }


@pytest.mark.parametrize("columns", [bare(), replace(TANH, layer_metrics=())])
def test_a_history_of_the_loss_alone_is_judged_by_the_loss(columns: Layout):
    history = History(columns)
    for step in range(1, 61):
        row = columns.empty_row()
        row[columns.columns("loss")] = 1.9 if step < 30 else 400.0
        history.append(StepRecord(step, row, columns), 0.0)
    diagnosis = Diagnosis(Facts(steps_planned=60, baseline=np.nan))
    assert kinds(diagnosis.update(history.snapshot())) == ["divergence"]
    reasons = {each.reason for each in diagnosis.undecided}
    assert "the error signal is not recorded" in reasons


def test_flat_slopes_that_are_not_recorded_are_judged_by_saturated_entries():
    columns = replace(TANH, layer_metrics=(Metric("saturated", "", scheduled=True),))
    history = History(columns)
    for step in range(1, 11):
        row = columns.empty_row()
        row[columns.columns("loss")] = 2.0
        row[columns.columns("saturated")] = hidden(0.8)
        history.append(StepRecord(step, row, columns), 0.0)
    assert kinds(Diagnosis(FACTS).update(history.snapshot())) == ["saturation"]


def test_a_loss_that_leaps_up_and_comes_down_again_is_an_event_and_no_finding():
    diagnosis = Diagnosis(FACTS)
    spiky = losses(lambda step: {40: 9.0, 41: 5.0, 80: 30.0}.get(step, 1.0))
    assert diagnosis.update(history_of(spiky, 200).snapshot()) == ()
    assert [(event.step, event.kind) for event in diagnosis.events] == [
        (40, "loss_spike"),
        (80, "loss_spike"),
    ]
    assert diagnosis.events[0].text == "1 -> 9 -> 1"


def halved(step: int) -> float:
    return 2.0 if step < 40 else 1.0


def test_a_finding_that_does_not_hold_any_more_is_an_event_where_it_was_let_go():
    diagnosis = Diagnosis(FACTS)
    early = both(losses(halved), lambda step: VANISHING(step) if step <= 50 else {})
    history = history_of(early, 100)
    findings = [kinds(diagnosis.findings) for _ in diagnosis.walk(history.snapshot())]
    assert findings[1] == ["vanishing_gradient"]
    assert findings[-1] == []
    # checks are at 55 and 60, and it takes two
    assert [(e.step, e.kind, e.text) for e in diagnosis.events] == [
        (60, "no_more", "vanishing gradient, which stood since step 1")
    ]


def test_what_was_seen_once_and_never_called_a_finding_is_no_event_either():
    diagnosis = Diagnosis(FACTS)
    once = lambda step: VANISHING(step) if step == 50 else {}  # noqa: E731
    assert diagnosis.update(history_of(once, 100).snapshot()) == ()
    assert diagnosis.events == ()


def test_a_spike_is_told_once_also_where_a_finding_ended_in_between():
    ended = both(
        losses(lambda step: 9.0 if step == 52 else halved(step)),
        lambda step: VANISHING(step) if step <= 50 else {},
    )
    diagnosis = Diagnosis(FACTS)
    diagnosis.update(history_of(ended, 200).snapshot())
    assert [(event.step, event.kind) for event in diagnosis.events] == [
        (52, "loss_spike"),
        (60, "no_more"),
    ]


def test_a_loss_that_stays_up_or_scatters_is_no_spike():
    rng = np.random.default_rng(0)
    for loss in (
        lambda step: 1.0 if step < 40 else 9.0,
        lambda step: float(rng.uniform(0.0, 0.4)),
        lambda step: float(rng.uniform(0.5, 4.0)),
    ):
        diagnosis = Diagnosis(FACTS)
        diagnosis.update(history_of(losses(loss), 100).snapshot())
        assert diagnosis.events == ()


def test_the_first_value_that_is_not_finite_is_an_event():
    diagnosis = Diagnosis(FACTS)
    diagnosis.update(history_of(nonfinite_at(7), 20).snapshot())
    assert [(e.step, e.kind, e.text) for e in diagnosis.events] == [
        (7, "nonfinite", "dW of layer 3")
    ]


# What the verdict does not depend on --------------------------------------------------------

SCENARIOS: dict[str, tuple[Scenario, Layout]] = {
    "well": (well, RELU),
    "vanishing": (VANISHING, RELU),
    "late vanishing": (after(33, VANISHING), RELU),
    "flicker": (lambda step: VANISHING(step) if step % 3 else {}, RELU),
    "exploding": (both(EXPLODING, nonfinite_at(4)), RELU),
    "not finite": (nonfinite_at(78), RELU),
    "blown": (losses(lambda step: 2.0 if step < 41 else 99.0), RELU),
    "recovers": (losses(lambda step: 99.0 if 40 < step < 90 else 1.0), RELU),
    "NaN loss": (losses(lambda step: np.nan if step > 63 else 1.0), RELU),
    "dying": (lambda step: dead(min(1.0, 0.01 * step)), RELU),
    "saturating": (lambda step: {"flat": hidden(min(1.0, 0.01 * step))}, TANH),
    "overfitting": (evaluations(), RELU),
    "slow": (SLOW, RELU),
    "jumping": (JUMPING, RELU),
    "broken promises": (after(40, BROKEN), RELU),
}


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(sorted(SCENARIOS)),
    cuts=st.sets(st.integers(1, 150), max_size=30),
)
def test_the_verdict_does_not_depend_on_when_it_was_asked_for(name: str, cuts: set[int]):
    scenario, columns = SCENARIOS[name]
    once = Diagnosis(FACTS).update(history_of(scenario, 150, columns).snapshot())
    now_and_then = Diagnosis(FACTS)
    for cut in sorted(cuts | {150}):
        at_cut = now_and_then.update(history_of(scenario, cut, columns).snapshot())
    assert at_cut == once


@pytest.mark.parametrize("name", SCENARIOS)
def test_asked_at_every_step_the_verdict_is_the_same_as_asked_once(name: str):
    scenario, columns = SCENARIOS[name]
    whole = history_of(scenario, 120, columns)
    diagnosis, history = Diagnosis(FACTS), History(columns)
    for steps, rows in whole.snapshot().rows():
        for step, row in zip(steps, rows, strict=True):
            bad = whole.snapshot().nonfinite
            named = bad if bad is not None and bad.step == step else None
            history.append(StepRecord(int(step), row, columns, named), 0.0)
            findings = diagnosis.update(history.snapshot())
    assert findings == Diagnosis(FACTS).update(whole.snapshot())


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_the_verdict_does_not_depend_on_the_scale_of_the_loss(name: str, scale: float):
    scenario, columns = SCENARIOS[name]

    def scaled(step: int) -> Values:
        values = {"loss": 2.0 * 0.999**step, "error_signal": FLAT, "promised": 0.05}
        values |= scenario(step)
        for metric in ("loss", "validation_loss", "error_signal", "promised"):
            if metric in values:
                values[metric] = scale * np.asarray(values[metric])
        rate, norm = values.get("learning_rate", 0.1), values.get("gradient_norm", 1.0)
        compensated = {"learning_rate": rate / scale, "gradient_norm": norm * scale}
        return values | compensated | {"clipped_gradient_norm": norm * scale}

    def verdict(findings: Sequence[Finding]) -> list[tuple[object, ...]]:
        return [(f.kind, f.severity, f.since_step, f.layers) for f in findings]

    facts = replace(FACTS, baseline=FACTS.baseline * scale)
    assert verdict(diagnose(scaled, 150, facts, columns)) == verdict(
        diagnose(scenario, 150, FACTS, columns)
    )


def test_a_run_without_a_baseline_is_judged_by_its_first_loss():
    facts = replace(FACTS, baseline=0.0)
    assert diagnose(well, facts=facts) == ()
    assert "divergence" in kinds(
        diagnose(losses(lambda step: 0.02 if step < 20 else 0.4), facts=facts)
    )


def test_steps_whose_rows_are_gone_are_passed_over():
    steps = 9000
    late = after(5000, VANISHING)
    history = history_of(late, steps, keep_rows=1)
    assert history.snapshot().resolution(5200) > 1
    (finding,) = Diagnosis(FACTS).update(history.snapshot())
    assert finding.kind == "vanishing_gradient"
    assert finding.since_step > 5200
    history = history_of(both(late, nonfinite_at(3000)), steps, keep_rows=1)
    assert kinds(Diagnosis(FACTS).update(history.snapshot()))[-1] == "divergence"


def test_a_single_lapse_does_not_end_a_finding_and_two_do():
    for lapses, since in (((50,), 1), ((50, 55), 60)):
        # five steps around each check, so that the median lapses
        lapsing = {step for check in lapses for step in range(check - 4, check + 1)}
        vanishing = lambda step, gone=lapsing: {} if step in gone else VANISHING(step)  # noqa: E731
        learned = losses(lambda step: 2.0 if step < 20 else 1.0)
        (finding,) = diagnose(both(learned, vanishing), 80)
        assert finding.since_step == since


HOSTILE = [np.nan, np.inf, -np.inf, 1e308, -1e308, 1e-320, 0.0]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("baseline", [2.0, 0.0, 1e-320, 1e308, np.nan])
@pytest.mark.parametrize("from_step", [1, 2, 30])
def test_hostile_numbers_neither_raise_nor_warn_and_evidence_stays_finite(
    value: float, baseline: float, from_step: int
):
    facts = replace(FACTS, baseline=baseline, inputs=InputFacts(value, value, value))

    for columns in (RELU, TANH):
        everywhere = {metric.name: value for metric in columns.metrics}
        findings = diagnose(
            lambda step, bad=everywhere: bad if step >= from_step else {}, 80, facts, columns
        )
        for finding in findings:
            assert all(isfinite(number) for number in finding.evidence.values())
            assert finding.message


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_mixture_of_hostile_numbers_is_survived(seed: int):
    rng = np.random.default_rng(seed)
    names = [metric.name for metric in RELU.metrics]

    def scenario(step: int) -> Values:
        chosen = rng.choice(names, size=3)
        return {name: rng.choice(HOSTILE, size=L if RELU.per_layer(name) else 1) for name in chosen}

    for finding in diagnose(scenario, 40, FACTS):
        assert all(isfinite(number) for number in finding.evidence.values())
