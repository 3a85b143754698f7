"""Cures: which are offered, how they are told, and what choosing one does."""

from __future__ import annotations

import time

import pytest
from textual.widgets import OptionList

from backscope.core.cures import Cure, How, cured
from backscope.core.experiment import load_experiment
from backscope.core.findings import Finding, Severity
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.tui.app import BackscopeApp
from backscope.tui.compare.screen import CompareScreen
from backscope.tui.cures_screen import NO_USE, CuresScreen, offers
from backscope.tui.dashboard import Dashboard
from backscope.tui.panels import Panel

VANISHING = Finding(
    "vanishing_gradient",
    Severity.ERROR,
    1,
    (1, 2),
    {"ratio_log10": -6.6, "factor_per_layer": 0.22, "threshold": -2.0},
    "Hardly anything arrives.",
)


@pytest.fixture
def sick():
    return load_experiment("vanishing", {"training.steps": 60})


async def until(pilot, condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


def stepped(experiment, *, paused, pace):
    """A run whose steps a test asks for; it waits like a driven one."""
    run = Run(Trainer(experiment), paused=paused, pace=pace)
    run.drive = lambda: None
    run.advance(12)
    return run


@pytest.fixture
def app(sick):
    return BackscopeApp(sick, source_factory=stepped)


async def diagnosed(pilot):
    """The dashboard, once it shows a finding."""
    dashboard = pilot.app.screen

    def found():
        view = dashboard.query_one("#findings", Panel).view
        return view is not None and view.findings

    await until(pilot, found)
    return dashboard


def notes(app):
    return [note.message for note in app._notifications]


def listed(app):
    options = app.screen.query_one(OptionList)
    return [str(option.prompt) for option in options.options]


def test_those_that_work_come_first_and_every_cure_is_offered_once(sick):
    other = Finding("learning_rate_too_small", Severity.NOTICE, 5, (), {}, "It is slow.")
    made = offers([VANISHING, VANISHING, other], sick, None)
    first = made[0].cures
    assert [cure.works for cure in first] == sorted((cure.works for cure in first), reverse=True)
    every = [(cure.how, cure.changes, cure.intervention) for offer in made for cure in offer.cures]
    assert len(set(every)) == len(every)
    assert [offer.finding.kind for offer in made].count("vanishing_gradient") == 1


def test_of_a_run_that_is_only_looked_at_every_cure_is_tried_from_the_start(sick):
    found = [
        VANISHING,
        Finding("exploding_gradient", Severity.ERROR, 1, (1,), {"ratio_log10": 3.0}, "Too much."),
        Finding("learning_rate_too_large", Severity.ERROR, 9, (), {}, "It overshoots."),
    ]
    here = [cure for offer in offers(found, sick, None) for cure in offer.cures]
    assert {cure.how for cure in here} == set(How), "there is something to leave out"
    assert any(cure.intervention for cure in here)
    there = [
        cure for offer in offers(found, sick, None, from_the_start=True) for cure in offer.cures
    ]
    assert {cure.how for cure in there} == {How.RESTART}
    assert not any(cure.intervention for cure in there)
    assert len({cure.changes for cure in there}) == len(there)


async def test_enter_lists_the_cures_of_what_was_found(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await diagnosed(pilot)
        await pilot.press("enter")
        assert isinstance(app.screen, CuresScreen)
        lines = listed(app)
        assert "vanishing gradient  since step 1" in lines[0]
        assert "from the same seed" in lines[1]
        useless = [line for line in lines if NO_USE in line]
        assert useless
        assert lines[-len(useless) :] == useless, "they come last"
        assert app.screen.query_one(OptionList).highlighted == 1


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_reasons_are_told_whole_in_indented_lines(app, size):
    async with app.run_test(size=size) as pilot:
        await diagnosed(pilot)
        await pilot.press("enter")
        for line in listed(app)[1:]:
            _title, *reason = line.splitlines()
            assert reason
            assert all(part.startswith("    ") and len(part) <= size[0] - 4 for part in reason)


async def test_escape_closes_the_list_and_nothing_happens(app):
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await diagnosed(pilot)
        await pilot.press("enter", "escape")
        assert app.screen is dashboard


async def test_without_a_finding_there_is_nothing_to_cure(source):
    app = BackscopeApp(source.experiment, source_factory=lambda *args, **settings: source)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.source is not None)
        await pilot.press("enter")
        assert isinstance(app.screen, Dashboard)
        assert notes(app) == ["Nothing wrong was found so far: there is nothing to cure."]


@pytest.fixture
def trying(app):
    """Choose the first cure, and wait until both runs are on the screen."""

    async def choose(pilot):
        await diagnosed(pilot)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: app.screen.source is not None)
        await until(pilot, lambda: app.screen.query_one("#standings", Panel).view is not None)
        return app.screen

    return choose


