"""The ``backscope`` command: reads the command line, runs what it asks for, says how it went.

Everything heavy is imported where it is needed, so that ``backscope --version`` answers at once.
"""

from __future__ import annotations

import argparse
import errno
import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.blas import use_one_thread_unless_asked, use_threads
from ..core.errors import InputError, allowed_values
from ..core.quoting import quoted
from .arguments import UsageError, parse
from .safe_text import safe_text
from .streams import columns_of, is_c_locale, is_screen

if TYPE_CHECKING:
    from ..core.experiment import Experiment
    from ..core.findings import Severity

DONE, FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141

GARBAGE = 50_000
"""New objects that set off a search for garbage: by default they are so few that the imports alone
set off hundreds, a tenth of the time to the first screen."""

TRACEBACK = "BACKSCOPE_TRACEBACK"
"""Set in the environment, an unexpected error shows its traceback."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What is wrong with a file or a terminal that takes no more."""

LINE_LIMIT = 1_000
"""Cells of a line of an error message."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code (``backscope --help`` lists them)."""
    gc.set_threshold(GARBAGE)
    use_one_thread_unless_asked()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Not every terminal can show every character; that must not end a command.
            stream.reconfigure(encoding="ascii" if is_c_locale() else None, errors="replace")
    try:
        return _answer(sys.argv[1:] if argv is None else argv)
    except UsageError as error:
        _complain(str(error))
        return BAD_INPUT
    except InputError as error:
        for problem in error.problems:
            _complain(f"backscope: {problem}")
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_output()
        return BROKEN_PIPE
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        _complain(_unexpected(error))
        if isinstance(error, OSError):
            _close_output()
        return FAILED


def _answer(arguments: Sequence[str]) -> int:
    try:
        options = parse(arguments)
        code = COMMANDS[options.command](options)
    except SystemExit as leave:  # --help and --version have answered
        code = leave.code if isinstance(leave.code, int) else DONE
    if sys.stdout is not None:
        # Here a closed pipe or a full disk is still ours to report.
        sys.stdout.flush()
    return code


def _gallery(options: argparse.Namespace) -> int:
    if not _has_screen():
        raise UsageError(
            "backscope: the gallery needs a terminal; "
            "use backscope presets and backscope run NAME --headless"
        )
    from .app import open_gallery

    return open_gallery()


def _run(options: argparse.Namespace) -> int:
    headless = _is_headless(options)
    if options.csv is not None and not headless:
        raise UsageError("backscope run: --csv goes with --headless; in the dashboard press c")
    if options.plot and (options.json or not headless):
        raise UsageError("backscope run: --plot goes with --headless")
    if options.fail_on is not None and not headless:
        raise UsageError("backscope run: --fail-on goes with --headless or --json")
    if options.force and options.csv is None:
        raise UsageError("backscope run: --force goes with --csv")
    if options.threads is not None:
        use_threads(options.threads)
    experiment = _experiment(options)
    if headless:
        from .headless import run_headless

        csv = None if options.csv is None else Path(options.csv)
        return run_headless(
            experiment,
            as_json=options.json,
            plot=options.plot,
            csv=csv,
            force=options.force,
            pace=options.pace,
            fail_on=_severity(options.fail_on),
        )
    _need_screen("run")
    from .app import open_app

    return open_app(
        experiment,
        paused=options.paused,
        pace=options.pace,
        fps=options.fps,
        bandwidth=options.bandwidth,
    )


def _is_headless(options: argparse.Namespace) -> bool:
    """Whether there is no screen; options that need one are then refused."""
    headless: bool = options.headless or options.json
    for name in ("paused", "fps", "bandwidth"):
        if headless and getattr(options, name):
            raise UsageError(
                f"backscope {options.command}: --{name} needs the dashboard; leave out --headless"
            )
    return headless


def _need_screen(command: str) -> None:
    if not _has_screen():
        raise UsageError(f"backscope {command}: needs a terminal; use --headless (or --json)")


def _compare(options: argparse.Namespace) -> int:
    from ..core.lockstep import FEWEST, MOST

    headless = _is_headless(options)
    if not FEWEST <= len(options.names) <= MOST:
        raise UsageError(
            f"backscope compare: name {FEWEST} to {MOST} presets or files, "
            f"not {len(options.names)}; backscope presets lists the presets"
        )
    problems: list[str] = []
    experiments = []
    for name in options.names:
        try:
            experiments.append(_experiment(options, *_name_and_changes(name)))
        except InputError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise InputError(*problems)
    if headless:
        from .compare.headless import compare_headless

        return compare_headless(experiments, options.names, as_json=options.json, pace=options.pace)
    _need_screen("compare")
    from .app import open_comparison

    return open_comparison(
        experiments,
        options.names,
        paused=options.paused,
        pace=options.pace,
        fps=options.fps,
        bandwidth=options.bandwidth,
    )


