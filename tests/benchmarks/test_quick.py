"""The quick run of all benchmarks."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
MAIN = '\nif __name__ == "__main__":\n    '


@pytest.fixture
def quick(tmp_path):
    """Write benchmarks of these names and bodies, run them; the exit code and the lines."""

    def run(timeout=60, **bodies):
        for name, body in bodies.items():
            (tmp_path / f"{name}.py").write_text(f"import sys, time{MAIN}{body}\n")
        (tmp_path / "part.py").write_text("raise SystemExit(9)\n")
        words = ["--folder", str(tmp_path), "--timeout", str(timeout)]
        done = subprocess.run(
            [sys.executable, str(FOLDER / "quick.py"), *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, done.stdout.splitlines()

    return run


def test_every_benchmark_has_a_line_and_what_is_only_a_part_of_one_is_not_run(quick):
    code, lines = quick(one="pass", two="pass")
    assert code == 0
    assert [(line.split()[0], line.split()[-1]) for line in lines] == [
        ("one.py", "ok"),
        ("two.py", "ok"),
    ]


def test_every_benchmark_is_asked_to_be_quick(quick):
    code, _ = quick(asked='sys.exit(0 if sys.argv[1:] == ["--quick"] else 1)')
    assert code == 0


def test_a_crash_fails_with_its_last_words_and_the_others_still_run(quick):
    code, lines = quick(a="raise ValueError('no good')", b="pass")
    assert code == 1
    assert "exit code 1" in lines[0]
    assert "ValueError: no good" in lines
    assert lines[-1].startswith("b.py")


def test_a_benchmark_that_hangs_fails(quick):
    code, lines = quick(timeout=0.2, a="time.sleep(60)")
    assert code == 1
    assert lines[0].endswith("not done after 0.2 s")


@pytest.mark.parametrize(
    "words",
    [
        ("core_speed.py", "--quick", "W1"),
        ("telemetry_cost.py", "--quick", "W1"),
        ("subnormals.py", "--quick"),
    ],
    ids=lambda words: words[0],
)
def test_a_benchmark_prints_ratios_claims_and_the_machine(words):
    name, *options = words
    done = subprocess.run(
        [sys.executable, str(FOLDER / name), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for word in ("BLAS", "ratio", "claimed" if name != "telemetry_cost.py" else "at most"):
        assert word in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 80
