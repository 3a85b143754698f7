"""An experiment: what a TOML file says, validated and frozen.

``load_experiment`` is the front door; ``Experiment.from_dict`` takes the same keys as a dict. What
cannot be used raises one ``InputError`` that holds every problem.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ...presets import preset_names, preset_path
from ..data.files import near_name
from ..errors import InputError, allowed_values
from ..settings import (
    DataSettings,
    Expectation,
    GeneralSettings,
    NetworkSettings,
    ProbeSettings,
    TrainingSettings,
)
from .draft import Draft
from .keys import SECTIONS, dotted_key, key_specs
from .overrides import option_names, override_arguments, parse_override, with_overrides
from .problems import Problem, as_lines
from .rules import DEFAULT_HIDDEN, DEFAULT_STEPS, RULES
from .shown import printable, shown
from .toml_text import LARGEST_FILE, parse_toml, toml_document
from .validation import read_sections

__all__ = [
    "Experiment",
    "changed",
    "command_line",
    "load_experiment",
    "load_toml_text",
    "parse_override",
    "to_toml",
]

NO_OVERRIDES: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Experiment:
    """What to train, on what, how, and what to measure. Equal when it trains the same."""

    title: str = ""
    story: str = ""
    seed: int = 0
    dtype: str = "float64"
    data: DataSettings = DataSettings()
    network: NetworkSettings = NetworkSettings(hidden=DEFAULT_HIDDEN)
    training: TrainingSettings = TrainingSettings(steps=DEFAULT_STEPS)
    probes: ProbeSettings = ProbeSettings()
    expect: Expectation | None = None
    folder: Path = Path()
    """Where a relative ``data.path`` starts; the working directory for one given on the command
    line, and where no path is given."""
    name: str = field(default="", compare=False)
    """The preset, or the path as it was given; ``""`` if it came from a dict."""
    overrides: tuple[tuple[str, Any], ...] = field(default=(), compare=False)
    """What was given beside the file: dotted keys and their validated values."""

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers, however they were given."""
        return self.network.hidden or (self.network.width,) * self.network.depth

    @classmethod
    def from_dict(
        cls, document: Mapping[str, Any], *, name: str = "", folder: Path = Path()
    ) -> Experiment:
        """Return the experiment that a dict with the keys of the file format describes.

        Args:
            document: as the TOML file would be read; arrays may be lists, tuples or NumPy arrays.
            name: what messages, and the command line of the run, call it.
            folder: where a relative ``data.path`` starts.

        Raises:
            InputError: every key that cannot be used, a line each.
        """
        return _experiment(document, name, folder, NO_OVERRIDES)

    def to_dict(self) -> dict[str, Any]:
        """Return every setting as plain values under the keys of the file format.

        ``Experiment.from_dict`` of it, with the same folder, equals this experiment. Keys that mean
        "not given" are left out.
        """
        tables: dict[str, Any] = {
            "": GeneralSettings(self.title, self.story, self.seed, self.dtype),
            "data": self.data,
            "network": self.network,
            "training": self.training,
            "probes": self.probes,
            "expect": self.expect,
        }
        plain = {name: _plain_table(table) for name, table in tables.items() if table is not None}
        network = self.network
        if not network.hidden:
            # Of the two ways to give the layers, one must be in the file, even for none at all.
            deep = network.depth or network.width
            layers: dict[str, Any] = {"depth": network.depth} if deep else {"hidden": []}
            plain["network"] = {**layers, **plain["network"]}
        return {**plain.pop(""), **plain}


def load_experiment(
    name_or_path: str | os.PathLike[str], overrides: Mapping[str, Any] = NO_OVERRIDES
) -> Experiment:
    """Return the experiment of a preset or a file.

    Args:
        name_or_path: a preset's name; or a path: what ends in ``.toml``, contains a separator, or
            exists.
        overrides: dotted keys to change, such as ``{"network.depth": 20, "seed": 3}``. A change
            of anything but the seed drops ``[expect]``, which promises nothing about it.

    Raises:
        InputError: no such preset or file, a file that cannot be read, or every key that cannot be
            used, a line each.
    """
    name = os.fspath(name_or_path)
    if name in preset_names() and not isinstance(name_or_path, str):
        # A file that is called like a preset: its command line must not name the preset.
        name = os.path.join(os.curdir, name)
    if name in preset_names():
        path = preset_path(name)
    elif not isinstance(name_or_path, str) or _looks_like_path(name):
        path = Path(name)
    else:
        hint = allowed_values(name, preset_names())
        raise InputError(f"{shown(name)} is neither a preset nor a file, {hint}")
    document = parse_toml(_read(path, name), name)
    return _experiment(document, name, path.parent, overrides)


def load_toml_text(
    text: str | bytes,
    *,
    name: str = "",
    folder: Path = Path(),
    overrides: Mapping[str, Any] = NO_OVERRIDES,
) -> Experiment:
    """Return the experiment of a TOML text; arguments and errors as for ``load_experiment``."""
    return _experiment(parse_toml(text, name), name, folder, overrides)


