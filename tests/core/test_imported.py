"""Histories read back from csv files: the same findings, and clear words about everything else."""

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest

from backscope.core.diagnosis import RULES, Diagnosis
from backscope.core.diagnosis.needs import NEEDS
from backscope.core.errors import InputError
from backscope.core.experiment import Experiment, load_experiment
from backscope.core.findings import Facts
from backscope.core.history import History
from backscope.core.history.pyramid import BLOCK_ROWS
from backscope.core.imported import import_history
from backscope.core.record import LayerInfo, Layout, Metric, StepRecord
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.tui.history_csv import write_history_csv


def exported(run, path):
    with path.open("w", encoding="utf-8", newline="") as file:
        write_history_csv(run.history.snapshot(), run.facts, file)
    return str(path)


@pytest.fixture
def read(tmp_path):
    """Read a text as a history."""

    def make(text):
        (tmp_path / "h.csv").write_text(text, encoding="utf-8")
        return import_history("h.csv", tmp_path)

    return make


@pytest.fixture
def refused(read):
    """The lines that a text is refused with."""

    def lines(text):
        with pytest.raises(InputError) as caught:
            read(text)
        return caught.value.problems

    return lines


# Live, finished and imported


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("vanishing", {}),
        ("healthy", {}),
        ("exploding", {}),
        ("dying-relu", {}),
        ("batch-norm", {}),
        ("divergence", {}),
        ("vanishing-tanh", {"dtype": "float32"}),
        ("healthy", {"training.learning_rate": 1e-5, "training.steps": 200}),
        ("healthy", {"data.standardize": False, "probes.signal_every": 7}),
        ("healthy", {"network.initializer": "constant"}),
        ("worked-example", {}),
    ],
)
def test_a_live_a_finished_and_an_imported_history_give_the_same_findings_to_the_bit(
    name, changes, tmp_path
):
    run = Run(Trainer(load_experiment(name, {"training.steps": 150, **changes})))
    live = Diagnosis(run.facts)
    findings = ()
    while not run.status().state.final:
        run.advance(7)
        findings = live.update(run.history.snapshot())
    finished = Diagnosis(run.facts).update(run.history.snapshot())
    imported = import_history(exported(run, tmp_path / "h.csv"))
    assert repr(imported.facts) == repr(run.facts)
    assert imported.notes == ()
    read_back = Diagnosis(imported.facts).update(imported.history.snapshot())
    assert findings == finished == read_back
    # Equal floats may differ in the sign of a zero, and their repr does not.
    assert repr(findings) == repr(finished) == repr(read_back)


def test_the_numbers_read_back_are_those_that_were_recorded(tmp_path):
    run = Run(Trainer(load_experiment("exploding", {"training.steps": 30})))
    run.advance(30)
    snapshot = run.history.snapshot()
    back = import_history(exported(run, tmp_path / "h.csv")).history.snapshot()
    assert back.layout == snapshot.layout
    assert back.nonfinite == snapshot.nonfinite
    assert back.seconds == snapshot.seconds
    for (steps, values), (other, read_values) in zip(back.rows(), snapshot.rows(), strict=True):
        np.testing.assert_array_equal(steps, other)
        np.testing.assert_array_equal(values, read_values)


def test_a_long_history_that_has_dropped_rows_gives_the_findings_of_what_it_kept(tmp_path):
    tables = {
        "data": {"source": "circles", "rows": 60},
        "network": {"hidden": [8, 8]},
        "training": {"steps": 9_000, "rate_changes": [[8_200, 30.0]]},
    }
    run = Run(Trainer(Experiment.from_dict(tables)))
    run.history = History(run.history.layout, keep_rows=1)
    run.advance(9_000)
    snapshot = run.history.snapshot()
    kept = sum(len(steps) for steps, _ in snapshot.rows())
    assert kept < 5_000 < snapshot.count
    imported = import_history(exported(run, tmp_path / "h.csv"))
    back = imported.history.snapshot()
    assert imported.notes == ()
    assert back.count == snapshot.count
    assert sum(len(steps) for steps, _ in back.rows()) == kept
    finished = Diagnosis(run.facts).update(snapshot)
    assert finished
    assert repr(Diagnosis(imported.facts).update(back)) == repr(finished)


