"""Changing the running network from the dashboard, and undoing it; through Textual's pilot."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from textual.widgets import OptionList

from backscope.core.experiment import Experiment
from backscope.core.interventions import Intervention
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.tui.app import BackscopeApp
from backscope.tui.interventions_screen import InterventionsScreen, choices
from backscope.tui.key_line import KeyLine

STEPS = 30


def experiment(**tables):
    return Experiment.from_dict(
        {
            "title": "a test",
            "data": {"source": "moons", "rows": 60},
            "network": {"hidden": [8, 8], "bias": -1.0, **tables.pop("network", {})},
            "training": {"steps": 400, "batch_size": 8, **tables.pop("training", {})},
            "probes": {"activations_every": 1, "trust_every": 1, "dead_every": 1},
        },
        name="moons.toml",
    )


def stepped(what, steps=STEPS, paused=True):
    run = Run(Trainer(what), paused=paused)
    run.advance(steps)
    return run


def app_of(what, paused=True):
    """The dashboard of a real run that has done some steps."""
    return BackscopeApp(what, source_factory=lambda given, **_: stepped(given, paused=paused))


async def until(pilot, condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


async def opened(pilot):
    dashboard = pilot.app.screen
    await until(pilot, lambda: dashboard.source is not None)
    return dashboard


def notes(app):
    return [note.message for note in app._notifications]


def text_of(widget):
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


async def choose(pilot, title):
    """Open the list and take the entry of this title."""
    await pilot.press("i")
    await until(pilot, lambda: isinstance(pilot.app.screen, InterventionsScreen))
    screen = pilot.app.screen
    (at,) = (i for i, choice in enumerate(screen._offered) if choice.title == title)
    options = screen.query_one(OptionList)
    options.highlighted = at
    await pilot.press("enter")


def events(source):
    return [(each.step, each.kind) for each in source.history.snapshot().events]


# What is offered


def offered(run):
    status, snapshot = run.status(), run.history.snapshot()
    return {each.title: each for each in choices(status, run.experiment, snapshot)}


def test_everything_says_what_it_would_do():
    said = {title: each.effect for title, each in offered(stepped(experiment())).items()}
    assert said["learning rate x 0.1"] == "0.1 -> 0.01"
    assert said["learning rate x 10"] == "0.1 -> 1"
    assert said["clip the gradient at 1"] == "norm of the whole gradient, off -> 1"
    assert said["rescale the weights"] == "W and b, layer by layer, to z of variance 1"
    assert "clip no more" not in said


def test_dead_units_are_counted():
    run = stepped(experiment(network={"bias": -50.0}))
    revive = offered(run)["revive dead units"]
    assert revive.effect == "16 of 16 dead at step 30, drawn anew"
    assert revive.do is not None


def test_that_none_is_dead_is_said_and_may_be_tried_as_it_may_be_so_no_more():
    run = stepped(experiment(network={"bias": -50.0}))
    run.intervene(Intervention("revive"))
    run.advance(1)
    revive = offered(run)["revive dead units"]
    assert revive.effect == "none of 16 dead at step 31"
    assert revive.do is not None


def test_clipping_that_is_on_can_be_changed_or_ended():
    clipped = offered(stepped(experiment(training={"clip_norm": 1.0})))
    said = {title: each.effect for title, each in clipped.items()}
    assert said["clip no more"] == "norm of the whole gradient, 1 -> off"
    assert said["clip the gradient at 0.1"] == "norm of the whole gradient, 1 -> 0.1"
    assert "clip the gradient at 1" not in said


@pytest.mark.parametrize(
    ("tables", "title", "why"),
    [
        ({"network": {"activation": "tanh"}}, "revive dead units", "no layer is ReLU, and no tanh"),
        ({"network": {"normalization": "batch"}}, "rescale the weights", "batch normalization gi"),
        ({"training": {"learning_rate": 5e8}}, "learning rate x 10", "cannot go above 1e+09"),
        ({"training": {"learning_rate": 0.0}}, "learning rate x 10", "the rate is 0, whatever"),
    ],
)
def test_what_does_not_apply_says_why_and_cannot_be_chosen(tables, title, why):
    steps = 0 if tables.get("training", {}).get("learning_rate") == 5e8 else STEPS
    choice = offered(stepped(experiment(**tables), steps))[title]
    assert choice.effect.startswith(why)
    assert choice.do is None


def test_before_dead_units_were_counted_reviving_is_offered_all_the_same():
    revive = offered(stepped(experiment(), 0))["revive dead units"]
    assert revive.effect == "drawn anew, all that are at zero on the probe set"
    assert revive.do is not None


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (30, 10)])
async def test_the_list_is_there_at_every_size(size):
    async with app_of(experiment()).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, InterventionsScreen))
        options = pilot.app.screen.query_one(OptionList)
        assert "learning rate x 0.1" in text_of(options)
        assert options.size.height > 0
        if size[0] >= 80:
            assert "rescale the weights       W and b, layer by layer" in text_of(options)


# Doing it


@pytest.mark.parametrize(
    ("title", "kind", "said"),
    [
        ("learning rate x 0.1", "learning_rate", None),
        ("clip the gradient at 1", "clip_norm", "clip norm: off -> 1"),
        ("rescale the weights", "rescale", "rescale: W x "),
    ],
)
async def test_a_change_is_made_marked_and_told(title, kind, said):
    app = app_of(experiment())
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await choose(pilot, title)
        await until(pilot, lambda: events(dashboard.source) == [(31, kind)])
        if said is not None:
            await until(pilot, lambda: notes(app))
            assert notes(app)[-1].startswith(said)
        assert dashboard.source.status().state is RunState.PAUSED


async def test_reviving_wakes_the_dead_and_says_where():
    app = app_of(experiment(network={"bias": -50.0}))
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await choose(pilot, "revive dead units")
        await until(pilot, lambda: notes(app))
        assert notes(app) == ["revive: 16 units in layers 1, 2"]
        await pilot.press("s")
        await until(pilot, lambda: dashboard.source.status().step == 31)
        dead = dashboard.source.history.snapshot().last_measured("dead")
        assert np.nansum(dead) == 0


async def test_escape_changes_nothing():
    app = app_of(experiment())
    async with app.run_test(size=(80, 24)) as pilot:
        dashboard = await opened(pilot)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, InterventionsScreen))
        await pilot.press("escape")
        assert app.screen is dashboard
        assert events(dashboard.source) == []


async def test_u_undoes_the_last_change_and_says_from_where_to_where():
    app = app_of(experiment())
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        first = dashboard.source
        await choose(pilot, "clip the gradient at 1")
        await until(pilot, lambda: dashboard.source.status().clip_norm == 1.0)
        for _ in range(3):
            await pilot.press("s")
        await until(pilot, lambda: first.status().step == 33)
        await pilot.press("u")
        await until(pilot, lambda: dashboard.source is not first)
        said = "Rolled back from step 33 to 30: clip norm off -> 1 undone"
        assert notes(app)[-1] == said
        status = dashboard.source.status()
        assert (status.step, status.clip_norm, status.state) == (30, 0.0, RunState.PAUSED)
        assert events(dashboard.source) == [(31, "roll_back")]
        assert first.status().state is RunState.STOPPED
        await pilot.press("s")
        await until(pilot, lambda: dashboard.source.status().step == 31)
        assert "roll back from step 33" in text_of(dashboard.query_one("#findings"))


async def test_nothing_to_undo_is_said():
    app = app_of(experiment())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("u")
        assert notes(app) == ["There is no change to undo."]


async def test_a_run_that_broke_goes_back_to_its_last_good_step_with_a_change():
    app = app_of(experiment(training={"learning_rate": 1e6, "loss": "mse"}), paused=False)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        first = dashboard.source
        await until(pilot, lambda: first.status().state is RunState.DIVERGED)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, InterventionsScreen))
        title = str(app.screen.query_one("#interventions").border_title)
        assert title == "go back to step 0, the last good one, and"
        await pilot.press("escape")
        await choose(pilot, "learning rate x 0.1")
        await until(pilot, lambda: dashboard.source is not first)
        fork = dashboard.source
        await until(pilot, lambda: fork.status().learning_rate == 1e5)
        assert events(fork)[:2] == [(1, "roll_back"), (1, "learning_rate")]
        assert fork.experiment.training.rate_changes == ((1, 1e5),)


async def test_a_change_that_broke_the_run_can_be_undone():
    app = app_of(experiment(training={"loss": "mse"}))
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        first = dashboard.source
        first.change_rate(1e8)
        first.advance(20)
        await until(pilot, lambda: first.status().state is RunState.DIVERGED)
        await pilot.press("u")
        await until(pilot, lambda: dashboard.source is not first)
        assert dashboard.source.history.snapshot().nonfinite is None
        assert dashboard.source.status().learning_rate == 0.1
        dashboard.source.pause()


async def test_a_run_that_has_finished_offers_nothing_and_says_how_to_go_on(source):
    source.state = RunState.FINISHED
    app = BackscopeApp(source.experiment, source_factory=lambda *a, **k: source)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("i")
        assert notes(app) == ["This run has finished; r starts it again, n with another seed."]


async def test_restarting_after_going_back_starts_what_was_opened():
    what = experiment()
    app = app_of(what)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await choose(pilot, "clip the gradient at 1")
        await until(pilot, lambda: dashboard.source.status().clip_norm == 1.0)
        first = dashboard.source
        await pilot.press("u")
        await until(pilot, lambda: dashboard.source is not first)
        assert dashboard.experiment == what


async def test_the_key_line_says_undo_as_soon_as_there_is_something_to_undo():
    async with app_of(experiment()).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        line = dashboard.query_one(KeyLine)
        assert "i change" in text_of(line)
        assert "u undo" not in text_of(line)
        await choose(pilot, "clip the gradient at 1")
        await until(pilot, lambda: "u undo" in text_of(line))


async def test_the_key_line_of_a_run_that_broke_says_that_it_can_go_back():
    what = experiment(training={"learning_rate": 1e6, "loss": "mse"})
    async with app_of(what, paused=False).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await until(pilot, lambda: dashboard.source.status().state is RunState.DIVERGED)
        dashboard.draw()
        await until(pilot, lambda: "i go back" in text_of(dashboard.query_one(KeyLine)))


async def test_the_moment_that_was_looked_at_is_let_go_of():
    app = app_of(experiment())
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await choose(pilot, "clip the gradient at 1")
        await until(pilot, lambda: dashboard.source.status().clip_norm == 1.0)
        first = dashboard.source
        first.advance(50)
        dashboard.wanted = replace(dashboard.wanted, frozen=True)
        await pilot.press("left", "u")
        await until(pilot, lambda: dashboard.source is not first)
        assert dashboard.wanted.time.cursor is None
        assert not dashboard.wanted.frozen


async def test_a_run_that_breaks_while_one_chooses_is_changed_at_its_last_good_step():
    app = app_of(experiment(training={"loss": "mse"}))
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        first = dashboard.source
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, InterventionsScreen))
        first.change_rate(1e8)
        first.resume()
        await until(pilot, lambda: first.status().state is RunState.DIVERGED)
        await pilot.press("enter")
        await until(pilot, lambda: dashboard.source is not first)
        fork = dashboard.source
        await until(pilot, lambda: len(events(fork)) >= 2)
        assert events(fork)[0][1] == "roll_back"
        assert fork.status().learning_rate == pytest.approx(0.01)
        fork.pause()
