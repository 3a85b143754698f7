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
        "layer  parameter  backpropagation  finite differences  relative error  verdict",
        "    1  W                  3.4e-09             3.4e-09         2.0e-08  ok",
        "    1  b                        0                   0               0  ok",
        "   10  gamma                0.500               0.400           0.200  FAIL",
        "",
        "3 parameter arrays: 2 ok, 1 FAIL",
    ]
