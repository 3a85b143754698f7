import csv
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backscope.core.data import DATA_SOURCES, Dataset, csv_file, csv_text
from backscope.core.errors import InputError
from backscope.core.settings import DataSettings
from backscope.core.task import Task


def read(content: str | bytes, target: str = "y", classify: bool | None = None) -> Dataset:
    with tempfile.TemporaryDirectory() as folder:
        raw = content.encode() if isinstance(content, str) else content
        Path(folder, "f.csv").write_bytes(raw)
        data = DataSettings(source="csv", path="f.csv", target=target)
        rng = np.random.default_rng(0)
        return DATA_SOURCES["csv"](data, rng, Path(folder), classify)


def problems_of(
    content: str | bytes, target: str = "y", classify: bool | None = None
) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read(content, target, classify)
    for problem in caught.value.problems:
        assert problem.isprintable()
    return caught.value.problems


def problem_of(content: str | bytes, target: str = "y", classify: bool | None = None) -> str:
    (problem,) = problems_of(content, target, classify)
    return problem


def names_of(dataset: Dataset) -> list[str]:
    return [dataset.classes[label] for label in dataset.y]


# What can be read.


def test_a_text_target_gives_classes_and_all_other_columns_are_inputs() -> None:
    dataset = read("a,y,b\n1,no,2.5\n-3,yes,4e2\n5,no,.5\n")
    assert dataset.task is Task.CLASSIFICATION
    assert dataset.features == ("a", "b")
    assert dataset.X.tolist() == [[1, 2.5], [-3, 400], [5, 0.5]]
    assert dataset.classes == ("no", "yes")
    assert names_of(dataset) == ["no", "yes", "no"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_line_ends_and_byte_order_marks_of_all_kinds_are_read(
    delimiter: str, newline: str, mark: str
) -> None:
    lines = [["x 1", "x2", "y"], ["1", "2", "a"], ["3", "4", "b"]]
    dataset = read(mark + newline.join(delimiter.join(line) for line in lines))
    assert dataset.features == ("x 1", "x2")
    assert dataset.X.tolist() == [[1, 2], [3, 4]]
    assert dataset.classes == ("a", "b")


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends() -> None:
    dataset = read('"x;1","x,\n2",y\n"1",2,"a, ""b"""\n3,"4","c\nd"\n')
    assert dataset.features == ("x;1", "x,\n2")
    assert dataset.classes == ('a, "b"', "c\nd")


def test_blanks_about_names_numbers_and_labels_do_not_count() -> None:
    dataset = read(" x , y \n 1 , a \n 2 ,a\n 3 , b\n")
    assert dataset.features == ("x",)
    assert dataset.classes == ("a", "b")


def test_blank_lines_are_passed_over() -> None:
    assert read("\n\nx,y\n\n1,a\n   \n2,b\n\n").X.tolist() == [[1], [2]]


def test_a_column_without_a_name_is_called_by_its_number() -> None:
    assert read(",x,y\n0,1,a\n1,2,b\n").features == ("column 1", "x")


def test_a_column_named_in_any_script_can_be_the_target() -> None:
    assert read("x,größe\n1,a\n2,b\n", target="größe").classes == ("a", "b")


@pytest.mark.parametrize(
    ("classify", "task"),
    [(None, Task.CLASSIFICATION), (True, Task.CLASSIFICATION), (False, Task.REGRESSION)],
)
def test_a_whole_number_target_is_what_is_asked_for_and_else_classes(
    classify: bool | None, task: Task
) -> None:
    dataset = read("x,y\n1,10\n2,9.0\n3,10\n", classify=classify)
    assert dataset.task is task
    if task is Task.CLASSIFICATION:
        assert dataset.classes == ("9", "10")
        assert names_of(dataset) == ["10", "9", "10"]
    else:
        assert dataset.y.tolist() == [[10], [9], [10]]


def test_a_target_of_fractions_is_regression_with_every_digit() -> None:
    dataset = read("x,y\n1,0.1\n2,1e-300\n3,12345678.90123\n")
    assert dataset.task is Task.REGRESSION
    assert dataset.y[:, 0].tolist() == [0.1, 1e-300, 12345678.90123]


def test_names_and_numbers_mixed_are_classes_by_name() -> None:
    assert read("x,y\n1,1\n2,1.0\n3,other\n").classes == ("1", "1.0", "other")


def test_numbers_of_the_largest_size_are_read_whatever_their_sum() -> None:
    assert read("a,b,y\n1e308,1e308,0\n1.7e308,1e308,1\n").X.max() == 1.7e308


def test_one_hundred_thousand_rows_are_read_exactly() -> None:
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(100_000, 3)), rng.integers(0, 5, 100_000)
    lines = (f"{a!r},{b!r},{c!r},{label}" for (a, b, c), label in zip(X.tolist(), y, strict=True))
    dataset = read("a,b,c,y\n" + "\n".join(lines))
    assert np.array_equal(dataset.X, X)
    assert np.array_equal(dataset.y, y)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.text(min_size=1)),
        min_size=2,
        max_size=8,
    ),
    st.sampled_from(",;\t"),
)
def test_whatever_the_csv_module_writes_is_read_back(
    rows: list[tuple[float, str]], delimiter: str
) -> None:
    rows = [(x, f"label {label}".replace("\0", "")) for x, label in rows]
    rows = [(x, "".join(label.split())) for x, label in rows]
    labels = [label for _, label in rows]
    with tempfile.TemporaryDirectory() as folder:
        with Path(folder, "f.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=delimiter).writerows([("x", "y"), *rows])
        data = DataSettings(source="csv", path="f.csv", target="y")
        if len(set(labels)) == 1:
            with pytest.raises(InputError, match="one class only"):
                DATA_SOURCES["csv"](data, np.random.default_rng(0), Path(folder))
            return
        dataset = DATA_SOURCES["csv"](data, np.random.default_rng(0), Path(folder))
    assert dataset.X[:, 0].tolist() == [x for x, _ in rows]
    assert names_of(dataset) == labels


# What cannot be read.


def test_text_where_a_number_should_be_is_named_with_row_line_and_column() -> None:
    assert problem_of("a,b,y\n1,2,u\n1,two,v\n") == (
        "'f.csv', row 2 (line 3), column 'b': 'two' is not a number"
    )


def test_up_to_five_bad_cells_are_named_at_once_in_the_order_of_the_file() -> None:
    content = "a,b,y\n" + "?,1,u\n" + "1,,u\n" + "nan,-inf,v\n" + "1,2,\n" + "oops,3,v\n" * 9
    assert [problem.removeprefix("'f.csv', ") for problem in problems_of(content)] == [
        "row 1 (line 2), column 'a': '?' is not a number",
        "row 2 (line 3), column 'b': the cell is empty",
        "row 3 (line 4), column 'a': 'nan' is not a finite number",
        "row 3 (line 4), column 'b': '-inf' is not a finite number",
        "row 4 (line 5), column 'y': the cell is empty",
    ]


def test_lines_are_those_of_the_file_where_rows_span_several_or_none() -> None:
    content = '"a\nb",y\n\n1,"u\nv\nw"\n\nx,u\n'
    assert problem_of(content) == ("'f.csv', row 2 (line 8), column 'a\\nb': 'x' is not a number")


def test_a_decimal_comma_is_explained() -> None:
    assert problem_of("x;y\n1,5;a\n2;b\n").endswith(
        "column 'x': '1,5' is not a number; write a decimal point"
    )


@pytest.mark.parametrize("cell", ["1e400", "Infinity", "-nan", "1" * 400])
def test_numbers_that_are_not_finite_are_refused(cell: str) -> None:
    assert problem_of(f"x,y\n1,a\n{cell},b\n").endswith("is not a finite number")


@pytest.mark.parametrize("cell", ["1e400", "inf"])
def test_regression_targets_that_are_not_finite_are_refused(cell: str) -> None:
    assert problem_of(f"x,y\n1,0.5\n2,{cell}\n3,0.7\n") == (
        f"'f.csv', row 2 (line 3), column 'y': '{cell}' is not a finite number"
    )


@pytest.mark.parametrize("cell", ["", "  ", "nan", "NaN"])
@pytest.mark.parametrize("classify", [None, True, False])
def test_a_missing_target_is_refused_whatever_the_task(cell: str, classify: bool | None) -> None:
    (problem,) = problems_of(f"x,y\n1,0\n2,{cell}\n3,1\n", classify=classify)
    assert problem.startswith("'f.csv', row 2 (line 3), column 'y': ")


def test_text_among_quantities_is_named_rather_than_made_a_class() -> None:
    assert problem_of("x,y\n1,0.5\n2,0.7\n3,n/a\n") == (
        "'f.csv', row 3 (line 4), column 'y': 'n/a' is not a number"
    )


def test_names_are_no_regression_targets() -> None:
    assert problem_of("x,y\n" + "1,a\n2,b\n" * 4, classify=False) == (
        "'f.csv', column 'y': holds names of classes, which go with the loss cross_entropy; "
        "mse needs numbers"
    )


def test_of_names_among_regression_targets_five_are_shown() -> None:
    problems = problems_of("x,y\n" + "1,0.5\n2,b\n" * 8, classify=False)
    assert len(problems) == 5
    assert problems[1] == "'f.csv', row 4 (line 5), column 'y': 'b' is not a number"


def test_fractions_are_no_classes() -> None:
    assert problem_of("x,y\n1,0.5\n2,1\n", classify=True) == (
        "'f.csv', column 'y': 0.5 cannot be a class; classes are whole numbers or names, "
        "numbers to predict go with the loss mse"
    )


@pytest.mark.parametrize("label", ["same", "7"])
def test_one_class_only_is_refused(label: str) -> None:
    assert problem_of(f"x,y\n1,{label}\n2,{label}\n") == (
        f"'f.csv', column 'y': one class only ('{label}'); at least 2 are needed"
    )


def test_more_than_a_thousand_classes_are_refused() -> None:
    content = "x,y\n" + "".join(f"{i},name {i}\n" for i in range(1001))
    assert problem_of(content) == "'f.csv', column 'y': 1,001 different classes; at most 1,000"


def test_a_row_with_more_or_fewer_cells_than_the_header_is_named() -> None:
    problems = problems_of("a,b,y\n1,2,u\n1,2\n1,2,3,v\n")
    assert problems == (
        "'f.csv', row 2 (line 3): 2 cells; the header has 3",
        "'f.csv', row 3 (line 4): 4 cells; the header has 3",
    )


def test_column_names_given_twice_are_named_with_their_places() -> None:
    assert problem_of("a,b,a,y,a\n1,2,3,u,4\n") == (
        "'f.csv', line 1: 'a' names 3 columns, 1 and 3 among them"
    )


def test_a_missing_target_column_is_answered_with_the_nearest_and_all_columns() -> None:
    assert problem_of("petal,Species\n1,a\n2,b\n", target="specis") == (
        "data.target = 'specis': no such column in 'f.csv'; did you mean 'Species'? "
        "Columns: 'petal', 'Species'"
    )


def test_a_missing_target_column_with_nothing_near_is_answered_with_all_columns() -> None:
    assert problem_of("petal,Species\n1,a\n2,b\n", target="weight") == (
        "data.target = 'weight': no such column in 'f.csv'; columns: 'petal', 'Species'"
    )


def test_a_file_without_a_header_is_recognized() -> None:
    assert problem_of("5.1,3.5,0\n4.9,3.0,1\n").endswith(
        "; line 1 must name the columns, and holds numbers"
    )


def test_columns_named_by_numbers_are_allowed() -> None:
    assert read("0,1\n5,a\n6,b\n", target="1").features == ("0",)


def test_of_very_many_columns_twenty_are_listed() -> None:
    header = ",".join(f"c{i}" for i in range(5000))
    message = problem_of(f"{header}\n", target="other")
    assert message.endswith("'c19' and 4,980 more")
    assert len(message) < 400


@pytest.mark.parametrize("target", ["", "  "])
def test_a_target_that_is_not_given_is_asked_for_with_all_columns(target: str) -> None:
    assert problem_of("a,b\n1,2\n", target=target) == (
        "data.target is empty: name the column of 'f.csv' to predict; columns: 'a', 'b'"
    )


def test_problems_of_the_header_are_reported_together() -> None:
    assert len(problems_of("a,a,b,b\n1,2,3,4\n", target="c")) == 3


def test_a_file_with_the_target_alone_has_no_inputs() -> None:
    assert problem_of("y\n1\n2\n") == (
        "'f.csv': no column besides the target 'y'; the inputs are missing"
    )


@pytest.mark.parametrize(
    ("rows", "held"), [("", "a header and no rows"), ("\n \n", "a header and no rows")]
)
def test_a_header_alone_is_refused(rows: str, held: str) -> None:
    assert problem_of("x,y\n" + rows) == f"'f.csv': holds {held}; at least 2 rows are needed"


def test_one_row_is_refused() -> None:
    assert problem_of("x,y\n1,a\n") == "'f.csv': holds one row; at least 2 rows are needed"


@pytest.mark.parametrize("content", ["\n", "\n\r\n  \n", "\ufeff", "\ufeff\n"])
def test_a_file_of_blank_lines_is_empty(content: str) -> None:
    assert problem_of(content) == "'f.csv': is empty but for blank lines"


@pytest.mark.parametrize("padding", [0, 2**20 - 9, 2**20 - 8, 3 * 2**20])
def test_a_byte_that_is_not_utf8_is_found_wherever_it_is(padding: int) -> None:
    start = "x,y\n1,ä\n".encode() + b"2" * padding
    assert problem_of(start + b"\xe9\n") == (f"'f.csv': not UTF-8 (byte {len(start)} is 0xe9)")


def test_a_character_cut_off_at_the_end_is_not_utf8() -> None:
    assert problem_of(b"x,y\n1,\xc3") == "'f.csv': not UTF-8 (byte 6 is 0xc3)"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf16_is_called_by_its_name_where_it_says_so(encoding: str) -> None:
    content = ("" if encoding == "utf-16" else "\ufeff") + "x,y\n1,a\n"
    assert "it is UTF-16; save it as UTF-8" in problem_of(content.encode(encoding))


def test_a_nul_byte_is_named_with_its_line() -> None:
    assert problem_of("x,y\n1,a\n2,\0\n") == (
        "'f.csv', line 3: byte 10 is NUL; a csv file holds text"
    )


def test_a_quote_that_is_never_closed_is_named_with_the_line_where_it_opens() -> None:
    content = 'x,y\n1,a\n2,"b\n3,c\n4,d\n'
    assert problem_of(content) == "'f.csv', line 3: a quote is opened and never closed"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_after_a_closing_quote_is_refused(delimiter: str) -> None:
    message = problem_of(f'x{delimiter}y\n1{delimiter}"a"b\n')
    assert message == "'f.csv', line 2: text follows a closing quote"


def test_a_cell_of_enormous_length_is_refused() -> None:
    message = problem_of(f"x,y\n1,{'a' * 200_000}\n2,b\n")
    assert message == "'f.csv', line 2: field larger than field limit (131072)"


def test_a_line_of_enormous_length_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_text, "MOST_CHARACTERS_IN_A_LINE", 10)
    assert problem_of("x,y\n1,a\n2,bbbbbbbbbbbb\n") == "'f.csv', line 3: longer than 10 characters"


