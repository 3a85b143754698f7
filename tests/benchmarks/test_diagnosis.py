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
    for word in ("tuning: 1 faulty", "reported: 0 faulty", "0 good, 1 bad", "changed, of 1"):
        assert word in told
    assert max(map(len, told.splitlines())) < 100
    document = json.loads(diagnosis.as_json(runs, found, 7))
    assert document["seed"] == 7
    assert document["figures"]["tuning"]["right"]["Backscope"] == 1.0
    assert len(document["runs"]) == 5


def test_only_the_sets_that_were_asked_for_have_figures(run):
    found = diagnosis.figures([run("none")], [Part.TUNING])
    assert set(found) == {"tuning", "families"}
