"""TOML in and out."""

import time
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.errors import InputError
from backscope.core.experiment.toml_text import (
    LARGEST_FILE,
    parse_toml,
    read_toml_value,
    toml_document,
    toml_value,
)


def problem(source):
    with pytest.raises(InputError) as caught:
        parse_toml(source, "f.toml")
    [line] = caught.value.problems
    return line


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("a = 1\nb = ?\n", "f.toml:2:5: "),
        ("\n\n[x", "f.toml:3:2: "),
        ("a = 1\na = 2\nb = 3", "f.toml:2:6: this key has a value already"),
        ("a = 'x", "f.toml:1:6: "),
        ("a = 1\r\nb = ?\r\n", "f.toml:2:5: "),
        ('a = "\x00"', "f.toml:1:6: "),
        ("a = 1\n  b = " + "9" * 5000, "f.toml:2:7: "),
        ("a." * 60 + "b = 1", "f.toml:1:1: "),
    ],
)
def test_a_syntax_error_is_placed_by_line_and_column(source, place):
    assert problem(source).startswith(place)
    assert len(problem(source)) < 120
    assert problem(source).isprintable()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("[data]\n[data]\n", "f.toml:2:6: this table, or a part of it, is there already"),
        ("a = {b = 1}\n[a.c]\n", "f.toml:2:5: this table, or a part of it, is there already"),
        ("a = {b = 1, b = 2}", "f.toml:1:18: this key has a value already"),
        ('a = "x\n', "f.toml:1:7: a text is not closed on its line"),
        ('a = "x', "f.toml:1:6: a text is not closed"),
        ("a = relu", "f.toml:1:5: no TOML value (text is written in quotes)"),
        ("?", "f.toml:1:1: neither a key nor a [table]"),
        ("a", "f.toml:1:1: a key without = and a value"),
        ("a = 03", "f.toml:1:6: something follows where the line should end"),
        ('a = "C:\\data"', "f.toml:1:10: a backslash in a text is doubled"),
    ],
)
def test_a_syntax_error_is_said_in_plain_words(source, said):
    assert problem(source).startswith(said)


def test_what_is_not_utf8_is_named_with_byte_and_offset():
    assert problem(b"ab\xffc") == "f.toml: not UTF-8 text (byte 0xff at offset 2)"
    assert problem("a = 1".encode("utf-16")).startswith("f.toml: not UTF-8 text (byte 0xff at of")


def test_a_byte_order_mark_and_windows_line_ends_are_tolerated():
    assert parse_toml("\ufeffa = 1\r\nb = 2\r\n".encode()) == {"a": 1, "b": 2}


@pytest.mark.parametrize("kind", [bytes, str])
def test_the_largest_file_is_read_and_one_byte_more_is_not(kind):
    source = "# " + "x" * (LARGEST_FILE - 2)
    more = source + "x"
    if kind is bytes:
        source, more = source.encode(), more.encode()
    assert parse_toml(source) == {}
    assert problem(more) == "f.toml: larger than 64 KiB, which no experiment needs"


@pytest.mark.parametrize("source", ["a=" + "[" * 60_000, "a=" + "{a=" * 20_000])
def test_deep_nesting_is_an_input_error_and_no_crash(source):
    assert problem(source) == "f.toml: arrays or tables are nested too deeply"


@pytest.mark.parametrize(
    "source",
    [
        "a." * 32_000 + "a=1",
        "[" + "a." * 32_000 + "a]",
        '"a\\"".' * 9_000 + "a=1",
        "'a' . " * 10_000 + "a=1",
        ("a." * 49 + "a=1\n") * 600,
        'a="' + '\\"' * 30_000,
        '"' * 60_000,
        "a" * 60_000,
        "a ." * 20_000,
        '"\\\\' * 20_000,
        "9_" * 30_000,
        "a=" + "9_" * 30_000 + "9",
    ],
)
def test_hostile_text_of_full_size_is_refused_quickly(source):
    start = time.process_time()
    with pytest.raises(InputError):
        parse_toml(source)
    assert time.process_time() - start < 1.0


def test_dots_in_texts_and_comments_are_no_deep_key():
    text = "a.b.c.d " * 100 + "." * 200
    assert parse_toml(f'story = """\n{text}\n""" # {text}')["story"].strip() == text.strip()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_document_or_an_input_error(source):
    try:
        document = parse_toml(source)
    except InputError:
        return
    assert isinstance(document, dict)


texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text('"\\\n\r\t ab', max_size=20)
numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False)
scalars = texts | numbers | st.booleans()
values = scalars | st.lists(scalars, max_size=4) | st.lists(st.lists(numbers, max_size=9))


@given(
    st.dictionaries(
        st.sampled_from("abcdef"), values | st.dictionaries(st.sampled_from("abc"), values)
    )
)
@settings(max_examples=300, deadline=None)
def test_what_is_written_reads_back_to_the_last_bit(document):
    text = toml_document(document)
    assert tomllib.loads(text) == document
    assert repr(tomllib.loads(text)) == repr(
        {k: v for k, v in document.items() if not isinstance(v, dict)}
        | {k: v for k, v in document.items() if isinstance(v, dict)}
    )


def test_a_text_of_several_lines_is_written_as_such():
    assert toml_document({"story": 'One "word".\nTwo\\.'}) == (
        'story = """\nOne "word".\nTwo\\\\."""\n'
    )


@given(texts)
def test_no_written_text_holds_a_sign_that_acts_on_a_terminal(text):
    written = toml_document({"title": text, "data": {"target": text}})
    assert all(line.isprintable() for line in written.split("\n"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20", 20),
        ("1e-3", 1e-3),
        ("true", True),
        ("[64, 32]", [64, 32]),
        ('"a b"', "a b"),
        ("'#'", "#"),
    ],
)
def test_a_single_value_is_read(text, value):
    assert read_toml_value(text) == value


@pytest.mark.parametrize(
    "text", ["", "relu", "1\nb = 2", "2024-01-01", "12:00:00", "[" * 10_000, "9" * 5000, "1 2"]
)
def test_what_is_no_single_value_is_refused(text):
    with pytest.raises(ValueError, match="not a TOML value"):
        read_toml_value(text)


def test_what_toml_cannot_hold_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="expected text, a number"):
        toml_value(None)
