"""How many threads the matrix products may use: one, unless a person asks for more.

Matrices as small as these are slowed down by a second thread, on a machine that others use by a
factor of ten, and the thread count changes results in their last bits. The BLAS library reads its
variables once, when NumPy is imported, so a command sets them before that. This module imports
nothing that imports NumPy. It changes nothing when it is imported: threads of a Python program
that uses the core are that program's own affair.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

SHARED_VARIABLE = "OMP_NUM_THREADS"
"""What every BLAS library but Apple's falls back on where its own variable is not set."""
THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    SHARED_VARIABLE,
)


def use_one_thread_unless_asked(environ: MutableMapping[str, str] = os.environ) -> None:
    """Set every thread variable to 1, except what the environment says already.

    Where ``OMP_NUM_THREADS`` is set, a person has asked for that many: the others stay unset, as
    they would hide it.
    """
    if SHARED_VARIABLE not in environ:
        for variable in THREAD_VARIABLES:
            environ.setdefault(variable, "1")


def use_threads(threads: int, environ: MutableMapping[str, str] = os.environ) -> None:
    """Use so many threads whatever the environment says, whether NumPy is imported yet or not."""
    for variable in THREAD_VARIABLES:
        environ[variable] = str(threads)
    if "numpy" in sys.modules:
        from threadpoolctl import threadpool_limits

        threadpool_limits(threads, user_api="blas")
