"""The printed tables of ``backscope bench``."""

import json

from backscope.core.bench.interleaved import Timing
from backscope.core.bench.results import Result
from backscope.core.bench.workloads import WORKLOADS
from backscope.core.machine import Machine
from backscope.tui.bench_text import bench_facts, bench_text, machine_text, result_text

MACHINE = Machine("3.11.7", "2.4.6", "openblas", "0.3.31", "Haswell", 1, "Z80", 2, "CP/M 2.2 z80")
RESULT = Result(
    WORKLOADS["W1"],
    "float32",
    (
        Timing("Backscope", (80e-6, 90e-6, 100e-6), 1.0),
        Timing("textbook NumPy", (0.00027, 0.00028, 0.0003), 3.1),
    ),
)
PACKAGES = {"torch": "2.13.0", "jax": None}


def test_a_workload_is_a_table_of_times_and_ratios():
    assert result_text(RESULT).splitlines() == [
        "W1: 2-32x10-1 sigmoid, batch 64, sgd, float32",
        "                us/step  ratio",
        "Backscope          90.0   1.00",
        "textbook NumPy      280   3.10",
    ]


def test_the_machine_is_told_with_versions_blas_and_what_is_missing():
    assert machine_text(MACHINE, PACKAGES).splitlines() == [
        "Z80, 2 cores, CP/M 2.2 z80",
        "Python 3.11.7, NumPy 2.4.6, torch 2.13.0",
        "BLAS: openblas 0.3.31 Haswell, threads: 1",
        "not installed, left out: jax",
    ]


def test_a_machine_that_does_not_say_is_unknown():
    silent = Machine("3.11.7", "2.4.6", "", "", "", None, "Z80", 1, "CP/M")
    assert "BLAS: unknown, threads: ?" in machine_text(silent, {})
    assert "left out" not in machine_text(silent, {})


def test_no_line_is_wider_than_seventy_nine_cells():
    chatty = Machine("3.11.7", "2.4.6", "b" * 30, "1" * 30, "k" * 30, 1, "cpu " * 30, 2, "s " * 40)
    lines = bench_text([RESULT, RESULT], chatty, PACKAGES).splitlines()
    assert max(map(len, lines)) <= 79
    assert sum(line.startswith("W1") for line in lines) == 2


def test_the_facts_are_json_with_a_value_for_each_round():
    facts = json.loads(json.dumps(bench_facts([RESULT], MACHINE, PACKAGES), allow_nan=False))
    assert facts["machine"]["blas_threads"] == 1
    assert facts["packages"] == {"torch": "2.13.0", "jax": None}
    (workload,) = facts["workloads"]
    assert (workload["name"], workload["dtype"]) == ("W1", "float32")
    backscope, textbook = workload["contenders"]
    assert backscope["seconds"] == [80e-6, 90e-6, 100e-6]
    assert (textbook["name"], textbook["ratio"]) == ("textbook NumPy", 3.1)