async def test_enter_trains_the_sick_one_anew_and_the_treated_one_beside_it(app, sick, trying):
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        screen = await trying(pilot)
        (offer,) = offers(dashboard.query_one("#findings", Panel).view.findings, sick, None)
        one, other = app._training.source.runs
        assert one.experiment == sick
        assert other.experiment == cured(sick, offer.cures[0])
        view = screen.query_one("#standings", Panel).view
        assert view.names == ("sick", "treated")
        assert view.cure == offer.cures[0].title
        assert view.chosen == 1, "keys are meant for the treated one"
        assert dashboard.source.status().state is RunState.PAUSED, "the patient waits"


async def test_escape_goes_back_to_the_patient_which_goes_on(app, trying):
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        await trying(pilot)
        patient, lockstep = dashboard.source, app._training
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is dashboard)
        assert dashboard.source is patient
        assert patient.status().state is RunState.RUNNING
        assert app._training.source is patient
        assert lockstep.finished.wait(20)
        assert {run.state.final for run in lockstep.source.runs} == {True}


async def test_a_patient_that_was_held_stays_held(app, trying):
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await diagnosed(pilot)
        dashboard.source.pause()
        await trying(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is dashboard)
        assert dashboard.source.status().state is RunState.PAUSED


async def test_enter_makes_the_treated_run_the_run_of_the_dashboard(app, trying):
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        await trying(pilot)
        patient = app._patient
        treated = app._training.source.runs[1]
        await until(pilot, lambda: treated.step >= 10)
        done = treated.step
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is dashboard)
        assert dashboard.source is treated
        assert treated.history.snapshot().count >= done
        assert patient.training._stopping, "the old one is not needed any more"
        assert app._patient is None


async def test_a_second_cure_can_be_tried_after_the_first(app, trying):
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        await trying(pilot)
        first = app._training
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is dashboard)
        await pilot.press("enter", "down", "enter")
        await until(pilot, lambda: app._training is not first and app._training.source is not None)
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: hasattr(app._training.source, "runs"))
        assert app._patient.source is dashboard.source


async def test_a_run_that_was_kept_can_be_a_patient_itself(app, trying, until_driven):
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        await trying(pilot)
        await pilot.press("tab", "enter")  # the sick one
        await until(pilot, lambda: app.screen is dashboard)
        kept, lockstep = dashboard.source, app._training
        await diagnosed(pilot)
        await pilot.press("enter", "enter")
        await until_driven(pilot, app)
        await until(pilot, lambda: app._training is not lockstep)
        assert app._patient.source is kept
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is dashboard)
        assert dashboard.source is kept
        assert app._training is lockstep
        assert not kept.state.final or kept.state is RunState.FINISHED


async def test_trying_again_keeps_the_same_patient(app, trying):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await trying(pilot)
        patient, first = app._patient, app._training
        await pilot.press("r")
        await until(pilot, lambda: app._training is not first and app._training.source is not None)
        await until(pilot, lambda: screen.source in app._training.source.runs)
        assert app._patient is patient


async def test_a_cure_in_place_goes_on_from_where_the_patient_stands(until_driven):
    endless = load_experiment("vanishing", {"training.steps": 1_000_000})
    app = BackscopeApp(endless, pace=200.0)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await diagnosed(pilot)
        finding = dashboard.query_one("#findings", Panel).view.findings[0]
        rate = Cure("rate", "No.", How.IN_PLACE, (("training.learning_rate", 0.5),), works=False)
        dashboard.post_message(Dashboard.Tried(finding, rate))
        await until_driven(pilot, app)
        patient = app._patient.source
        one, other = app._training.source.runs
        events = [run.history.snapshot().events[0] for run in (one, other)]
        assert {(event.step, event.kind) for event in events} == {(patient.step + 1, "roll_back")}
        await pilot.press("r")
        await until(pilot, lambda: one not in app._training.source.runs)
        await until_driven(pilot, app)
        assert patient.step == events[0].step - 1, "it was held all the while"


@pytest.fixture
def until_driven():
    """Wait until both runs are on the screen."""

    async def wait(pilot, app):
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: app.screen.source is not None)
        await until(pilot, lambda: app.screen.query_one("#standings", Panel).view is not None)

    return wait


async def test_a_cure_that_does_not_apply_is_told_and_the_patient_goes_on(app, sick):
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await diagnosed(pilot)
        finding = dashboard.query_one("#findings", Panel).view.findings[0]
        none = Cure("none", "No.", How.RESTART, (("network.activation", "sigmoid"),))
        dashboard.post_message(Dashboard.Tried(finding, none))
        await until(pilot, lambda: notes(app))
        await until(pilot, lambda: app.screen is dashboard)
        assert "changes nothing" in notes(app)[0]
        assert dashboard.source.status().state is RunState.RUNNING
        assert app._patient is None


async def test_another_experiment_ends_the_patient_too(app, sick, trying):
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        await trying(pilot)
        patient = app._patient
        app.open_experiment(sick)
        await until(pilot, lambda: app.screen is dashboard and dashboard.source is not None)
        assert patient.training._stopping
        assert app._patient is None
