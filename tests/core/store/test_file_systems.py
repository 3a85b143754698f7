from pathlib import Path

import pytest

from backscope.core.store import recording
from backscope.core.store.file_systems import is_network, type_of
from backscope.core.store.recording import SLOW_PLACE

MOUNTS = r"""/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/local tmpfs rw 0 0
//pc/share /mnt/my\040share cifs rw 0 0
user@host: /mnt/ssh fuse.sshfs rw 0 0
odd line
"""


@pytest.mark.parametrize(
    ("path", "kind", "network"),
    [
        ("/etc", "ext4", False),
        ("/home/me", "nfs4", True),
        ("/home", "nfs4", True),
        ("/homes", "ext4", False),
        ("/home/local/x", "tmpfs", False),
        ("/mnt/my share/a", "cifs", True),
        ("/mnt/ssh", "fuse.sshfs", True),
    ],
)
def test_the_innermost_mount_says_what_a_directory_lies_on(tmp_path, path, kind, network):
    (tmp_path / "mounts").write_text(MOUNTS)
    assert type_of(Path(path), tmp_path / "mounts") == kind
    assert is_network(Path(path), tmp_path / "mounts") is network


def test_where_nothing_can_be_told_it_is_taken_for_a_disk(tmp_path):
    assert not is_network(tmp_path, tmp_path / "none")
    (tmp_path / "mounts").write_bytes(b"\xff\xfe / \\777 \n\n")
    assert not is_network(tmp_path, tmp_path / "mounts")


def test_on_a_network_file_system_a_run_is_recorded_without_a_log_and_says_so(
    trained, monkeypatch, tmp_path
):
    from backscope.core.store.stored_run import StoredRun

    monkeypatch.setattr(recording, "is_network", lambda directory: True)
    notices = []
    start = recording.Recording.__init__

    def noted(self, *arguments):
        start(self, *arguments)
        notices.append(self.notice)

    monkeypatch.setattr(recording.Recording, "__init__", noted)
    place = trained(30, finished=False)
    assert notices == [SLOW_PLACE]
    assert not place.database.with_name("run.db-wal").exists()
    run = StoredRun(place)
    assert run.progress.count == 30
    run.close()
