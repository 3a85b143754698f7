"""The machine that a run ran on, as far as its results and its speed depend on it.

Matrix products differ in their last bits with the number of BLAS threads and with the kernel that
the library picks for the processor: runs are equal to the bit only where both are.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Machine:
    """Versions, BLAS library, processor and operating system."""

    python: str
    numpy: str
    blas: str
    """The BLAS library that NumPy uses: ``openblas``, ``mkl``; empty: unknown."""
    blas_version: str
    blas_kernel: str
    """What the library chose for this processor, such as ``Haswell``; empty: it does not say."""
    blas_threads: int | None
    """Threads that a matrix product may use; None: the library does not say."""
    cpu: str
    cores: int
    """Processors that this process may use."""
    system: str


def this_machine() -> Machine:
    """Look at the machine and at the libraries as they are loaded now; takes milliseconds."""
    from threadpoolctl import threadpool_info

    blas = blas_of_numpy(threadpool_info(), Path(np.__file__).parent)
    built = built_with()
    return Machine(
        python=platform.python_version(),
        numpy=np.__version__,
        blas=str(blas.get("internal_api") or built.get("name") or ""),
        blas_version=str(blas.get("version") or built.get("version") or ""),
        blas_kernel=str(blas.get("architecture") or ""),
        blas_threads=blas.get("num_threads"),
        cpu=_cpu(CPU_INFO),
        cores=_cores(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


def blas_of_numpy(loaded: Sequence[Mapping[str, Any]], numpy_folder: Path) -> Mapping[str, Any]:
    """Which of the loaded thread pools is the BLAS library of NumPy; empty if none is known.

    Other packages bring a copy of their own. A wheel's copy lies in NumPy's folder or, as
    ``numpy.libs``, beside it; without one there, the first is taken, as NumPy loads it first.
    """
    found = [library for library in loaded if library.get("user_api") == "blas"]
    homes = {numpy_folder, numpy_folder.with_name(f"{numpy_folder.name}.libs")}
    for library in found:
        if homes & set(Path(str(library.get("filepath", ""))).parents):
            return library
    return found[0] if found else {}


def built_with() -> Mapping[str, Any]:
    """Name and version of the BLAS library that NumPy was built with; empty if it does not say."""
    config: Any = np.show_config(mode="dicts")
    built: Mapping[str, Any] = (config or {}).get("Build Dependencies", {}).get("blas", {})
    return built


def _cpu(cpu_info: Path) -> str:
    try:
        lines = cpu_info.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
