import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backscope.core.data import DATA_SOURCES, Dataset
from backscope.core.data import npz_file as data_npz
from backscope.core.errors import InputError
from backscope.core.settings import DataSettings
from backscope.core.task import Task

X = np.arange(8.0).reshape(4, 2)
LABELS = np.array([0, 1, 1, 0])


def read(content: bytes, classify: bool | None = None) -> Dataset:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "f.npz").write_bytes(content)
        data = DataSettings(source="npz", path="f.npz")
        return DATA_SOURCES["npz"](data, np.random.default_rng(0), Path(folder), classify)


def packed(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def archive_of(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    size = 2 if version == 1 else 4
    raw = header.encode()
    return b"\x93NUMPY" + bytes([version, 0]) + len(raw).to_bytes(size, "little") + raw + data


def npy_of(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def with_entry(content: bytes, key: str = "X") -> bytes:
    entries = {"X.npy": npy_of(X), "y.npy": npy_of(LABELS)}
    return archive_of(entries | {f"{key}.npy": content})


def problems_of(content: bytes, classify: bool | None = None) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read(content, classify)
    for problem in caught.value.problems:
        assert problem.isprintable()
    return caught.value.problems


def problem_of(content: bytes, classify: bool | None = None) -> str:
    (problem,) = problems_of(content, classify)
    return problem


# What can be read.


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_saves_is_read(save: Any) -> None:
    buffer = io.BytesIO()
    save(buffer, X=X, y=LABELS, more=np.zeros(3))
    dataset = read(buffer.getvalue())
    assert np.array_equal(dataset.X, X)
    assert np.array_equal(dataset.y, LABELS)
    assert dataset.classes == ("0", "1")
    assert dataset.features == ("x1", "x2")


@pytest.mark.parametrize(
    "dtype", ["b1", "i1", "u1", "<i2", ">i4", "<u8", "<f2", ">f4", "<f8", ">f8", "longdouble"]
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_inputs_of_every_real_type_and_byte_order_are_read(dtype: str, order: Any) -> None:
    inputs = np.array([[0, 1], [1, 0], [1, 1]]).astype(dtype, order=order)
    dataset = read(packed(X=inputs, y=np.array([0, 1, 1])))
    assert dataset.X.dtype == np.float64
    assert np.array_equal(dataset.X, inputs)


@settings(deadline=None)
@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(2, 5), st.integers(1, 4)),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    ),
    st.booleans(),
)
def test_any_finite_inputs_are_read_as_numpy_reads_them(
    inputs: np.ndarray[Any, Any], fortran: bool
) -> None:
    inputs = np.asfortranarray(inputs) if fortran else inputs
    y = np.arange(len(inputs)) % 2
    content = packed(X=inputs, y=y)
    with np.load(io.BytesIO(content)) as archive:
        assert np.array_equal(read(content).X, archive["X"])


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_the_npy_format_is_read(version: int) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }\n"
    assert np.array_equal(read(with_entry(npy(header, X.tobytes(), version))).X, X)


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (np.array([3.0, 1.0, 3.0, 1.0]), ("1", "3")),
        (np.array([[3], [1], [3], [1]], dtype=np.int8), ("1", "3")),
        (np.array([True, False, True, False]), ("0", "1")),
        (np.array(["cat", "ant", "cat", "ant"]), ("ant", "cat")),
        (np.array([["cat"], ["ant"], ["cat"], ["ant"]]), ("ant", "cat")),
        (np.array(["cat", "ant", "cat", "ant"], dtype=">U5"), ("ant", "cat")),
        (np.array([b"\xc3\xa4", b"a\xff", b"\xc3\xa4", b"a\xff"]), ("a\\xff", "ä")),
    ],
)
def test_labels_are_numbers_or_names_in_one_column(
    y: np.ndarray[Any, Any], classes: tuple[str, str]
) -> None:
    dataset = read(packed(X=X, y=y))
    assert dataset.classes == classes
    assert dataset.y.tolist() == [1, 0, 1, 0]


def test_targets_are_regression_where_they_look_it_or_it_is_asked_for() -> None:
    fractions, wide = np.array([0.5, 1, 2, 3]), np.eye(4)[:, :3]
    assert read(packed(X=X, y=fractions)).y.tolist() == [[0.5], [1], [2], [3]]
    assert read(packed(X=X, y=wide)).y.shape == (4, 3)
    assert read(packed(X=X, y=LABELS), classify=False).task is Task.REGRESSION


