import pytest

from backscope.core.record import RunState
from backscope.tui.compare.observers import Naming, Observers
from backscope.tui.compare.verdict import Verdict, verdict
from backscope.tui.observer import Display


@pytest.fixture
def judged(source_of, look):
    def make(sick, treated, state=RunState.RUNNING):
        sources = []
        for losses in (sick, treated):
            source = source_of("empty")
            for loss in losses:
                broken = {"layer": 1, "quantity": "z", "count": 1, "size": 1}
                bad = {**broken, "largest_finite": 1.0} if loss != loss else {}
                source.record(value=loss, **bad)
            source.state = state
            sources.append(source)
        observers = Observers(sources, Naming(("sick", "treated"), "ReLU + He"))
        return verdict(observers.look(Display(), look))

    return make


def test_a_loss_below_half_of_the_sick_one_is_a_cure(judged):
    said, text = judged([2.3] * 5, [0.05] * 5)
    assert (said, text) == (Verdict.CURED, "cured: loss 0.0500 against 2.30")


@pytest.mark.parametrize(
    ("state", "said", "text"),
    [
        (RunState.RUNNING, Verdict.NOT_YET, "not cured yet: loss 1.20 against 2.30"),
        (
            RunState.FINISHED,
            Verdict.NOT,
            "not cured: loss 1.20 against 2.30; "
            "a cure is accepted on the loss, never on the symptom",
        ),
    ],
)
def test_more_than_half_of_it_and_above_what_counts_as_learned_is_none(judged, state, said, text):
    assert judged([2.3] * 5, [1.2] * 5, state) == (said, text)


def test_a_loss_that_learned_beside_a_run_that_diverged_is_a_cure(judged):
    said, text = judged([2.3, float("nan")], [0.7] * 5)
    assert (said, text) == (Verdict.CURED, "cured: loss 0.700; the sick run diverged at step 2")


def test_a_finite_loss_that_learned_nothing_is_no_cure_of_divergence(judged):
    said, text = judged([2.3, float("nan")], [1.1] * 5)
    assert said is Verdict.NOT_YET
    assert text == "not cured yet: loss 1.10; the sick run diverged at step 2"


def test_one_that_diverges_itself_is_none(judged):
    assert judged([2.3] * 5, [float("nan")])[0] is Verdict.NOT


def test_nothing_is_said_before_there_is_a_loss(judged):
    assert judged([], [2.0]) == (Verdict.NOT_YET, "")
