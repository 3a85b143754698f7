"""The ``backscope`` command: reads the command line, runs what it asks for, says how it went.

Everything heavy is imported where it is needed, so that ``backscope --version`` answers at once.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence

from ..core.blas import use_one_thread_unless_asked
from ..core.errors import DataError, InputError
from .arguments import parse
from .commands import COMMANDS, GALLERY
from .exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED, INTERRUPTED
from .streams import close_output, complain, is_c_locale, warn
from .usage import UsageError

GARBAGE = 200_000
"""New objects that set off a search for garbage: by default they are so few that the imports alone
set off hundreds, a tenth of the time to the first screen; now they set off none."""

TRACEBACK = "BACKSCOPE_TRACEBACK"
"""Set in the environment, an unexpected error shows its traceback."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What is wrong with a file or a terminal that takes no more."""


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
        complain(str(error))
        return BAD_INPUT
    except InputError as error:
        for problem in error.problems:
            warn(problem)
        return BAD_INPUT
    except DataError as error:
        warn(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        close_output()
        return BROKEN_PIPE
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        complain(_unexpected(error))
        if isinstance(error, OSError):
            close_output()
        return FAILED


def _answer(arguments: Sequence[str]) -> int:
    try:
        options = parse(arguments)
        command = COMMANDS[options.command] if options.command else GALLERY
        code = command.answer(options)
    except SystemExit as leave:  # --help and --version have answered
        code = leave.code if isinstance(leave.code, int) else DONE
    if sys.stdout is not None:
        # Here a closed pipe or a full disk is still ours to report.
        sys.stdout.flush()
    return code


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