@pytest.mark.parametrize(("bound", "most"), [("MOST_ROWS", 3), ("MOST_CELLS", 6)])
def test_more_rows_than_memory_is_meant_for_are_refused(
    bound: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, bound, most)
    rows = "1,2,a\n3,4,b\n5,6,a\n"
    assert read("u,v,y\n" + rows).rows == 3
    assert problem_of("u,v,y\n" + rows * 2) == "'f.csv': more than 3 rows of 3 columns"


def test_hostile_text_in_names_cells_and_targets_is_shown_harmlessly() -> None:
    hostile = "\x1b[2J[@click=app.quit]\u202e" + "x" * 500
    messages = [
        *problems_of(f"{hostile},y\nbad{hostile},a\n2,b\n"),
        *problems_of("x,z\n1,2\n", target=hostile),
        *problems_of(f"x,{hostile}\n1,2\n"),
        *problems_of(f"x,y\n1,{hostile}\n2,{hostile}\n"),
    ]
    for message in messages:
        assert "\\x1b[2J[@click=app.quit]\\u202e" in message
        assert len(message) < 300


cells = st.one_of(
    st.sampled_from(["1", "0", "-2.5", "nan", "inf", "", " ", "a", "b", '"', "1e999", "\ufeff"]),
    st.text(max_size=5),
)


