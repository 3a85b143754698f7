"""The record of the machine."""

import json
import platform
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl

from backscope.core import machine
from backscope.core.machine import blas_of_numpy, this_machine
from backscope.core.plain import plain

SITE = Path("/lib/site-packages")
OWN = {"user_api": "blas", "filepath": f"{SITE}/numpy.libs/libopenblas-1.so"}
OF_SCIPY = {"user_api": "blas", "filepath": f"{SITE}/scipy.libs/libopenblas-2.so"}
OPENMP = {"user_api": "openmp", "filepath": f"{SITE}/numpy.libs/libgomp.so"}


def test_the_machine_is_told_in_plain_values():
    told = this_machine()
    assert told.python == platform.python_version()
    assert told.numpy == np.__version__
    assert told.cores >= 1
    assert told.cpu
    assert told.system
    assert json.loads(json.dumps(plain(told))).keys() >= {"blas", "blas_kernel", "blas_threads"}


def test_threads_are_those_that_the_library_uses_now():
    if this_machine().blas_threads is None:
        pytest.skip("NumPy uses a library that cannot be asked")
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        assert this_machine().blas_threads == 1


@pytest.mark.parametrize(
    ("loaded", "found"),
    [
        ([OPENMP, OF_SCIPY, OWN], OWN),
        ([OWN, OF_SCIPY], OWN),
        ([OPENMP, OF_SCIPY], OF_SCIPY),
        ([OPENMP], {}),
        ([], {}),
    ],
)
def test_the_blas_library_is_that_of_numpy_and_not_of_another_package(loaded, found):
    assert blas_of_numpy(loaded, SITE / "numpy") == found


def test_a_library_that_cannot_be_asked_is_named_as_numpy_was_built(monkeypatch):
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [])
    monkeypatch.setattr(machine, "built_with", lambda: {"name": "accelerate", "version": "3"})
    told = this_machine()
    assert (told.blas, told.blas_version) == ("accelerate", "3")
    assert (told.blas_kernel, told.blas_threads) == ("", None)


def test_the_processor_has_a_name_where_the_system_lists_none(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "CPU_INFO", tmp_path / "none")
    assert this_machine().cpu
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Z80 at 4 MHz\n")
    monkeypatch.setattr(machine, "CPU_INFO", tmp_path / "cpuinfo")
    assert this_machine().cpu == "Z80 at 4 MHz"
