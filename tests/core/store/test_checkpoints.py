import io
import json
import random
import sqlite3
import zipfile

import numpy as np
import pytest

from backscope.core.errors import DataError
from backscope.core.experiment import Experiment
from backscope.core.store import checkpoints, database
from backscope.core.store.checkpoints import (
    StoredCheckpoint,
    checksum,
    decode,
    encode,
    newest,
    save,
)
from backscope.core.trainer import Trainer


@pytest.fixture
def checkpoint():
    settings = {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5, 5], "normalization": "batch", "dropout": 0.1},
        "training": {"steps": 50, "batch_size": 8, "optimizer": "adam"},
    }
    trainer = Trainer(Experiment.from_dict(settings))
    for _, _ in zip(range(7), trainer.steps(), strict=False):
        pass
    return trainer.checkpoint()


@pytest.fixture
def connection(tmp_path):
    connection = database.create(tmp_path / "run.db")
    yield connection
    connection.close()


def plain(checkpoint):
    arrays, values = checkpoint.to_plain()
    return {name: array.tobytes() for name, array in arrays.items()}, values


def insert(connection, step, data, events=0):
    crc = checksum(step, 0.0, events, data)
    row = (step, 0.0, events, crc, data)
    connection.execute("INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?)", row)


def test_a_checkpoint_comes_back_to_the_last_bit(checkpoint):
    first, second = plain(checkpoint), plain(decode(encode(checkpoint)))
    assert first[0] == second[0]
    assert json.dumps(first[1], default=checkpoints._plain) == json.dumps(
        second[1], default=checkpoints._plain
    )


def test_only_the_newest_two_stay_and_the_newest_whole_one_is_taken(checkpoint, connection):
    for _ in range(3):
        save(connection, StoredCheckpoint(checkpoint, 4), 0.5)
    insert(connection, 1, encode(checkpoint))
    insert(connection, 90, b"damaged")
    save(connection, StoredCheckpoint(checkpoint, 4), 0.5)
    steps = database.fetch(connection, "SELECT step FROM checkpoint ORDER BY step")
    assert steps == [(7,), (90,)]
    assert newest(connection, "x").events == 4
    connection.execute("UPDATE checkpoint SET events=5")
    with pytest.raises(DataError, match="x: every checkpoint is damaged"):
        newest(connection, "x")
    connection.execute("DELETE FROM checkpoint")
    assert newest(connection, "x") is None


def test_one_that_is_larger_than_any_of_ours_is_refused_before_it_is_read(connection):
    connection.execute("INSERT INTO checkpoint VALUES (1, 0.0, 0, 0, zeroblob(1000000))")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
    with pytest.raises(sqlite3.DataError, match="too big"):
        newest(connection, "x")


def npz(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return file.getvalue()


def array_that_claims(shape, data=b"", dtype="<f8"):
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + data


def text(words):
    data = words.encode()
    return array_that_claims((len(data),), data, "|u1")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x05\x06" + bytes(18),
        npz(theta=array_that_claims((1 << 40,))),
        npz(theta=array_that_claims((1 << 62, 4))),
        npz(theta=array_that_claims((2,), bytes(16), "|O")),
        npz(theta=b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 60_000),
        npz(theta=b"no array"),
        npz(values=text("[]")),
        npz(values=text("{}")),
        npz(values=text("[" * 100_000)),
        npz(values=text('{"step": {"array": [1], "dtype": "S2000000000"}}')),
        npz(values=text('{"step": {"array": [1], "dtype": "?? no type"}}')),
        npz(values=array_that_claims((3,), b"\xff\xfe\xfd", "|u1")),
    ],
    ids=range(13),
)
def test_what_is_no_checkpoint_is_refused_whatever_it_claims(connection, data):
    with pytest.raises(ValueError):  # noqa: PT011
        decode(data)
    insert(connection, 3, data)
    with pytest.raises(DataError, match="every checkpoint is damaged"):
        newest(connection, "x")


def test_a_compressed_one_is_refused_for_it_may_hold_any_number_of_zeros(checkpoint):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("theta.npy", array_that_claims((10_000_000,), bytes(80_000_000)))
    with pytest.raises(ValueError, match="is compressed"):
        decode(file.getvalue())


def test_bytes_spoiled_at_random_are_refused_or_read_and_nothing_else(checkpoint):
    whole, rng = encode(checkpoint), random.Random(1)
    for _ in range(1_000):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 3, 50])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            decode(bytes(data))
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "x") for name in ("step", "rows", "best_validation", "scaling_age")),
        *((name, None) for name in ("optimizer_began", "largest_gradient", "carried_out")),
        *((name, -1) for name in ("step", "optimizer_began", "scaling_age", "carried_out")),
        *(("rate_changes", value) for value in ("x", [[1]], [["a", "b"]], {"a": {}})),
        ("diverged", 0),
        ("evaluations_since_best", [[1]]),
        ("interventions", [["a"]]),
    ],
)
def test_a_value_of_another_kind_is_damage(checkpoint, name, value):
    arrays, values = checkpoint.to_plain()
    assert decode(encode_plain(arrays, values)).step == 7
    with pytest.raises(ValueError, match=r".+"):
        decode(encode_plain(arrays, {**values, name: value}))


@pytest.mark.parametrize(
    "waiting", [np.zeros(3), np.zeros((3, 3), int), np.array([60]), np.array([-1]), np.array(["a"])]
)
def test_rows_that_wait_and_are_not_there_are_damage(checkpoint, waiting):
    arrays, values = checkpoint.to_plain()
    with pytest.raises(ValueError, match="rows that wait"):
        decode(encode_plain({**arrays, "waiting": waiting}, values))


def encode_plain(arrays, values):
    words = np.frombuffer(json.dumps(values, default=checkpoints._plain).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays, values=words)
    return file.getvalue()


def test_a_checkpoint_of_another_step_than_it_is_kept_under_is_damaged(checkpoint, connection):
    insert(connection, 9, encode(checkpoint))
    with pytest.raises(DataError, match="every checkpoint is damaged"):
        newest(connection, "x")
    insert(connection, 7, encode(checkpoint), events=3)
    assert newest(connection, "x").events == 3