@settings(deadline=None)
@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"y")
@example(b'"')
@example(b"x,y\n1,2\n3,4")
@example(b"x,y\r1,2\r\n3,4\n\r")
def test_any_bytes_give_a_data_set_or_an_input_error(content: bytes) -> None:
    for classify in (None, True, False):
        _read_or_refuse(content, classify)


@settings(deadline=None)
@given(
    st.lists(st.lists(cells, min_size=1, max_size=4), max_size=6),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([None, True, False]),
)
def test_any_table_gives_a_data_set_or_an_input_error(
    rows: list[list[str]], delimiter: str, newline: str, classify: bool | None
) -> None:
    table = newline.join(delimiter.join(row) for row in [["x", "y"], *rows])
    _read_or_refuse(table.encode("utf-8", "surrogatepass"), classify)


def _read_or_refuse(content: bytes, classify: bool | None) -> None:
    outcome = _outcome(content, classify)
    if isinstance(outcome, Dataset):
        assert outcome.rows >= 2
        assert np.isfinite(outcome.X).all()
        assert np.isfinite(outcome.y).all()
        assert (outcome.task is Task.REGRESSION) == (not outcome.classes)
        if classify is not None:
            assert (outcome.task is Task.CLASSIFICATION) == classify
    else:
        assert 1 <= len(outcome) <= 6
        for problem in outcome:
            assert problem.isprintable()
            assert len(problem) < 2000


def _outcome(content: bytes, classify: bool | None) -> Dataset | tuple[str, ...]:
    try:
        return read(content, classify=classify)
    except InputError as error:
        return error.problems
