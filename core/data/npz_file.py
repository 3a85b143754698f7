"""A person's own npz file: the arrays ``X`` and ``y``, read without ever running what is in it.

The two arrays are read here rather than by ``numpy.load`` because a file can lie: a header may
claim more numbers than memory holds, and an archive may unpack to a thousand times its size. So
every size is checked against its bound, and the header against the bytes, before either is used.
"""

from __future__ import annotations

import ast
import io
import re
import struct
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..quoting import did_you_mean, listed, quoted
from ..settings import DataSettings
from .dataset import Dataset
from .files import MOST_BYTES, MOST_CELLS, MOST_ROWS, file_name, read_file
from .target import (
    NAMES_AS_NUMBERS,
    Target,
    check_two_classes,
    target_of_names,
    target_of_numbers,
)

NPY_MAGIC = b"\x93NUMPY"
MOST_HEADER_BYTES = 10_000
MOST_DIMENSIONS = 32
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
)
"""What ``zipfile`` raises for archives that are damaged, encrypted or packed in another way."""


def read_npz(
    settings: DataSettings, rng: np.random.Generator, folder: Path, classify: bool | None = None
) -> Dataset:
    """Read ``X (n, features)`` and ``y`` from ``settings.path``; pickled objects never.

    ``y`` is ``(n,)`` or ``(n, 1)`` numbers or names, or ``(n, targets)`` numbers. ``classify`` None
    decides as for csv: names and whole numbers with at most 20 distinct values are classes.

    Raises:
        InputError: anything else, with the key, what it holds and what is allowed.
    """
    name = file_name(settings)
    content = read_file(settings, folder)
    if content.startswith(NPY_MAGIC):
        raise InputError(f"{name}: is a single array; save both with numpy.savez(path, X=X, y=y)")
    X, y = _unpack(content, name)
    problems = [*_problems_of_inputs(X, f"{name}, X"), *_problems_of_targets(y, f"{name}, y")]
    if not problems and len(X) != len(y):
        problems.append(f"{name}: X has {len(X)} rows and y {len(y)}; they must be as many")
    if not problems and len(X) < 2:
        problems.append(f"{name}: {len(X)} rows; at least 2 are needed")
    if problems:
        raise InputError(*problems)
    with np.errstate(over="ignore"):  # a long double may not fit; that is not finite then
        inputs = _finite(X, f"{name}, X")
    target = _read_target(y, classify, f"{name}, y")
    features = tuple(f"x{i}" for i in range(1, X.shape[1] + 1))
    return Dataset(inputs, target.y, target.task, target.classes, features)


