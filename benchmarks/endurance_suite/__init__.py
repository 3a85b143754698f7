"""What a recorded run survives: kills, damage, signals, terminals that go or do not read, time.

Each part is a module that makes its figures: ``kills`` (kill -9 while training), ``corruption``
(damaged copies), ``resuming`` (killed and gone on with), and those that drive the command in a
pseudo-terminal. ``experiments`` says what is trained, ``forks`` how thousands of processes are had.
"""

from __future__ import annotations
