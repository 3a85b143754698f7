import errno
import fcntl
import os
import signal
import subprocess
import sys

import pytest

from backscope.core.store.lock import Lock, LockedError, holder

HOLD = """
import sys, time
from pathlib import Path
from backscope.core.store.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def other(tmp_path):
    words = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_writer_is_told_who_the_first_is_until_that_one_dies(other, tmp_path):
    path = tmp_path / "lock"
    with pytest.raises(LockedError, match=f"process {other.pid}") as caught:
        Lock(path)
    assert caught.value.pid == holder(path) == other.pid
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert holder(path) is None
    lock = Lock(path)
    assert holder(path) == os.getpid()
    lock.release()


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"9" * 40, b"-1\n", b"1 2\n"])
def test_a_lock_file_that_says_nonsense_names_nobody(other, tmp_path, text):
    (tmp_path / "lock").write_bytes(text)
    with pytest.raises(LockedError, match="another process"):
        Lock(tmp_path / "lock")
    assert holder(tmp_path / "lock") == 0


def test_where_there_is_no_lock_nobody_holds_it(tmp_path):
    assert holder(tmp_path / "none") is None
    assert holder(tmp_path / "no" / "lock") is None
    with pytest.raises(OSError, match="No such file"):
        Lock(tmp_path / "no" / "lock")


def test_a_lock_that_is_a_link_or_a_pipe_is_left_alone_and_nobody_waits_for_it(tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("precious")
    (tmp_path / "link").symlink_to(mine)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    for name in ("link", "pipe", "directory"):
        assert holder(tmp_path / name) is None
        with pytest.raises(OSError, match=r"is no file|symbolic links|Is a directory"):
            Lock(tmp_path / name)
    assert mine.read_text() == "precious"


def test_where_a_file_system_knows_no_locks_nobody_holds_one_and_none_is_had(tmp_path, monkeypatch):
    path = tmp_path / "lock"
    Lock(path).release()

    def unknown(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    before = len(os.listdir("/proc/self/fd"))
    assert holder(path) is None
    with pytest.raises(OSError, match="No locks available"):
        Lock(path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_lock_whose_file_was_deleted_says_so_and_one_that_was_moved_does_not(tmp_path):
    lock = Lock(tmp_path / "lock")
    assert not lock.is_deleted
    (tmp_path / "lock").rename(tmp_path / "elsewhere")
    assert not lock.is_deleted
    (tmp_path / "elsewhere").unlink()
    assert lock.is_deleted
    lock.release()
    assert not lock.is_deleted
