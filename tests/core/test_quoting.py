import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.quoting import did_you_mean, listed, quoted


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_whatever_is_quoted_is_one_short_printable_line(text: str) -> None:
    shown = quoted(text)
    assert shown.isprintable()
    assert len(shown) <= 62


def test_ordinary_text_is_quoted_as_it_is() -> None:
    assert quoted("Größe in cm") == "'Größe in cm'"
    assert quoted("[@click=app.quit]") == "'[@click=app.quit]'"


@pytest.mark.parametrize("length", [59, 60])
def test_text_of_the_longest_length_is_shown_whole(length: int) -> None:
    assert quoted("a" * length) == f"'{'a' * length}'"


def test_longer_text_ends_in_an_ellipsis() -> None:
    assert quoted("a" * 61) == f"'{'a' * 59}…'"


def test_quotes_within_the_text_are_kept_apart_from_those_around_it() -> None:
    assert quoted("it's") == '"it\'s"'


def test_few_names_are_listed_in_full_and_many_are_counted() -> None:
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed([str(i) for i in range(1021)]).endswith("'19' and 1,001 more")


def test_a_near_miss_is_found_whatever_the_case() -> None:
    assert did_you_mean("SPECIE", ["petal", "Species"]) == "did you mean 'Species'?"
    assert did_you_mean("X", ["x", "y"]) == "did you mean 'x'?"


def test_nothing_near_gives_nothing() -> None:
    assert did_you_mean("weight", ["petal", "species"]) == ""
    assert did_you_mean("weight", []) == ""