# What cannot be read.


def test_missing_arrays_are_answered_with_those_that_are_there() -> None:
    assert problems_of(packed(x=X, labels=LABELS)) == (
        "'f.npz': no array 'X'; did you mean 'x'? Found: 'labels', 'x'",
        "'f.npz': no array 'y'; found: 'labels', 'x'",
    )


def test_an_empty_archive_holds_nothing() -> None:
    assert problems_of(archive_of({}))[0] == "'f.npz': no array 'X'; found: nothing"


def test_a_single_array_is_told_how_to_be_saved() -> None:
    assert "save both with numpy.savez(path, X=X, y=y)" in problem_of(npy_of(X))


@pytest.mark.parametrize("content", [b"x,y\n1,2\n", b"PK\x03\x04", b"\0" * 100])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    assert problem_of(content).startswith("'f.npz': is no readable npz file (")


def test_an_archive_that_is_cut_off_is_refused() -> None:
    content = packed(X=X, y=LABELS)
    for length in range(1, len(content)):
        assert problem_of(content[:length]).startswith("'f.npz': is no readable npz file (")


def test_a_bit_that_was_flipped_in_the_data_is_noticed() -> None:
    content = bytearray(archive_of({"X.npy": npy_of(X), "y.npy": npy_of(LABELS)}, 0))
    content[content.index(X.tobytes()) + 5] ^= 1
    assert "Bad CRC-32" in problem_of(bytes(content))


