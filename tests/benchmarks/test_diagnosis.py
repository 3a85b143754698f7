"""The command that judges the diagnosis: what a quick run has, and what it prints."""

import json

import diagnosis
from diagnosis_suite.case import Part
from diagnosis_suite.suite import BASES, FAMILIES, cases


def test_a_quick_run_has_every_family_and_one_metamorphic_base_cut_short():
    few = diagnosis.quickly(cases(frozenset(Part)))
    labelled = {case.family for case in few if case.part in (Part.TUNING, Part.REPORTED)}
    assert labelled == {family.name for family in FAMILIES}
    pairs = [case for case in few if case.part is Part.METAMORPHIC]
    assert {case.family for case in pairs} == {BASES[0][0]}
    assert len(pairs) == 5
    assert {case.document["training"]["steps"] for case in few} == {diagnosis.QUICK_STEPS}


def test_all_figures_are_shown_and_written_as_json(run, capsys):
    runs = [
        run("saturation", "saturation"),
        run("none", part=Part.REPORTED),
        run("", part=Part.RANDOM, end=float("inf")),
        run("", part=Part.METAMORPHIC),
        run("", part=Part.METAMORPHIC, name="f 0, loss x 1e4"),
    ]
    found = diagnosis.figures(runs, list(Part))
    diagnosis.show(runs, found)
    told = capsys.readouterr().out
    for word in (
        "tuning: 1 faulty",
        "right class: 1 of 1, at 95 % 20.7 % to 100.0 %",
        "reported: 0 faulty",
        "0 good, 1 bad",
        "changed, of 1",
    ):
        assert word in told
    assert max(map(len, told.splitlines())) < 100
    document = json.loads(diagnosis.as_json(runs, found, [7, 8]))
    assert document["seeds"] == [7, 8]
    assert document["figures"]["tuning"]["right"]["Backscope"] == 1.0
    assert len(document["runs"]) == 5


def test_only_the_sets_that_were_asked_for_have_figures(run):
    found = diagnosis.figures([run("none")], [Part.TUNING])
    assert set(found) == {"tuning", "families"}


def test_several_suites_are_judged_as_one(monkeypatch, capsys):
    seeds = []

    def few(parts, seed):
        seeds.append(seed)
        return cases(parts, seed)[:1]

    monkeypatch.setattr(diagnosis, "cases", few)
    arguments = "diagnosis.py --quick --set tuning --seed 3 --suites 2 --workers 1"
    monkeypatch.setattr("sys.argv", arguments.split())
    diagnosis.main()
    assert seeds == [3, 4]
    assert "of seed 3 to 4" in capsys.readouterr().out
