"""The door to the presets."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from backscope import presets
from backscope.presets import FAMILIES, preset_names, preset_path, preset_text


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of presets to fill, in place of the real one."""
    monkeypatch.setattr(presets, "files", lambda package: tmp_path)
    return tmp_path


def test_every_toml_file_is_a_preset_and_nothing_else_is(folder):
    for name in ("b.toml", "a.toml", "digits.npz", "notes.txt", "toml"):
        (folder / name).write_text("", encoding="utf-8")
    assert preset_names() == ("a", "b")


def test_families_come_in_their_order_each_before_its_cures_and_strangers_last(folder):
    names = ["zoo", "spirals", "vanishing-tanh-cured", "vanishing-cured", "vanishing-tanh"]
    names += ["healthy", "vanishing", "ape"]
    for name in names:
        (folder / f"{name}.toml").write_text("", encoding="utf-8")
    assert preset_names() == (
        "healthy",
        "vanishing",
        "vanishing-cured",
        "vanishing-tanh",
        "vanishing-tanh-cured",
        "spirals",
        "ape",
        "zoo",
    )


def test_the_text_of_a_preset_is_its_file(folder):
    (folder / "übung.toml").write_text("title = 'ü'\n", encoding="utf-8")
    assert preset_path("übung") == folder / "übung.toml"
    assert preset_text("übung") == "title = 'ü'\n"


@pytest.mark.parametrize("name", ["", "nothing", "../healthy", "healthy.toml", "/etc/passwd"])
def test_what_is_no_preset_has_no_path(name):
    with pytest.raises(KeyError):
        preset_path(name)


def test_no_family_is_named_twice():
    assert len(set(FAMILIES)) == len(FAMILIES)


def test_the_door_of_the_package_leads_to_its_own_files():
    names = preset_names()
    assert len(set(names)) == len(names)
    for name in names:
        assert preset_path(name).parent == Path(presets.__file__).parent
        assert isinstance(tomllib.loads(preset_text(name)), dict)


def test_the_presets_import_neither_core_nor_numpy():
    code = (
        "import sys, backscope.presets; backscope.presets.preset_names(); "
        "sys.exit(any(m.startswith(('numpy', 'backscope.core')) for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
