"""The demonstrations, one commented TOML each, and the bundled data.

A preset is a file ``NAME.toml`` in this folder. To add one, add its file.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

FAMILIES: tuple[str, ...] = (
    "healthy",
    "vanishing",
    "batch-norm",
    "vanishing-tanh",
    "vanishing-hidden",
    "exploding",
    "clipping-is-no-cure",
    "chaos",
    "saturation",
    "dying-relu",
    "dead-on-arrival",
    "divergence",
    "rate-too-large",
    "rate-too-small",
    "inputs",
    "symmetry",
    "overfitting",
    "residual",
    "worked-example",
    "spirals",
)
"""The order of the gallery. ``NAME-...`` stands with ``NAME``, a disease before its cures; presets
of no family come last."""


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, in the order of the gallery."""
    names = (entry.name for entry in files(__package__).iterdir())
    return tuple(
        sorted((name[:-5] for name in names if name.endswith(".toml")), key=_place_in_gallery)
    )


def _place_in_gallery(name: str) -> tuple[int, str]:
    families = [family for family in FAMILIES if name == family or name.startswith(f"{family}-")]
    # vanishing-tanh-cured belongs to vanishing-tanh, not to vanishing.
    return (FAMILIES.index(max(families, key=len)) if families else len(FAMILIES), name)


def preset_path(name: str) -> Path:
    """Return where the TOML file of a preset is.

    Raises:
        KeyError: no preset has this name.
    """
    if name not in preset_names():
        raise KeyError(name)
    return Path(str(files(__package__).joinpath(f"{name}.toml")))


def preset_text(name: str) -> str:
    """Return the TOML text of a preset, to read, copy and change.

    Raises:
        KeyError: no preset has this name.
    """
    return preset_path(name).read_text(encoding="utf-8")
