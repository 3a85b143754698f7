"""What the exit code of a command says."""

from __future__ import annotations

DONE, FAILED, BAD_INPUT, DIVERGED, FOUND = 0, 1, 2, 3, 4
INTERRUPTED, BROKEN_PIPE, TERMINATED = 130, 141, 143

EXIT_CODES: dict[int, str] = {
    DONE: "done",
    FAILED: "a check, a run or a cure failed, or the output could not be written",
    BAD_INPUT: "wrong usage or bad input",
    DIVERGED: "the run diverged",
    FOUND: "a finding stands that --fail-on asks about (3 comes first)",
    INTERRUPTED: "interrupted (Ctrl-C)",
    BROKEN_PIPE: "whoever read the output has gone",
    TERMINATED: "terminated",
}


def exit_codes_text(*codes: int) -> str:
    """What these codes say, for the end of a help text."""
    return "exit codes:\n" + "".join(f"  {code:<3}  {EXIT_CODES[code]}\n" for code in codes)
