import pytest

from backscope.core.record import RunState
from backscope.tui.compare.observers import Naming, Observers
from backscope.tui.observer import Display
from backscope.tui.time_range import TimeRange

PLAIN = Display()
TWO = Naming(("one", "other"))


@pytest.fixture
def pair(source_of):
    sources = [source_of("learning"), source_of("one point")]
    return sources, Observers(sources, TWO)


def test_the_first_look_is_a_comparison_and_the_second_is_none(pair, look):
    _, observers = pair
    view = observers.look(PLAIN, look)
    assert [run.snapshot.last_step for run in view.runs] == [300, 1]
    assert view.names == ("one", "other")
    assert observers.look(PLAIN, look) is None


@pytest.mark.parametrize("number", [0, 1])
def test_a_record_of_either_is_something_new_and_the_other_stays(pair, look, number):
    sources, observers = pair
    before = observers.look(PLAIN, look)
    sources[number].record()
    after = observers.look(PLAIN, look)
    assert after.runs[number].snapshot.count == before.runs[number].snapshot.count + 1
    assert after.runs[1 - number].snapshot is before.runs[1 - number].snapshot


@pytest.mark.parametrize(
    "change", [{"chosen": 1}, {"overlaid": True}, {"signal": True}, {"time": TimeRange(cursor=5)}]
)
def test_another_wish_is_something_new(pair, look, change):
    _, observers = pair
    observers.look(PLAIN, look)
    assert observers.look(Display(**change), look) is not None


def test_all_runs_are_shown_over_the_same_steps_and_on_the_same_kind_of_axis(pair, look):
    sources, observers = pair
    sources[1].record(value=1e9)
    view = observers.look(PLAIN, look)
    assert {(run.start, run.stop, run.logarithmic) for run in view.runs} == {(1, 401, True)}
    assert (view.start, view.stop) == (1, 401)


def test_losses_far_apart_ask_for_a_log_axis_though_neither_alone_does(source_of, look):
    low, high = source_of("empty"), source_of("empty")
    low.record(5, 1e-5)
    high.record(5, 3.0)
    assert Observers([low, high], TWO).look(PLAIN, look).logarithmic


def test_a_run_that_broke_does_not_choose_the_axis_of_those_that_did_not(source_of, look):
    sound, broken = source_of("empty"), source_of("empty")
    sound.record(5, 2.0)
    broken.record(5, 1e9)
    broken.record(value=1e9, layer=1, quantity="z", count=1, size=1, largest_finite=0.0)
    assert not Observers([sound, broken], TWO).look(PLAIN, look).logarithmic


def test_the_status_is_of_one_that_still_goes_on(pair):
    sources, observers = pair
    sources[0].state = RunState.DIVERGED
    observers.each[0].status = sources[0].status()
    assert observers.status.state is RunState.RUNNING
    assert observers.status is observers.each[1].status


def test_of_ended_runs_the_status_is_of_the_one_that_failed(pair):
    sources, observers = pair
    for source, observer, state in zip(
        sources, observers.each, (RunState.FINISHED, RunState.FAILED), strict=True
    ):
        source.state = state
        observer.status = source.status()
    assert observers.status.state is RunState.FAILED
    assert observers.extent.ended


def test_a_change_by_hand_is_one_more_difference(trained, look):
    runs = [trained(), trained(training__learning_rate=0.2)]
    observers = Observers(runs, TWO)
    assert observers.look(PLAIN, look).changes == ((), ("learning rate 0.1 -> 0.2",))


def test_losses_of_two_kinds_are_shown_in_units_of_knowing_nothing(trained, look):
    one, other = trained(), trained(training__loss="mse")
    view = Observers([one, other], TWO).look(PLAIN, look)
    assert view.relative
    assert view.unit(0) == one.facts.baseline
    assert view.unit(1) == other.facts.baseline
    last = float(one.history.snapshot().latest("loss"))
    assert last / one.facts.baseline == pytest.approx(last / view.unit(0))


def test_another_seed_is_no_other_unit(source_of):
    one, other = source_of("learning"), source_of("learning")
    assert not Observers([one, other], TWO).relative
