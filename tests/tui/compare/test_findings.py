from dataclasses import replace

import pytest

from backscope.core.findings import Finding, Severity
from backscope.tui.compare.findings import FINDINGS

FINDING = Finding(
    "vanishing_gradient", Severity.ERROR, 3, (1, 2), {"ratio": -6.0}, "Hardly anything arrives."
)


@pytest.mark.parametrize("overlaid", [False, True])
def test_every_run_has_its_own_findings(compared, text_of, overlaid):
    view = compared("learning", "learning", overlaid=overlaid)
    sick = replace(view.runs[0], findings=(FINDING,))
    view = replace(view, runs=(sick, view.runs[1]))
    lines = text_of(FINDINGS.draw(view, 119, 8))
    assert lines[0].startswith("A ■ error: vanishing gradient  since step 3")
    assert sum("nothing wrong found so far" in line for line in lines) == 1
    at = next(line for line in lines if "nothing wrong" in line)
    assert "B nothing wrong" in at


def test_with_a_row_for_each_every_run_says_one_thing(compared, text_of):
    view = compared(*["learning"] * 4, overlaid=True)
    lines = text_of(FINDINGS.draw(view, 78, 4))
    assert [line[0] for line in lines] == list("ABCD")
