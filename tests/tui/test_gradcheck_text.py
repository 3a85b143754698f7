"""The printed table of a gradient check."""

from backscope.core.gradcheck import GradientCheck, Verdict
from backscope.tui.gradcheck_text import gradcheck_text


def test_every_parameter_has_a_line_and_small_numbers_keep_their_digits():
    checks = [
        GradientCheck(1, "W", 3.4e-9, 3.4e-9, 2e-8, Verdict.OK),
        GradientCheck(1, "b", 0.0, 0.0, 0.0, Verdict.OK),
        GradientCheck(10, "gamma", 0.5, 0.4, 0.2, Verdict.FAIL),
    ]
    assert gradcheck_text(checks).splitlines() == [
        "layer  parameter  backpropagation  differences  relative error  verdict",
        "    1  W                  3.4e-09      3.4e-09         2.0e-08  ok",
        "    1  b                        0            0               0  ok",
        "   10  gamma                0.500        0.400           0.200  FAIL",
        "",
        "3 parameter arrays: 2 ok, 1 FAIL",
    ]


def test_what_could_not_be_resolved_is_explained_within_eighty_columns():
    lines = gradcheck_text(
        [
            GradientCheck(1000, "gamma", 1.8e-317, 6.3e-155, 1.01, Verdict.UNRESOLVED),
            GradientCheck(1001, "W", 0.5, 0.5, 1e-13, Verdict.OK),
        ]
    ).splitlines()
    assert any(line.startswith("unresolved: ") for line in lines)
    assert max(map(len, lines)) < 80
    assert lines[-1] == "2 parameter arrays: 1 ok, 1 unresolved"