def test_a_spreadsheet_that_changes_the_delimiter_and_the_line_ends_changes_nothing(tmp_path):
    run = Run(Trainer(load_experiment("vanishing", {"training.steps": 20})))
    run.advance(20)
    first = exported(run, tmp_path / "h.csv")
    with Path(first).open(newline="", encoding="utf-8") as file:
        cells = list(csv.reader(file))
    changed = io.StringIO()
    csv.writer(changed, delimiter=";", lineterminator="\r\n").writerows(cells)
    (tmp_path / "other.csv").write_text("\ufeff" + changed.getvalue(), encoding="utf-8")
    one, other = import_history(first), import_history("other.csv", tmp_path)
    assert one.facts == other.facts
    assert Diagnosis(one.facts).update(one.history.snapshot()) == Diagnosis(other.facts).update(
        other.history.snapshot()
    )


# Files from elsewhere


def test_a_loss_alone_is_judged_by_the_rules_that_need_no_more(read):
    losses = [2.3, 2.2, 2.1, *[300.0 * 2**i for i in range(30)]]
    text = "step,loss\n" + "".join(f"{i},{loss}\n" for i, loss in enumerate(losses, start=1))
    imported = read(text)
    (finding,) = Diagnosis(imported.facts).update(imported.history.snapshot())
    assert finding.kind == "divergence"
    assert set(RULES) - set(imported.unjudged) == {"divergence"}
    assert imported.unjudged["overfitting"] == ("column validation_loss",)
    assert imported.unjudged["vanishing_gradient"] == ("column error_signal_1 ...",)


def test_an_error_signal_by_layer_is_judged_too(read):
    rows = "".join(f"{i},2.3,1e-7,1e-5,1e-2\n" for i in range(1, 30))
    imported = read("step,loss,error_signal_1,error_signal_2,error_signal_3\n" + rows)
    (finding,) = Diagnosis(imported.facts).update(imported.history.snapshot())
    assert finding.kind == "vanishing_gradient"
    assert finding.evidence["ratio_log10"] == pytest.approx(-5)
    assert "vanishing_gradient" not in imported.unjudged


def test_counts_of_dead_units_say_nothing_without_the_widths(read):
    rows = "".join(f"{i},2.3,60,60\n" for i in range(1, 30))
    imported = read("step,loss,dead_1,dead_2\n" + rows)
    assert Diagnosis(imported.facts).update(imported.history.snapshot()) == ()
    assert imported.unjudged["dying_relu"] == ("column dead_1 ...", "fact layers")
    told = '"{""inputs"":2,""layers"":[[64,""relu""],[64,""relu""]],""facts"":{""baseline"":2.3}}"'
    rows = rows.replace("60\n", f"60,{told}\n", 1).replace("60\n", "60,\n")
    imported = read("step,loss,dead_1,dead_2,facts\n" + rows)
    (finding,) = Diagnosis(imported.facts).update(imported.history.snapshot())
    assert finding.kind == "dying_relu"
    assert imported.facts.baseline == 2.3


def test_steps_that_are_not_counted_by_ones_are_rows(read):
    imported = read("step,loss\n0,3\n10,2\n20,1\n")
    snapshot = imported.history.snapshot()
    assert (snapshot.first_step, snapshot.last_step) == (1, 3)
    assert "the steps are 0, 10, 20 and so on" in imported.notes[0]
    assert "no column 'step'" in read("loss\n1\n").notes[0]
    late = read("step,loss\n7,3\n8,2\n")
    assert (late.history.snapshot().first_step, late.notes) == (7, ())


def test_rows_without_a_loss_add_what_they_hold_to_the_row_before(read):
    imported = read("step,loss,validation_loss\n1,3,\n1,,2.5\n2,2,\n")
    snapshot = imported.history.snapshot()
    assert snapshot.count == 2
    assert snapshot.last_measured("validation_loss", 1) == 2.5
    assert math.isnan(snapshot.latest("validation_loss"))
    assert imported.notes[0].startswith("1 row without a loss")


