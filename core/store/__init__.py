"""Runs on disk: written while they train, followed by others, opened as they were.

A run is a directory of its own (``places``) with one SQLite database (``database``). What a history
holds in memory lies in it as *pieces* (``pieces``): rows, and the entries of the min/max pyramid
above them, each with a checksum of its own. A ``Recorder`` looks at a live run's history a few
times a second, as the screen does, and writes what is new; the training thread never waits for a
disk. A ``StoredHistory`` gives the same snapshots from the file that a ``History`` gives from
memory: the blocks of a snapshot are read when they are asked for.
"""

from __future__ import annotations
