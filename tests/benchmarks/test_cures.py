"""What came of the cures, in figures."""

from cures import Treated, Tried, lines, mistakes


def cure(worked, promised=True, title="a cure", refused=""):
    return Tried(title, promised, worked, None if refused else 0.1, refused)


def run(family, *tried):
    return Treated(f"{family} 0", family, "saturation" if tried else "", 1.0, tried)


def test_the_first_cure_counts_and_runs_without_a_finding_do_not():
    runs = [
        run("a", cure(True), cure(False, promised=False)),
        run("a", cure(False), cure(True)),
        run("b", cure(True)),
        run("b"),
    ]
    told = list(lines(runs))
    assert [" ".join(line.split()) for line in told[1:4]] == [
        "a 2 2 50.0 % 100.0 % 66.7 % 0.0 %",
        "b 2 1 100.0 % 100.0 % 100.0 % -",
        "all 4 3 66.7 % 100.0 % 75.0 % 0.0 %",
    ]
    assert told[-1] == "first-ranked cures that work: 66.7 %, at least 95.0 %: NO"


def test_a_cure_that_could_not_be_tried_is_no_success_and_no_failure_of_its_kind():
    told = list(lines([run("a", cure(False, refused="no such width"), cure(True))]))
    assert " ".join(told[1].split()) == "a 1 1 0.0 % 100.0 % 100.0 % -"


def test_a_first_cure_that_failed_is_listed_with_all_that_was_tried():
    runs = [run("a", cure(True)), run("b", cure(False, title="one"), cure(True, title="two"))]
    assert list(mistakes(runs)) == [
        "b 0: found saturation, loss 1",
        "    - one: 0.1",
        "    + two: 0.1",
    ]
