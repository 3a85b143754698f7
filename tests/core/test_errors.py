"""What is allowed, and what was probably meant."""

import pytest

from backscope.core.errors import InputError, allowed_values


def test_every_problem_is_kept_and_told_on_a_line_of_its_own():
    error = InputError("one", "two")
    assert error.problems == ("one", "two")
    assert str(error) == "one\ntwo"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("sigmod", "did you mean sigmoid? Allowed: elu, relu, sigmoid"),
        ("Relu", "did you mean relu? Allowed: elu, relu, sigmoid"),
        ("RELU", "did you mean relu? Allowed: elu, relu, sigmoid"),
        ("zzz", "allowed: elu, relu, sigmoid"),
        ("", "allowed: elu, relu, sigmoid"),
    ],
)
def test_the_nearest_spelling_is_told_whatever_its_case(value, said):
    assert allowed_values(value, ["elu", "relu", "sigmoid"]) == said
