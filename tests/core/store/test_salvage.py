import errno
import os
import sqlite3

import pytest

from backscope.core.errors import DataError
from backscope.core.store.salvage import INDEX_LEAF, TABLE_LEAF, SalvageFile

VALUES = [None, 0, 1, -1, 127, -128, 300, -70_000, 2**31, -(2**45), 2**62, 0.5, -1e300, "", "ä\0x"]


@pytest.fixture(params=[512, 4096, 8192, 65536])
def tables(request, tmp_path):
    """A file with a table of every kind of value, blobs of many lengths among them."""
    path = tmp_path / "some.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA page_size={request.param}")
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, a, b, c BLOB)")
    connection.execute("CREATE TABLE word (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    rows = {}
    for at in range(400):
        blob = bytes([at % 251]) * (at * at)
        rows[at - 100] = (VALUES[at % len(VALUES)], at, blob)
        connection.execute("INSERT INTO row VALUES (?, ?, ?, ?)", (at - 100, *rows[at - 100]))
    words = {f"key {at}": "w" * (at * 37) for at in range(100)}
    connection.executemany("INSERT INTO word VALUES (?, ?)", words.items())
    connection.commit()
    connection.close()
    return path, rows, words


class FailingDisk:
    """A file, open on a disk that gives nothing back."""

    def __init__(self, name):
        self.name = name

    def seek(self, place):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def close(self):
        """As a file."""


def salvaged(path):
    rows, words = {}, {}
    with SalvageFile(path) as file:
        for cell in file.cells():
            values = file.values(cell)
            if values is not None and cell.leaf == TABLE_LEAF and len(values) == 4:
                rows[cell.rowid] = tuple(values[1:])
            elif values is not None and cell.leaf == INDEX_LEAF and len(values) == 2:
                words[values[0]] = values[1]
    return rows, words


def test_every_row_that_sqlite_wrote_is_found_as_it_was(tables):
    path, rows, words = tables
    found_rows, found_words = salvaged(path)
    assert found_rows == rows
    # Some words of a table without row ids lie on the pages above the leaves.
    assert found_words.items() <= words.items()
    assert len(found_words) > len(words) / 2


def test_of_a_file_that_is_cut_off_the_rows_before_the_cut_are_found(tables):
    path, rows, _ = tables
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found, _ = salvaged(path)
    assert found.items() <= rows.items()
    assert 0 < len(found) < len(rows)


def test_the_first_columns_are_read_without_the_pages_that_the_others_go_on_to(tables):
    path, rows, _ = tables
    with SalvageFile(path) as file:
        cells = [cell for cell in file.cells() if cell.overflow and cell.leaf == TABLE_LEAF]
        before = file._left
        assert cells
        for cell in cells:
            assert file.values(cell, 3)[1:] == list(rows[cell.rowid][:2])
        assert file._left == before


def test_a_chain_of_pages_that_bites_its_tail_ends(tables):
    path, _, _ = tables
    data = bytearray(path.read_bytes())
    with SalvageFile(path) as file:
        cell = max(file.cells(), key=lambda cell: cell.size)
        at = (cell.overflow - 1) * file._page
        data[at : at + 4] = cell.overflow.to_bytes(4, "big")
    path.write_bytes(data)
    with SalvageFile(path) as file:
        assert len(file._whole(cell)) == cell.size  # what it says is for its checksum to judge
        for _ in range(10_000):
            if file._whole(cell) is None:
                break
        else:
            pytest.fail("cells may claim any number of bytes")


@pytest.mark.parametrize("page", [0, 2**32 - 1])
def test_a_chain_that_leads_out_of_the_file_ends_there(tables, page):
    path, _, _ = tables
    data = bytearray(path.read_bytes())
    with SalvageFile(path) as file:
        cell = max(file.cells(), key=lambda cell: cell.size)
        at = (cell.overflow - 1) * file._page
        data[at : at + 4] = page.to_bytes(4, "big")
    path.write_bytes(data)
    with SalvageFile(path) as file:
        assert file._whole(cell) is None


def test_a_disk_that_fails_is_told_with_the_file_that_was_read(tables):
    path, _, _ = tables
    with SalvageFile(path) as file:
        whole, file._file = file._file, FailingDisk(str(path))
        with pytest.raises(DataError, match=r"some.db' cannot be read: Input/output error"):
            list(file.cells())
        whole.close()


@pytest.mark.parametrize("data", [b"", b"x", b"SQLite format 3\0", b"\r" * 20_000, b"\n" * 9_000])
def test_any_bytes_are_read_without_complaint(tmp_path, data):
    (tmp_path / "any").write_bytes(data)
    with SalvageFile(tmp_path / "any") as file:
        for cell in file.cells():
            file.values(cell)