def _unpack(content: bytes, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            there = sorted(entry.removesuffix(".npy") for entry in archive.namelist())
            missing = [key for key in ("X", "y") if f"{key}.npy" not in archive.namelist()]
            if missing:
                raise InputError(*(_missing(key, there, name) for key in missing))
            return _entry(archive, "X", name), _entry(archive, "y", name)
    except UNREADABLE as error:
        raise InputError(f"{name}: is no readable npz file ({quoted(str(error))})") from None


def _missing(key: str, there: list[str], name: str) -> str:
    near = did_you_mean(key, there)
    return (
        f"{name}: no array {key!r}; {near}{' F' if near else 'f'}ound: {listed(there) or 'nothing'}"
    )


def _entry(archive: zipfile.ZipFile, key: str, name: str) -> NDArray[Any]:
    where = f"{name}, {key}"
    info = archive.getinfo(f"{key}.npy")
    if info.flag_bits & 1:
        raise InputError(f"{where}: is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(f"{where}: is packed in a way that numpy.savez does not use")
    if info.file_size > MOST_BYTES:
        raise InputError(
            f"{where}: unpacks to {info.file_size:,} bytes; at most {MOST_BYTES:,} are read"
        )
    with archive.open(info) as entry:
        return _array(entry.read(info.file_size), where)


def _array(content: bytes, where: str) -> NDArray[Any]:
    """Read the npy format, versions 1 to 3, of arrays of numbers and of text."""
    version = content[6:7]
    size_bytes = 2 if version == b"\x01" else 4
    start = 8 + size_bytes
    end = start + int.from_bytes(content[8:start], "little")
    if not content.startswith(NPY_MAGIC) or version not in (b"\x01", b"\x02", b"\x03"):
        raise InputError(f"{where}: is no array in the npy format")
    if end > min(len(content), start + MOST_HEADER_BYTES):
        raise InputError(f"{where}: its header is cut off or longer than {MOST_HEADER_BYTES} bytes")
    try:
        header = ast.literal_eval(content[start:end].decode("utf-8").strip())
        described, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
        sizes = [int(size) for size in shape]
    except (ValueError, TypeError, KeyError, SyntaxError, MemoryError, RecursionError):
        raise InputError(f"{where}: its header is damaged") from None
    dtype = _dtype(described, where)
    if len(sizes) > MOST_DIMENSIONS or not all(0 <= size <= MOST_CELLS for size in sizes):
        raise InputError(f"{where}: impossible shape {quoted(str(shape))}")
    if prod(sizes) * dtype.itemsize != len(content) - end:
        raise InputError(f"{where}: its header claims shape {quoted(str(shape))}, its data differ")
    if prod(sizes) > MOST_CELLS or sizes[:1] > [MOST_ROWS]:
        raise InputError(
            f"{where}: shape {quoted(str(shape))} is too large; at most {MOST_ROWS:,} rows and "
            f"{MOST_CELLS:,} entries are read"
        )
    flat = np.frombuffer(content, dtype, offset=end)
    return flat.reshape(sizes, order="F" if fortran else "C")


def _dtype(described: object, where: str) -> np.dtype[Any]:
    allowed = "real numbers or text"
    if isinstance(described, str) and re.fullmatch(r"\|?O\d?", described):
        raise InputError(
            f"{where}: holds pickled Python objects, which are never loaded; {allowed}"
        )
    if not isinstance(described, str) or not re.fullmatch(r"[<>|=]?[biufcSUmMV]\d+", described):
        raise InputError(f"{where}: entries of type {quoted(str(described))}; allowed: {allowed}")
    try:
        dtype = np.dtype(described)
    except (TypeError, ValueError):
        dtype = np.dtype("V0")
    if dtype.kind not in "biufSU" or dtype.itemsize == 0:
        raise InputError(f"{where}: entries of type {quoted(described)}; allowed: {allowed}")
    return dtype


def _problems_of_inputs(X: NDArray[Any], where: str) -> list[str]:
    if X.dtype.kind in "SU":
        return [f"{where}: holds text; inputs are numbers"]
    if X.ndim != 2:
        hint = "; reshape it with X.reshape(len(X), -1)" if X.ndim else ""
        return [f"{where}: has shape {X.shape}, must be (rows, features){hint}"]
    return [] if X.shape[1] else [f"{where}: has no features, shape {X.shape}"]


def _problems_of_targets(y: NDArray[Any], where: str) -> list[str]:
    if y.ndim not in (1, 2) or 0 in y.shape[1:]:
        return [f"{where}: has shape {y.shape}, must be (rows,) or (rows, targets)"]
    if y.dtype.kind in "SU" and y.size != len(y):
        return [f"{where}: text of shape {y.shape}; names of classes are one column"]
    return []


def _finite(numbers: NDArray[Any], where: str) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):  # a long double that does not fit is not finite
        values = numbers.astype(np.float64, order="C")
    bad = ~np.isfinite(values)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        place = f"row {at[0] + 1}" + (f", column {at[1] + 1}" if len(at) > 1 else "")
        count = int(bad.sum())
        others = f" ({count:,} such entries in all)" if count > 1 else ""
        raise InputError(f"{where}, {place}: {float(values[at])!r} is not a finite number{others}")
    return values


def _read_target(y: NDArray[Any], classify: bool | None, where: str) -> Target:
    if y.dtype.kind not in "SU":
        target = target_of_numbers(_finite(y, where), classify, where)
    elif classify is False:
        raise InputError(f"{where}: {NAMES_AS_NUMBERS}")
    else:
        target = _target_of_text(y.reshape(-1), where)
    check_two_classes(target, where)
    return target


def _target_of_text(y: NDArray[Any], where: str) -> Target:
    if y.dtype.kind == "U" and not _is_unicode(y):
        raise InputError(f"{where}: holds text that is not Unicode")
    labels = [
        label.decode("utf-8", "backslashreplace") if isinstance(label, bytes) else label
        for label in y.tolist()
    ]
    codes: dict[str, int] = {}
    rows = np.array([codes.setdefault(label, len(codes)) for label in labels], dtype=np.int64)
    if "" in codes:
        raise InputError(f"{where}, row {labels.index('') + 1}: the label is empty")
    return target_of_names(list(codes), rows, where)


def _is_unicode(y: NDArray[Any]) -> bool:
    # Looked at as numbers: NumPy fails with a SystemError when it makes text of anything larger.
    characters = np.ascontiguousarray(y).view(np.dtype("u4").newbyteorder(y.dtype.byteorder))
    surrogates = (characters >= 0xD800) & (characters <= 0xDFFF)
    return not (surrogates | (characters > 0x10FFFF)).any()
