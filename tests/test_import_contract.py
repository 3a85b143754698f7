"""Who may import whom, and what is loaded when: checked by a tool and by looking."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
IMPORT_ALL = """
import importlib, pkgutil, sys
import backscope.{package} as package
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
print(*sys.modules)
"""
RUN = """
import sys
from backscope.tui.cli import main
code = main({words!r})
print()
print(*sys.modules)
sys.exit(code)
"""


def loaded_by(code, folder, expected=0):
    """The top-level names, and those of this package, that are loaded after running ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False
    )
    assert done.returncode == expected, done.stderr
    modules = done.stdout.splitlines()[-1].split()
    return {name.partition(".")[0] for name in modules} | {
        name for name in modules if name.startswith("backscope.")
    }


def test_the_import_contracts_hold():
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("package", ["core", "presets"])
def test_importing_all_of_the_core_and_the_presets_loads_no_screen(package, tmp_path):
    loaded = loaded_by(IMPORT_ALL.format(package=package), tmp_path)
    assert f"backscope.{package}" in loaded
    assert not loaded & {"textual", "rich", "plotext", "backscope.tui"}


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (["--version"], {"numpy", "textual", "plotext"}),
        (["--help"], {"numpy", "textual", "plotext"}),
        (["run", "--sed"], {"numpy", "textual", "plotext"}),
        (["presets"], {"numpy", "textual", "plotext"}),
        (["presets", "show", "healthy"], {"numpy", "textual", "plotext"}),
        (["gradcheck", "worked-example"], {"textual", "plotext"}),
        (["theory", "worked-example"], {"textual", "plotext"}),
        (["bench", "W9"], {"textual", "plotext", "torch", "jax", "sklearn"}),
        (["run", "worked-example", "--headless", "--steps", "2"], {"textual", "plotext"}),
        (["run", "worked-example", "--json", "--steps", "2"], {"textual", "plotext"}),
    ],
    ids=" ".join,
)
def test_a_command_loads_nothing_heavy_that_it_does_not_need(words, heavy, tmp_path):
    expected = 2 if words in (["run", "--sed"], ["bench", "W9"]) else 0
    assert not loaded_by(RUN.format(words=words), tmp_path, expected) & heavy


def test_the_first_screen_waits_for_nothing_that_is_wanted_later(tmp_path):
    loaded = loaded_by("import sys, backscope.tui.app; print(*sys.modules)", tmp_path)
    assert "backscope.tui.panels.gradient_profile" in loaded
    assert not loaded & {
        "backscope.core.diagnosis",
        "backscope.core.history",
        "backscope.core.history_facts",
        "backscope.core.imported",
        "backscope.core.mean_field",
        "backscope.core.run",
        "backscope.core.store",
        "backscope.core.trainer",
        "backscope.tui.history_csv",
        "numpy.ma",
        "numpy.random",
        "plotext",
        "sqlite3",
    }
