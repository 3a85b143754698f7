"""Checkpoints as bytes: an uncompressed ``.npz`` without pickles, and a checksum.

What is read back is checked before anything is allocated: a file may claim arrays of any size.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
import zlib
from dataclasses import dataclass
from math import prod
from types import UnionType
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from ..checkpoint import Checkpoint
from ..errors import DataError
from . import database

KEPT = 2
"""Newest checkpoints that stay in the database."""
_DAMAGE = (LookupError, TypeError, AttributeError, zipfile.BadZipFile, EOFError, OverflowError)
"""What bytes of anything are met with, besides ``ValueError``."""
_VALUES = "values"
"""The array that holds what is no array, as JSON."""
_KINDS: dict[str, type | UnionType] = {
    "step": int,
    "diverged": bool,
    "rows": int,
    "best_validation": float | int,
    "evaluations_since_best": int,
    "carried_out": int,
}
"""What must be of a kind in a checkpoint."""


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint with what its run had recorded when it was taken."""

    checkpoint: Checkpoint
    events: int
    """Events so far."""


def encode(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint."""
    arrays, values = checkpoint.to_plain()
    text = json.dumps(values, default=_plain).encode()
    file = io.BytesIO()
    np.savez(file, **arrays, **{_VALUES: np.frombuffer(text, np.uint8)})  # type: ignore[arg-type]
    return file.getvalue()


def decode(data: bytes) -> Checkpoint:
    """The checkpoint of bytes that ``encode`` made, perhaps.

    Raises:
        ValueError: it did not.
    """
    arrays: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.compress_type != zipfile.ZIP_STORED:
                    raise ValueError(f"{member.filename} is compressed")
                with archive.open(member) as file:
                    array = _read_array(file, member.file_size)
                arrays[member.filename.removesuffix(".npy")] = array
        values = json.loads(arrays.pop(_VALUES).tobytes(), object_hook=_array)
        return _sound(Checkpoint.from_plain(arrays, values))
    except (*_DAMAGE, RuntimeError, MemoryError) as error:
        raise ValueError(str(error)) from error


def _sound(checkpoint: Checkpoint) -> Checkpoint:
    """The same, if a trainer can be asked to go on from it.

    Raises:
        ValueError: something in it is of another kind than what a trainer gives.
    """
    descent, waiting, rows = checkpoint.descent, checkpoint.waiting, checkpoint.rows
    values = [
        *((getattr(checkpoint, name), kind) for name, kind in _KINDS.items()),
        (descent.began, int),
        (descent.largest_gradient, float | int),
        (descent.scaling.age, int),
        *((number, float | int) for change in checkpoint.rate_changes for number in change),
        *((text, str) for text in checkpoint.interventions),
    ]
    if not all(isinstance(value, kind) for value, kind in values):
        raise ValueError("a value of another kind")
    if any(len(change) != 2 for change in checkpoint.rate_changes):
        raise ValueError("a change of the rate that is none")
    if min(checkpoint.step, checkpoint.carried_out, descent.began, descent.scaling.age) < 0:
        raise ValueError("a number below zero")
    if waiting.ndim != 1 or waiting.dtype.kind != "i":
        raise ValueError("rows that wait and are none")
    if waiting.size and not 0 <= waiting.min() <= waiting.max() < rows:
        raise ValueError("rows that wait and are not there")
    return checkpoint


def save(connection: sqlite3.Connection, stored: StoredCheckpoint, seconds: float) -> None:
    """Insert a checkpoint and drop all but the newest; inside the caller's transaction."""
    data, step = encode(stored.checkpoint), stored.checkpoint.step
    connection.execute(
        "INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?)",
        (step, seconds, stored.events, checksum(step, seconds, stored.events, data), data),
    )
    connection.execute(
        "DELETE FROM checkpoint WHERE step NOT IN "
        "(SELECT step FROM checkpoint ORDER BY step DESC LIMIT ?)",
        (KEPT,),
    )


def checksum(step: int, seconds: float, events: int, data: bytes) -> int:
    """CRC-32 of a checkpoint and of which one it is."""
    return zlib.crc32(data, database.text_checksum(step, repr(seconds), events))


def is_whole(step: Any, seconds: Any, events: Any, crc: Any, data: Any) -> bool:
    """Whether a checkpoint is as it was written."""
    kinds = (int, step), (float, seconds), (int, events), (bytes, data)
    if not all(isinstance(value, kind) for kind, value in kinds):
        return False
    return bool(checksum(step, seconds, events, data) == crc)


def newest(connection: sqlite3.Connection, where: str) -> StoredCheckpoint | None:
    """The newest checkpoint that is whole; None where there is none at all.

    Raises:
        DataError: there are some, and all are damaged.
    """
    query = "SELECT step, seconds, events, crc32, data FROM checkpoint ORDER BY step DESC LIMIT ?"
    rows = database.fetch(connection, query, KEPT)
    for step, seconds, events, crc, data in rows:
        if is_whole(step, seconds, events, crc, data):
            try:
                checkpoint = decode(data)
            except ValueError:
                continue
            if checkpoint.step == step and events >= 0:
                return StoredCheckpoint(checkpoint, events)
    if rows:
        raise DataError(f"{where}: every checkpoint is damaged, so the run cannot go on")
    return None


def _read_array(file: IO[bytes], size: int) -> Any:
    """An array of the NPY format whose header says no more than there is."""
    npy.read_magic(file)
    shape, fortran_order, dtype = npy.read_array_header_1_0(file)
    if dtype.hasobject or fortran_order or prod(shape) * dtype.itemsize > size:
        raise ValueError(f"an array of shape {shape} and type {dtype} in {size} bytes")
    data = file.read(prod(shape) * dtype.itemsize)
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _plain(value: Any) -> Any:
    """Arrays and integers of NumPy in the state of a random generator."""
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": value.dtype.str}
    if isinstance(value, np.integer):
        return int(value)
    raise TypeError(f"expected a plain value, got {type(value).__name__}")


def _array(value: dict[str, Any]) -> Any:
    """What ``_plain`` was given; of numbers alone, since a text may claim any length."""
    if value.keys() != {"array", "dtype"}:
        return value
    dtype = np.dtype(value["dtype"])
    if dtype.kind not in "biuf" or dtype.shape:
        raise ValueError(f"an array of {value['dtype']}")
    return np.array(value["array"], dtype)