def changed(experiment: Experiment, changes: Mapping[str, Any]) -> Experiment:
    """Return the experiment with some dotted keys changed, as if by overrides beside its file.

    Seed, data, folder and name stay unless they are changed, ``[expect]`` goes, and the changes
    join the overrides, so that ``command_line`` tells the changed run.

    Raises:
        InputError: every key that cannot be used, a line each.
    """
    document = replace(experiment, expect=None).to_dict()
    new = _experiment(document, experiment.name, experiment.folder, changes)
    overrides = dict(experiment.overrides) | dict(new.overrides)
    kept = tuple(pair for pair in overrides.items() if not pair[0].startswith("expect."))
    return replace(new, overrides=kept)


def to_toml(experiment: Experiment) -> str:
    """Return an experiment as a TOML file that reads back to an equal one, to the last bit."""
    return toml_document(experiment.to_dict())


def command_line(experiment: Experiment) -> str:
    """Return the shell command that starts this very run; empty for one that has no name."""
    if not experiment.name:
        return ""
    name = f"./{experiment.name}" if experiment.name.startswith("-") else experiment.name
    words = ["backscope", "run", name, *override_arguments("seed", experiment.seed)]
    for key, value in experiment.overrides:
        if key != "seed":
            words += override_arguments(key, value)
    return shlex.join(words)


def _looks_like_path(name: str) -> bool:
    separators = [mark for mark in (os.sep, os.altsep) if mark]
    return (
        name.endswith(".toml")
        or any(mark in name for mark in separators)
        or (name != "" and os.path.exists(name))
    )


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        reason = f"no such file{_meant(path)}"
    except IsADirectoryError:
        reason = "is a folder, not a file"
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
    except ValueError:
        reason = "no path can hold a NUL character"
    raise InputError(f"{printable(name)}: {reason}")


def _meant(path: Path) -> str:
    preset = path.name.removesuffix(".toml")
    return f"; did you mean the preset {preset}?" if preset in preset_names() else near_name(path)


def _experiment(
    document: Mapping[Any, Any], name: str, folder: Path, overrides: Mapping[str, Any]
) -> Experiment:
    if not isinstance(document, Mapping):
        raise InputError(f"an experiment is a table of keys, not {shown(document)}")
    problems: list[Problem] = []
    merged = with_overrides(document, overrides, problems) if overrides else document
    experiment, expect = _read_document(merged, problems)
    if overrides and not _still_expected(experiment, document, overrides):
        expect = None
    given = {
        dotted_key(section, key)
        for section, settings in SECTIONS.items()
        for key in key_specs(settings).keys() & _keys(merged, section)
    }
    draft = Draft(
        frozenset(given), experiment.data, experiment.network, experiment.training, expect
    )
    spoiled = {key for problem in problems for key in (*problem.keys, problem.meant)}
    for rule in RULES:
        if not any(key in spoiled or key.partition(".")[0] in spoiled for key in rule.keys):
            problems.extend(rule.check(draft))
    if problems:
        raise InputError(*as_lines(problems, name, option_names(overrides)))
    if not experiment.data.path or "data.path" in overrides:
        folder = Path()
    values = tuple((key, _value_of(experiment, expect, key)) for key in overrides)
    return replace(experiment, name=name, folder=folder, expect=expect, overrides=values)


def _read_document(
    document: Mapping[Any, Any], problems: list[Problem]
) -> tuple[Experiment, Expectation | None]:
    """The settings of a file, defaults for what cannot be used, and its ``[expect]``."""
    sections = read_sections(document, problems)
    network, training = sections.get("network", {}), sections.get("training", {})
    if not {"hidden", "depth", "width"} & _keys(document, "network"):
        network = {"hidden": DEFAULT_HIDDEN, **network}
    if not {"steps", "epochs"} & _keys(document, "training"):
        training = {"steps": DEFAULT_STEPS, **training}
    experiment = Experiment(
        **sections[""],
        data=DataSettings(**sections.get("data", {})),
        network=NetworkSettings(**network),
        training=TrainingSettings(**training),
        probes=ProbeSettings(**sections.get("probes", {})),
    )
    expect = Expectation(**sections["expect"]) if "expect" in sections else None
    return experiment, expect


def _keys(document: Mapping[Any, Any], section: str) -> frozenset[Any]:
    table = document if not section else document.get(section)
    return frozenset(table) if isinstance(table, Mapping) else frozenset()


def _still_expected(
    experiment: Experiment, document: Mapping[Any, Any], overrides: Mapping[str, Any]
) -> bool:
    """Whether the overrides change nothing but the seed, or speak of the expectation itself."""
    if any(isinstance(key, str) and key.startswith("expect.") for key in overrides):
        return True
    without, _ = _read_document(document, [])
    return replace(without, seed=experiment.seed) == experiment


def _value_of(experiment: Experiment, expect: Expectation | None, key: str) -> Any:
    section, _, name = key.rpartition(".")
    if section == "expect":
        return getattr(expect, name)
    return getattr(getattr(experiment, section) if section else experiment, name)


def _plain_table(table: Any) -> dict[str, Any]:
    """The keys of a settings object as plain values, without those that were not given."""
    settings: type = type(table)
    values = {name: getattr(table, name) for name in key_specs(settings)}
    return {
        name: _plain(values[name])
        for name, spec in key_specs(settings).items()
        if not (spec.key.unset and values[name] == spec.default)
    }


def _plain(value: Any) -> Any:
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value