def _name_and_changes(word: str) -> tuple[str, list[str]]:
    """``vanishing:seed=3`` is a name and what is changed of it; a file that exists is a name."""
    if os.path.exists(word):
        return word, []
    name, *changes = word.split(":")
    return (name, changes) if all("=" in change for change in changes) else (word, [])


def _presets(options: argparse.Namespace) -> int:
    from ..presets import preset_names, preset_text
    from .preset_list import preset_list

    match options.words:
        case []:
            _say(preset_list(columns_of(sys.stdout)))
        case ["show", name]:
            if name not in preset_names():
                hint = allowed_values(name, preset_names())
                raise InputError(f"{quoted(name)} is no preset, {hint}")
            _say(preset_text(name))
        case ["show"]:
            raise UsageError("backscope presets show: name a preset; backscope presets lists them")
        case words:
            name = next((word for word in words if word in preset_names()), "")
            meant = f"; did you mean backscope presets show {name}?" if name else ""
            raise UsageError(
                f"backscope presets: expected nothing or show NAME, not {' '.join(words)}{meant}"
            )
    return DONE


def _gradcheck(options: argparse.Namespace) -> int:
    from ..core.gradcheck import check_gradients
    from .gradcheck_text import gradcheck_text

    experiment = _experiment(options)
    checks = check_gradients(experiment)
    _say(gradcheck_text(checks))
    return DONE if all(check.verdict != "FAIL" for check in checks) else FAILED


def _theory(options: argparse.Namespace) -> int:
    from ..core.theory import compare_with_theory
    from .theory_text import theory_json, theory_text

    experiment = _experiment(options)
    show = theory_json if options.json else theory_text
    _say(show(experiment, compare_with_theory(experiment)))
    return DONE


def _cure(options: argparse.Namespace) -> int:
    if options.force and options.write is None:
        raise UsageError("backscope cure: --force goes with --write")
    experiment = _experiment(options)
    from .cure import run_cure

    return run_cure(
        experiment,
        budget=options.budget,
        as_json=options.json,
        write=None if options.write is None else Path(options.write),
        force=options.force,
    )


def _diagnose(options: argparse.Namespace) -> int:
    from .diagnose import run_diagnose

    return run_diagnose(options.file, as_json=options.json, fail_on=_severity(options.fail_on))


def _bench(options: argparse.Namespace) -> int:
    # All contenders have one thread, or their times cannot be compared.
    use_threads(1)
    from .bench import run_bench

    return run_bench(
        options.workloads,
        dtype=options.dtype,
        rounds=options.rounds,
        quick=options.quick,
        as_json=options.json,
    )


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "": _gallery,
    "run": _run,
    "compare": _compare,
    "presets": _presets,
    "gradcheck": _gradcheck,
    "theory": _theory,
    "cure": _cure,
    "diagnose": _diagnose,
    "bench": _bench,
}


def _experiment(
    options: argparse.Namespace, name: str | None = None, changes: Sequence[str] = ()
) -> Experiment:
    """The experiment of a name (None: the one that was given), changed by options and by more."""
    from ..core.experiment import load_experiment, parse_override

    given = {
        "seed": options.seed,
        "training.steps": options.steps,
        "data.path": options.data,
        "data.target": options.target,
        "probes.budget": getattr(options, "probe_budget", None),
    }
    overrides = {key: value for key, value in given.items() if value is not None}
    problems: list[str] = []
    for setting in (*options.settings, *changes):
        try:
            overrides.update([parse_override(setting)])
        except InputError as error:
            problems += error.problems
    try:
        experiment = load_experiment(options.name if name is None else name, overrides)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(*problems)
    return experiment


def _severity(name: str | None) -> Severity | None:
    from ..core.findings import Severity

    return None if name is None else Severity(name)


def _has_screen() -> bool:
    return is_screen(sys.stdin) and is_screen(sys.stdout)


def _say(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(text)


def _complain(line: str) -> None:
    if sys.stderr is not None:
        with suppress(OSError):  # nobody is left to complain to
            sys.stderr.write(safe_text(line, LINE_LIMIT) + "\n")


def _unexpected(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"backscope: not enough memory: {error}"
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        what = f"{error.filename}:" if error.filename else "the output"
        return f"backscope: {what} cannot be written: {error.strerror}"
    what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (
        f"backscope: unexpected {type(error).__name__}: {what} "
        f"({TRACEBACK}=1 in the environment shows where)"
    )


def _close_output() -> None:
    """Point standard output nowhere, so that the interpreter's last flush does not fail again."""
    with suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
