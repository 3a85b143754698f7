"""The kind of file system of a directory; on those of a network SQLite cannot share memory."""

from __future__ import annotations

import os
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
NETWORK_TYPES = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "9p",
    "ceph",
    "lustre",
    "glusterfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.s3fs",
    "gpfs",
    "beegfs",
    "orangefs",
    "davfs",
)
"""As the kernel calls them in its list of mounts."""


def is_network(directory: Path, mounts: Path = MOUNTS) -> bool:
    """Whether a directory lies on a network file system; False where that cannot be told."""
    return type_of(directory, mounts) in NETWORK_TYPES


def type_of(directory: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system of a directory, as the kernel calls it; empty: unknown."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    path = os.path.realpath(directory)
    best, found = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # The kernel writes blanks in octal.
        point = fields[1].encode().decode("unicode_escape", errors="replace")
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:  # the last one mounted there is what is seen
            best, found = len(point), fields[2]
    return found