class Bomb:
    """Would leave a mark if it were ever unpickled."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path(tempfile.gettempdir(), "backscope-was-unpickled"),))


@pytest.mark.parametrize("key", ["X", "y"])
def test_pickled_objects_are_never_loaded(key: str) -> None:
    mark = Path(tempfile.gettempdir(), "backscope-was-unpickled")
    mark.unlink(missing_ok=True)
    objects = np.array([[Bomb(), 1], [2, 3], [4, 5], [6, 7]], dtype=object)
    assert problem_of(packed(**{"X": X, "y": LABELS} | {key: objects})).startswith(
        f"'f.npz', {key}: holds pickled Python objects, which are never loaded"
    )
    assert not mark.exists()


@pytest.mark.parametrize(
    "array",
    [
        X.astype(complex),
        np.zeros((4, 2), dtype="M8[s]"),
        np.zeros((4, 2), dtype="m8[s]"),
        np.zeros(4, dtype=[("a", "f8")]),
        np.zeros((4, 2), dtype="V3"),
    ],
)
@pytest.mark.parametrize("key", ["X", "y"])
def test_entries_that_are_no_real_numbers_are_refused(key: str, array: Any) -> None:
    problem = problem_of(with_entry(npy_of(array), key))
    assert problem.startswith(f"'f.npz', {key}: entries of type ")
    assert problem.endswith("allowed: real numbers or text")


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        (np.zeros(4), "has shape (4,), must be (rows, features); reshape it with X.reshape(len"),
        (np.zeros((4, 2, 2)), "has shape (4, 2, 2), must be (rows, features); reshape it"),
        (np.array(3.0), "has shape (), must be (rows, features)"),
        (np.zeros((4, 0)), "has no features, shape (4, 0)"),
        (np.array([["a"]] * 4), "holds text; inputs are numbers"),
    ],
)
def test_inputs_of_another_shape_are_refused(inputs: Any, problem: str) -> None:
    assert problem_of(packed(X=inputs, y=LABELS)).startswith(f"'f.npz', X: {problem}")


@pytest.mark.parametrize(
    ("y", "problem"),
    [
        (np.array(3.0), "has shape (), must be (rows,) or (rows, targets)"),
        (np.zeros((4, 1, 1)), "has shape (4, 1, 1), must be (rows,) or (rows, targets)"),
        (np.zeros((4, 0)), "has shape (4, 0), must be (rows,) or (rows, targets)"),
        (np.array([["a", "b"]] * 4), "text of shape (4, 2); names of classes are one column"),
    ],
)
def test_targets_of_another_shape_are_refused(y: Any, problem: str) -> None:
    assert problem_of(packed(X=X, y=y)) == f"'f.npz', y: {problem}"


def test_problems_of_both_arrays_are_reported_together() -> None:
    assert len(problems_of(packed(X=np.zeros(4), y=np.array(1)))) == 2


def test_unequal_lengths_are_refused() -> None:
    assert problem_of(packed(X=X, y=LABELS[:3])) == (
        "'f.npz': X has 4 rows and y 3; they must be as many"
    )


@pytest.mark.parametrize("rows", [0, 1])
def test_fewer_than_two_rows_are_refused(rows: int) -> None:
    assert problem_of(packed(X=X[:rows], y=LABELS[:rows])) == (
        f"'f.npz': {rows} rows; at least 2 are needed"
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_entries_that_are_not_finite_are_named_and_counted(bad: float) -> None:
    inputs, y = X.copy(), np.array([0.5, 1, bad, 2])
    inputs[1, 1] = inputs[3, 0] = bad
    assert problem_of(packed(X=inputs, y=y)) == (
        f"'f.npz', X, row 2, column 2: {bad!r} is not a finite number (2 such entries in all)"
    )
    assert problem_of(packed(X=X, y=y)) == (f"'f.npz', y, row 3: {bad!r} is not a finite number")


@pytest.mark.skipif(np.finfo(np.longdouble).maxexp <= 1024, reason="long double is float64 here")
def test_a_long_double_beyond_float64_is_not_finite() -> None:
    inputs = X.astype(np.longdouble)
    inputs[0, 0] = np.longdouble("1e4000")
    assert "row 1, column 1: inf is not a finite number" in problem_of(packed(X=inputs, y=LABELS))


def test_one_class_only_is_refused() -> None:
    assert problem_of(packed(X=X, y=np.ones(4))) == (
        "'f.npz', y: one class only ('1'); at least 2 are needed"
    )
    assert "one class only ('a')" in problem_of(packed(X=X, y=np.array(["a"] * 4)))


def test_names_are_no_regression_targets_and_fractions_no_classes() -> None:
    names = packed(X=X, y=np.array(["a", "b", "a", "b"]))
    assert "mse needs numbers" in problem_of(names, classify=False)
    assert "0.5 cannot be a class" in problem_of(packed(X=X, y=X[:, 0] / 4), classify=True)
    assert "2 columns; classes are one" in problem_of(packed(X=X, y=X), classify=True)


def test_an_empty_label_is_refused() -> None:
    assert problem_of(packed(X=X, y=np.array(["a", "b", "", "b"]))) == (
        "'f.npz', y, row 3: the label is empty"
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("character", [0x110000, 0xFFFFFFFF, 0xD800, 0xDFFF])
def test_labels_beyond_unicode_are_refused(order: str, character: int) -> None:
    header = f"{{'descr': '{order}U1', 'fortran_order': False, 'shape': (4,), }}\n"
    labels = np.array([0x10FFFF, 97, 98, character], dtype=f"{order}u4")
    message = problem_of(with_entry(npy(header, labels.tobytes()), "y"))
    assert message == "'f.npz', y: holds text that is not Unicode"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("y.npy", npy_of(LABELS))
        with archive.open("X.npy", "w") as entry:
            for _ in range(520):
                entry.write(bytes(2**20))
    assert len(buffer.getvalue()) < 2**20
    monkeypatch.setattr(zipfile.ZipExtFile, "read", None)
    assert problem_of(buffer.getvalue()) == (
        "'f.npz', X: unpacks to 545,259,520 bytes; at most 536,870,912 are read"
    )


def test_an_array_of_more_entries_than_are_read_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(data_npz, "MOST_CELLS", 7)
    assert "shape '(4, 2)' is too large" in problem_of(packed(X=X, y=LABELS))
    monkeypatch.setattr(data_npz, "MOST_CELLS", 8)
    monkeypatch.setattr(data_npz, "MOST_ROWS", 3)
    assert "at most 3 rows" in problem_of(packed(X=X, y=LABELS))


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (10**12,)}", "header is damaged"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", "impossible shape"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "impossible shape"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (%s)}" % ("1," * 70), "impossible"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (5, 2)}", "its data differ"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': 8}", "header is damaged"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': ('a',)}", "header is damaged"),
        ("{'descr': '<f8', 'fortran_order': False}", "header is damaged"),
        ("{'descr': '<f99', 'fortran_order': False, 'shape': (4, 2)}", "entries of type '<f99'"),
        ("{'descr': '<U0', 'fortran_order': False, 'shape': (4, 2)}", "entries of type '<U0'"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (4, 2)}", "pickled Python objects"),
        ("[]", "header is damaged"),
        ("{", "header is damaged"),
        ("-" * 9000 + "1", "header is damaged"),
        ("(" * 9000, "header is damaged"),
        ("__import__('os').getcwd()", "header is damaged"),
        ("{}" + " " * 20000, "longer than 10000 bytes"),
    ],
)
def test_a_header_that_lies_is_refused(header: str, problem: str) -> None:
    message = problem_of(with_entry(npy(header, X.tobytes())))
    assert message.startswith("'f.npz', X: ")
    assert problem in message


@pytest.mark.parametrize("version", [0, 4, 255])
def test_an_unknown_version_of_the_format_is_refused(version: int) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2)}"
    assert "no array in the npy format" in problem_of(with_entry(npy(header, X.tobytes(), version)))


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00", b"hello there"])
def test_an_entry_that_is_no_array_is_refused(content: bytes) -> None:
    assert problem_of(with_entry(content)).startswith("'f.npz', X: ")


def test_another_compression_is_refused() -> None:
    entries = {"X.npy": npy_of(X), "y.npy": npy_of(LABELS)}
    assert "packed in a way" in problem_of(archive_of(entries, zipfile.ZIP_LZMA))


def test_an_encrypted_entry_is_refused() -> None:
    content = bytearray(archive_of({"X.npy": npy_of(X), "y.npy": npy_of(LABELS)}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert problem_of(bytes(content)) == "'f.npz', X: is encrypted"


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, True, False]))
def test_any_bytes_give_a_data_set_or_an_input_error(content: bytes, classify: bool | None) -> None:
    _read_or_refuse(content, classify)


@settings(deadline=None)
@given(st.data(), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_a_damaged_archive_gives_a_data_set_or_an_input_error(
    data: st.DataObject, compression: int
) -> None:
    names = np.array(["a", "b", "a", "b"])
    content = bytearray(archive_of({"X.npy": npy_of(X), "y.npy": npy_of(names)}, compression))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    _read_or_refuse(bytes(content), data.draw(st.sampled_from([None, True, False])))


@settings(deadline=None)
@given(
    st.binary(max_size=40) | st.text(max_size=80).map(str.encode),
    st.binary(max_size=80),
    st.sampled_from("Xy"),
)
def test_any_header_gives_a_data_set_or_an_input_error(
    header: bytes, values: bytes, key: str
) -> None:
    entry = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + values
    _read_or_refuse(with_entry(entry, key), None)


literals = st.one_of(
    st.integers(-(2**70), 2**70), st.integers(-2, 6), st.booleans(), st.none(), st.text(max_size=3)
)


@settings(deadline=None)
@given(
    st.sampled_from(["<f8", "|b1", "<U1", "<U2", "|S4", ">f4", "<c16", "|O", "<f16", "|V8", "<M8"])
    | st.text(max_size=5),
    st.lists(literals, max_size=4).map(tuple),
    st.booleans() | literals,
    st.binary(max_size=64),
    st.sampled_from("Xy"),
)
def test_any_well_formed_header_gives_a_data_set_or_an_input_error(
    descr: str, shape: tuple[Any, ...], fortran: Any, values: bytes, key: str
) -> None:
    header = repr({"descr": descr, "fortran_order": fortran, "shape": shape})
    _read_or_refuse(with_entry(npy(header, values), key), None)


def _read_or_refuse(content: bytes, classify: bool | None) -> None:
    outcome = _outcome(content, classify)
    if isinstance(outcome, Dataset):
        assert outcome.rows >= 2
        assert np.isfinite(outcome.X).all()
        assert np.isfinite(outcome.y).all()
    else:
        assert outcome
        for problem in outcome:
            assert problem.isprintable()
            assert len(problem) < 1000


def _outcome(content: bytes, classify: bool | None) -> Dataset | tuple[str, ...]:
    try:
        return read(content, classify)
    except InputError as error:
        return error.problems
