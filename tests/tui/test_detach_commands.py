"""``--detach`` of run and resume, ``watch``, ``stop``: what they refuse, and what they say."""

import json

import pytest

from backscope.core.store import places
from backscope.core.store.places import Place
from backscope.core.store.stored_run import Life, StoredRun
from backscope.tui import opening, trainer_process
from backscope.tui.cli import main
from backscope.tui.commands import watch

MOONS = ("run", "healthy", "--steps", "5")


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def started(monkeypatch):
    """What would be started, and how; nothing is."""
    asked = []

    def start(place, *, lock=None, paused=False, pace=None):
        asked.append((place, lock is not None, paused, pace))
        if lock is not None:
            lock.release()
        return 4711

    monkeypatch.setattr(trainer_process, "start_trainer", start)
    monkeypatch.setattr("backscope.tui.detaching.start_trainer", start)
    return asked


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--headless"], "--headless"),
        (["--fps", "5"], "--fps"),
        (["--bandwidth", "3"], "--bandwidth"),
        (["--csv", "x.csv"], "--csv"),
        (["--plot"], "--plot"),
        (["--fail-on", "error"], "--fail-on"),
        (["--no-record"], "--no-record"),
    ],
)
def test_what_does_not_go_with_detach_is_named(capsys, started, words, option):
    assert main([*MOONS, "--detach", *words]) == 2
    assert f"backscope run: {option} does not go with --detach" in capsys.readouterr().err
    assert started == []


def test_a_detached_run_says_how_to_watch_and_stop_it(capsys, started):
    assert main([*MOONS, "--detach"]) == 0
    said = capsys.readouterr().out
    (place,) = places.all_places()
    assert said.splitlines() == [
        f"Run {place.id} (healthy) trains in a process of its own, 4711.",
        f"  watch it:  backscope watch {place.id}",
        f"  stop it:   backscope stop {place.id}",
    ]
    assert started == [(place, True, False, None)]


def test_a_detached_run_is_told_as_json(capsys, started):
    assert main([*MOONS, "--detach", "--json", "--paused", "--pace", "3"]) == 0
    said = json.loads(capsys.readouterr().out)
    (place,) = places.all_places()
    assert said == {
        "id": place.id,
        "name": "healthy",
        "process": 4711,
        "directory": str(place.directory),
    }
    assert started == [(place, True, True, 3.0)]


def test_it_begins_with_a_checkpoint_so_that_it_can_be_taken_up(started):
    main([*MOONS, "--detach"])
    (place,) = places.all_places()
    stored = StoredRun(place)
    assert stored.life is Life.DEAD, "nobody has taken it up in this test"
    assert main(["resume", place.id, "--headless"]) == 0
    assert stored.life is Life.FINISHED


def test_resume_detaches_too(capsys, started):
    main([*MOONS, "--detach"])
    (place,) = places.all_places()
    capsys.readouterr()
    assert main(["resume", "healthy", "--detach", "--paused"]) == 0
    assert f"backscope watch {place.id}" in capsys.readouterr().out
    assert started[1] == (place, False, True, None)
    assert main(["resume", "healthy", "--detach", "--headless"]) == 2


def test_bad_input_is_told_before_anything_is_recorded(capsys, started):
    assert main(["run", "healthy", "--detach", "--set", "training.stpes=3"]) == 2
    assert "did you mean" in capsys.readouterr().err
    assert places.all_places() == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["watch"], "no run is being trained; backscope replay shows the newest one"),
        (["watch", "suns"], "there is none of that id or name"),
        (["watch", "--fsp", "3"], "did you mean --fps?"),
        (["stop"], "needs a run; none is being trained"),
        (["stop", "suns"], "there is none of that id or name"),
    ],
)
def test_what_cannot_be_watched_or_stopped_is_one_line(capsys, words, line):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert line in said
    assert len(said.splitlines()) == 1


def test_watch_takes_a_run_that_has_ended_as_well(monkeypatch, started):
    main([*MOONS, "--detach"])
    (place,) = places.all_places()
    shown: list[Place] = []

    def show(stored, **options):
        shown.append(stored.place)
        return 0

    monkeypatch.setattr(watch, "has_screen", lambda: True)
    monkeypatch.setattr(watch, "stand_by", lambda: None)
    monkeypatch.setattr(opening, "open_recorded", show)
    assert main(["watch", place.id]) == 0
    assert shown == [place]
