"""Recorded runs with wrong bits, blocks of noise or zeros, and cuts: what is read is right or gone.

``benchmarks/endurance.py`` does the same ten thousand times.
"""

import numpy as np
import pytest

from backscope.core.errors import DataError
from backscope.core.store.places import Place
from backscope.core.store.repairing import repair
from backscope.core.store.replayed import ReplayedRun
from backscope.core.store.stored_run import StoredRun

STEPS = 2_200
ROUNDS = 100
"""Of each kind of damage."""


def flipped(data, rng):
    at = int(rng.integers(len(data)))
    data[at] ^= 1 << int(rng.integers(8))


def zeroed(data, rng):
    length = int(rng.choice([16, 512, 8192]))
    at = int(rng.integers(len(data))) // length * length
    data[at : at + length] = bytes(len(data[at : at + length]))


def written_over(data, rng):
    length = int(rng.choice([16, 512, 8192]))
    at = int(rng.integers(len(data)))
    data[at : at + length] = rng.bytes(len(data[at : at + length]))


def cut_off(data, rng):
    del data[int(rng.integers(len(data))) :]


def all_that_is_told(place):
    """The rows, by step, and the rest of what a person sees; closes what it opens."""
    run = StoredRun(place)
    try:
        snapshot = run.history.snapshot()
        rows = {}
        for steps, values in snapshot.rows():
            rows |= zip(steps.tolist(), (row.tobytes() for row in values), strict=True)
        drawn = snapshot.envelope("loss", 1, STEPS + 1, 50)
        replayed = ReplayedRun(run)
        replayed.go_to(STEPS // 2)
        found = replayed.diagnosis.update(replayed.history.snapshot())
        return {
            "rows": rows,
            "events": snapshot.events,
            "low": drawn.low,
            "high": drawn.high,
            "settings": run.description.experiment,
            "findings": found,
            "marks": replayed.marks(),
            "status": replayed.status(),
            "damaged": run.history.damaged + len(replayed.diagnosis.damaged),
        }
    finally:
        run.close()


def attempted(action, *arguments, **options):
    """What comes of it, or the one line that it says instead."""
    try:
        return action(*arguments, **options), ""
    except DataError as error:
        return None, str(error)


@pytest.mark.parametrize("damage", [flipped, zeroed, written_over, cut_off])
def test_every_value_of_a_damaged_run_is_right_or_missing_or_there_is_one_clear_error(
    trained, tmp_path, damage
):
    place = trained(STEPS, flushes=11)
    whole = place.database.read_bytes()
    truth = all_that_is_told(place)
    assert len(truth["rows"]) == STEPS
    rng = np.random.default_rng(5)
    outcomes = {"error": 0, "gap": 0, "whole": 0}
    for number in range(ROUNDS):
        data = bytearray(whole)
        damage(data, rng)
        hurt = Place(tmp_path, f"{number}.db")
        hurt.database.write_bytes(data)
        told, line = attempted(all_that_is_told, hurt)
        if told is None:
            assert line
            assert "\n" not in line
            outcomes["error"] += 1
        else:
            outcomes["whole" if told["rows"] == truth["rows"] else "gap"] += 1
            assert told["rows"] == truth["rows"] or told["damaged"]
            assert told["rows"].items() <= truth["rows"].items()
            assert told["settings"] == truth["settings"]
            assert set(told["events"]) <= set(truth["events"])
            assert told["findings"] in (truth["findings"], ())
            known = ~np.isnan(told["low"])
            assert np.isin(told["low"][known], truth["low"]).all() or told["damaged"]
            assert (told["low"][known] >= np.nanmin(truth["low"])).all()
            assert (told["high"][known] <= np.nanmax(truth["high"])).all()
        done, line = attempted(repair, hurt, tmp_path / "repaired.db", force=True)
        if done is None:
            assert line
            assert "\n" not in line
        else:
            again = all_that_is_told(Place(tmp_path, "repaired.db"))
            assert again["rows"].items() <= truth["rows"].items()
            assert len(again["rows"]) == done.steps
            # Nothing that can be read without a repair is lost by one.
            assert told is None or told["rows"].items() <= again["rows"].items()
    assert sum(outcomes.values()) == ROUNDS
    assert outcomes["error"] + outcomes["gap"] > ROUNDS // 4
