"""``docs/experiment.md``, written from the settings themselves so that it cannot lag behind.

``python -m backscope.core.experiment.reference > docs/experiment.md`` brings the file up to date.
"""

from __future__ import annotations

import inspect
import sys

from .keys import KIND_NAMES, SECTIONS, KeySpec, choices, key_specs, range_text
from .overrides import OPTIONS
from .rules import RULES
from .toml_text import LARGEST_FILE, toml_value

DEFAULTS_OF_UNSET: dict[str, str] = {
    "hidden": "`[64, 64]`, unless depth is given",
    "steps": "`1000`, unless epochs is given",
}
"""What holds for keys whose default stands for "not given", where that is not simply nothing."""

EXAMPLE = """\
title = "Ten sigmoid layers"
seed = 7

[data]
source = "digits"

[network]
depth = 10
width = 64
activation = "sigmoid"
initializer = "xavier_normal"

[training]
learning_rate = 0.1
steps = 400

[expect]
finding = "vanishing_gradient"
within_steps = 50
"""


def reference() -> str:
    """Return the documentation of the experiment file, as Markdown."""
    parts = [
        "# The experiment file",
        _paragraph(
            f"""An experiment is one TOML file: UTF-8, at most {LARGEST_FILE // 1024} KiB. Every key
            may be left out. An empty file is an experiment too: the handwritten digits, two hidden
            ReLU layers of 64 units, 1000 steps of plain gradient descent. All that is wrong with a
            file is reported at once, one line for each problem."""
        ),
        f"```toml\n{EXAMPLE}```",
        *(_section(name) for name in SECTIONS),
        "## What the keys ask of each other",
        "\n".join(f"- {rule.about}" for rule in RULES),
        "## Changing single keys",
        _overriding(),
    ]
    return "\n\n".join(parts) + "\n"


def _section(name: str) -> str:
    about = " ".join((inspect.getdoc(SECTIONS[name]) or "").split())
    # The sentence after the docstring's colon: the heading already names the table.
    sentence = about.partition(": ")[2]
    heading = f"## `[{name}]`" if name else "## The top of the file, before any table"
    rows = [_row(spec) for spec in key_specs(SECTIONS[name]).values()]
    table = ["| Key | Type | Default | Unit | Allowed | Meaning |", "|---|---|---|---|---|---|"]
    return f"{heading}\n\n{sentence[:1].upper()}{sentence[1:]}\n\n" + "\n".join(table + rows)


def _row(spec: KeySpec) -> str:
    default = f"`{toml_value(spec.default)}`"
    if spec.key.unset:
        default = DEFAULTS_OF_UNSET.get(spec.name, "none")
    names = ", ".join(f'`"{name}"`' for name in choices(spec.key))
    cells = (
        f"`{spec.name}`",
        KIND_NAMES[spec.kind].removeprefix("an ").removeprefix("a "),
        default,
        spec.key.unit or "-",
        names or range_text(spec.key) or _anything(spec),
        spec.key.about,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _anything(spec: KeySpec) -> str:
    return {bool: "`true`, `false`", str: "any text"}.get(spec.kind, "finite numbers")


def _overriding() -> str:
    own = ", ".join(f"`{option}` for `{key}`" for key, option in OPTIONS.items())
    return "\n\n".join(
        (
            _paragraph(
                f"""`backscope run NAME --set network.depth=20 --set network.activation=tanh`
                changes keys of a preset or a file for one run; `load_experiment(name,
                {{"network.depth": 20}})` does the same in Python. The value is written as in TOML,
                or as bare text. Some keys have an option of their own: {own}."""
            ),
            _paragraph(
                """What is given this way replaces its alternative in the file: `depth` or `width`
                replaces `hidden` (and keeps the other of the two if all widths of `hidden` are
                equal), `hidden` replaces both, `steps` replaces `epochs` and the other way round. A
                `data.path` that ends in .csv or .npz sets `data.source` too; it starts at the
                working directory, not at the experiment's own file, and all its rows are used
                unless `data.rows` is given with it. Any change but the seed's drops
                `[expect]`, which promises nothing about other settings."""
            ),
        )
    )


def _paragraph(text: str) -> str:
    """A paragraph on one line, as Markdown does not care and differences stay small."""
    return " ".join(text.split())


if __name__ == "__main__":
    sys.stdout.write(reference())