def test_a_column_with_almost_our_name_is_pointed_out(read):
    imported = read("step,loss,val_loss,note\n1,2,3,hello\n")
    assert imported.notes == ("column 'val_loss' is not known: did you mean 'validation_loss'?",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("step,train_loss\n1,2\n", "no column 'loss', which every rule needs; did you mean 'train"),
        ("step,los\n1,2\n", "did you mean 'los'? Columns: 'step', 'los'"),
        ("a,b\n1,2\n", "which every rule needs; columns: 'a', 'b'"),
        ("loss,loss\n1,2\n", "line 1: 'loss' names more than one column"),
        ("step,loss\n", "holds a header and no steps"),
        ("\n\n", "is empty but for blank lines"),
        ("step,loss\n1,\n", "column 'loss' is empty"),
        ("step,loss\n1,2,3\n", "line 2: 3 cells; the header has 2"),
        ("step,loss\n1,2\n2,x\n", "line 3, column 'loss': 'x' is not a number"),
        ("step,loss\n1.5,2\n", "column 'step' holds something else than whole numbers"),
        ("step,loss\n,2\n", "column 'step' holds something else than whole numbers"),
        ("step,loss\n1e300,2\n", "column 'step' holds something else than whole numbers"),
        ("step,loss\n2,2\n1,2\n", "step 1 follows step 2; steps must grow"),
        ("loss,error_signal_2\n1,2\n", "column 'error_signal_1' is missing; the network has 2"),
        ("loss,facts\n1,{\n", "column 'facts': not what Backscope writes there: it is no JSON"),
        ("loss,facts\n1,[]\n", "it is no JSON object; leave the column out"),
        (
            'loss,error_signal_1,facts\n1,2,"{""inputs"":2,""layers"":[[3,""relu""],[1,""relu""]]}"\n',
            "column 'error_signal_2' is missing; the network has 2",
        ),
        (
            'loss,dead_1,dead_2,facts\n1,2,1,"{""inputs"":2,""layers"":[[3,""relu""]]}"\n',
            "column 'dead_2' is one layer too many; the network has 1",
        ),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(refused, text, line):
    (problem,) = refused(text)
    assert problem.startswith("'h.csv'")
    assert line in problem
    assert "\n" not in problem


def test_several_bad_cells_are_told_at_once_and_not_more_than_five(refused):
    assert len(refused("loss\n" + "x\n" * 9)) == 5


def test_hostile_cells_cannot_reach_the_terminal(refused):
    (problem,) = refused("loss\n\x1b]0;owned\x07\n")
    assert problem.isprintable()


def test_a_file_that_is_not_there_names_its_neighbour(tmp_path):
    (tmp_path / "run.csv").write_text("loss\n1\n")
    with pytest.raises(InputError, match=r"no such file.*did you mean 'run.csv'"):
        import_history("rnu.csv", tmp_path)
    with pytest.raises(InputError, match="is a directory; a history is a csv file"):
        import_history(str(tmp_path))


# What rules need


def test_every_rule_says_what_it_needs():
    assert NEEDS.keys() == RULES.keys()
    known = {each for needs in NEEDS.values() for each in needs.facts}
    assert known <= {*Facts.__dataclass_fields__, "layers"}


def test_gaps_where_no_history_drops_rows_are_counted_over(read):
    """Else the missing rows would look like losses that are not finite."""
    told = '"{""facts"":{""baseline"":2.3}}"'
    imported = read(f"step,loss,facts\n1,2,{told}\n2,2,\n9,2,\n10,2,\n")
    assert imported.history.snapshot().count == 4
    assert Diagnosis(imported.facts).update(imported.history.snapshot()) == ()


@pytest.mark.parametrize("extra", [1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1])
def test_however_far_the_newest_block_is_filled_what_was_dropped_stays_dropped(extra, tmp_path):
    layout = Layout((LayerInfo(1, 2, 3, "relu", True, False),), (Metric("error_signal", ""),))
    run = Run(Trainer(load_experiment("worked-example")))
    run.history = History(layout, keep_rows=1)
    row = layout.empty_row()
    row[:] = 1.0
    for step in range(1, 5 * BLOCK_ROWS + extra + 1):
        run.history.append(StepRecord(step, row, layout), 0.0)
    back = import_history(exported(run, tmp_path / "h.csv")).history.snapshot()
    kept = [int(step) for steps, _ in run.history.snapshot().rows() for step in steps]
    assert [int(step) for steps, _ in back.rows() for step in steps] == kept
    assert all(np.isfinite(values).all() for _, values in back.rows())
