import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backscope.core.diagnosis import Diagnosis
from backscope.core.errors import InputError
from backscope.core.experiment import Experiment, load_experiment
from backscope.core.history import History
from backscope.core.interventions import Intervention
from backscope.core.record import Event, RunState, StepRecord
from backscope.core.run import Run
from backscope.core.store import database, places
from backscope.core.store.description import Description
from backscope.core.store.places import Place
from backscope.core.store.recorder import Recorder
from backscope.core.store.recording import Recording
from backscope.core.store.replayed import SPEEDS, ReplayedRun
from backscope.core.store.stored_run import Life, StoredRun
from backscope.core.trainer import Trainer

from .conftest import HandRun

STEPS = 120
A_STEP = 0.01
"""Seconds that a step took."""


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


class Ticking:
    """A clock that a step takes ``A_STEP`` of: it is read twice a step."""

    def __init__(self) -> None:
        self.reads = 0

    def __call__(self) -> float:
        self.reads += 1
        return self.reads * A_STEP


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A run that found something, in which something happened, and that has ended."""
    before = pytest.MonkeyPatch()
    before.setenv(places.HOME, str(tmp_path_factory.mktemp("home")))
    run = Run(Trainer(load_experiment("dying-relu")), clock=Ticking())
    recording = Recording.of_new(run)
    run.advance(40)
    run.history.mark(Event(41, "revive", "by hand"))
    run.advance(STEPS - 40)
    run.end()
    recording.finish()
    before.undo()
    return recording.place


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def replay(place, clock):
    run = ReplayedRun(StoredRun(place), clock)
    yield run
    run.stored.close()


def test_it_opens_at_the_end_as_that_was(replay):
    status, snapshot = replay.status(), replay.history.snapshot()
    assert snapshot.last_step == status.step == STEPS
    assert status.state is RunState.STOPPED
    assert status.planned == 2_000
    assert [event.kind for event in snapshot.events] == ["revive"]
    assert replay.position.at_end
    assert replay.diagnosis.update(snapshot) == Diagnosis(replay.facts).update(snapshot)
    assert replay.experiment.name == "dying-relu"


def test_any_step_can_be_shown_and_nothing_after_it(replay):
    for step in (40, 1, 77, STEPS):
        replay.go_to(step)
        snapshot, status = replay.history.snapshot(), replay.status()
        assert snapshot.last_step == status.step == replay.position.step == step
        assert [event.step for event in snapshot.events] == ([41] if step >= 41 else [])
        ended = step == STEPS
        assert status.state is (RunState.STOPPED if ended else RunState.PAUSED)


def test_beyond_the_first_and_the_last_step_there_is_no_going(replay):
    replay.go_to(-5)
    assert replay.position.step == 1
    replay.go_by(-1)
    assert replay.position.step == 1
    replay.go_by(10**9)
    assert replay.position.at_end


def test_it_plays_as_fast_as_it_was_recorded_or_so_many_times_as_fast(replay, clock):
    replay.go_to(20)
    replay.resume()
    assert replay.status().state is RunState.RUNNING
    clock.now += 10.5 * A_STEP
    assert replay.position.step == 30
    replay.set_speed(0.1)
    assert replay.position.step == 30
    clock.now += 10 * A_STEP
    assert replay.position.step == 31
    replay.pause()
    clock.now += 1_000.0
    assert replay.position.step == 31
    assert replay.status().state is RunState.PAUSED


def test_it_stops_at_the_end_and_plays_from_the_beginning_then(replay, clock):
    replay.set_speed(1000.0)
    replay.resume()
    assert replay.position.step == 1
    clock.now += 1.0
    assert replay.position.at_end
    assert not replay.playing
    replay.resume()
    assert replay.playing
    assert replay.position.step == 1


def test_going_elsewhere_while_it_plays_it_plays_on_from_there(replay, clock):
    replay.resume()
    replay.go_to(50)
    clock.now += 10.5 * A_STEP
    assert replay.position.step == 60
    replay.step_once()
    assert replay.position.step == 61
    assert not replay.playing


def test_a_clock_that_jumps_backwards_holds_it(replay, clock):
    replay.go_to(50)
    replay.resume()
    clock.now -= 1_000.0
    assert replay.position.step == 50


def test_the_speeds_reach_a_thousand_and_none_is_below_nothing(replay):
    assert tuple(sorted(SPEEDS)) == SPEEDS
    assert 1.0 in SPEEDS
    assert SPEEDS[-1] == 1_000.0
    for speed in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="above 0"):
            replay.set_speed(speed)


def test_it_jumps_to_what_happened_and_to_where_findings_turned(replay):
    def kinds(step):
        replay.go_to(step)
        return tuple(each.kind for each in replay.diagnosis.update(replay.history.snapshot()))

    turns = [step for step in range(2, STEPS + 1) if kinds(step) != kinds(step - 1)]
    expected = sorted({*turns, 41})
    assert len(expected) >= 2
    assert list(replay.marks()) == expected
    replay.go_to(1)
    forward = []
    while replay.jump(forward=True):
        forward.append(replay.position.step)
    assert forward == expected
    replay.go_to(STEPS)
    back = []
    while replay.jump(forward=False):
        back.append(replay.position.step)
    assert back == [step for step in reversed(expected) if step < STEPS]


def test_nothing_of_it_can_be_changed(replay):
    for change in (
        lambda: replay.change_rate(2.0),
        lambda: replay.intervene(Intervention("revive"), lambda outcome: None),
        lambda: replay.fork(None),
    ):
        with pytest.raises(InputError, match=r"^this run is a recording[^\n]*$"):
            change()
    assert replay.checkpoints.before_changes == ()
    assert replay.checkpoints.last_good is None
    replay.drive()
    replay.advance(5)
    assert replay.position.at_end


def test_a_run_of_which_nothing_was_recorded_can_be_looked_at(trained):
    replay = ReplayedRun(StoredRun(trained(0)))
    assert replay.status().step == 0
    assert replay.history.snapshot().count == 0
    replay.resume()
    replay.go_to(3)
    assert not replay.jump(forward=True)
    assert replay.position.step == 0
    assert not replay.playing


def test_a_dead_run_says_so(trained):
    replay = ReplayedRun(StoredRun(trained(20, finished=False)))
    assert replay.position.life is Life.DEAD
    assert replay.status().state is RunState.STOPPED


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=st.lists(st.integers(-200, 200), min_size=1, max_size=12))
def test_wherever_it_goes_it_shows_what_the_rows_of_the_run_say(place, moves):
    replay = ReplayedRun(StoredRun(place), Clock())
    rows = np.concatenate([values for _, values in replay.history.snapshot().rows()])
    for move in moves:
        replay.go_by(move)
        snapshot = replay.history.snapshot()
        shown = np.concatenate([values for _, values in snapshot.rows()])
        assert shown.tobytes() == rows[: snapshot.count].tobytes()
        assert float(rows[snapshot.count - 1, 1]) == snapshot.latest("loss")
    replay.stored.close()


def written_down(trainer, history, path):
    """What a recorder writes of a history, opened again."""
    run = HandRun()
    run.history = history
    description = Description.of(trainer.experiment, trainer.layout, trainer.facts, 5_000, 0.0)
    connection = database.create(path)
    assert Recorder(run, connection, description=description.to_meta()).flush()
    database.close_for_good(connection)
    return ReplayedRun(StoredRun(Place(path.parent, path.name)))


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bits=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30),
    values=st.lists(st.floats(width=64), min_size=1, max_size=30),
    seed=st.integers(0, 2**32),
    steps=st.integers(1, 700),
    shares=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4),
)
def test_a_replay_shows_what_was_seen_live_in_every_bit_whatever_the_numbers(
    tmp_path, bits, values, seed, steps, shares
):
    rng = np.random.default_rng(seed)
    trainer = Trainer(Experiment.from_dict(SMALL, name="any"))
    layout = trainer.layout
    numbers = (ODD_BITS, np.array(bits, np.uint64), np.array(values).view(np.uint64))
    known = np.concatenate(numbers)
    rows = rng.choice(known, (steps, layout.size)).view(np.float64)
    shown = sorted({max(1, round(share * steps)) for share in shares})
    history, live = History(layout), {}
    for step, row in enumerate(rows, 1):
        history.append(StepRecord(step, row, layout, None), 0.01 * step)
        if step in shown:
            live[step] = history.snapshot()
    (tmp_path / "any.db").unlink(missing_ok=True)
    replayed = written_down(trainer, history, tmp_path / "any.db")
    for step in [*shown, *reversed(shown)]:
        replayed.go_to(step)
        stored = replayed.history.snapshot()
        assert stored.count == live[step].count == step
        assert b"".join(each.tobytes() for _, each in stored.rows()) == rows[:step].tobytes()
        columns = int(rng.integers(1, 90))
        start, stop = sorted(int(each) for each in rng.integers(1, step + 2, 2))
        for metric in layout.metrics:
            for of in ("latest", "last_measured", "first_measured"):
                found, expected = (getattr(each, of)(metric.name) for each in (stored, live[step]))
                assert np.asarray(found).tobytes() == np.asarray(expected).tobytes(), of
            curves = (
                each.envelope(metric.name, start, stop + 1, columns)
                for each in (stored, live[step])
            )
            found, expected = curves
            for part in ("edges", "low", "high", "bad"):
                assert getattr(found, part).tobytes() == getattr(expected, part).tobytes(), part
        assert stored.seconds == live[step].seconds
    replayed.stored.close()


ODD_BITS = np.array(
    [1 << 63, 1, 0xFFF << 52 | 1, 0x7FF << 52 | 1, 0x7FF8 << 48, 0x7FF << 52, 0xFFF << 52],
    np.uint64,
)
"""-0, the smallest subnormal, signaling and quiet NaN, both infinities."""
SMALL = {
    "data": {"source": "moons", "rows": 60},
    "network": {"hidden": [3], "activation": "relu"},
    "training": {"steps": 5_000, "batch_size": 8},
}
