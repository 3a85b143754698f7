"""Pictures of the screen: self-contained SVG in new files."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from backscope.core.errors import InputError
from backscope.tui.picture import save_picture, self_contained


def svg_of(text):
    console = Console(width=40, record=True, file=StringIO(), force_terminal=True)
    console.print(text, markup=False)
    return console.export_svg(title="[/] <title> & more")


def test_a_picture_fetches_nothing_from_the_network():
    svg = svg_of("hello")
    assert "url(" in svg
    drawn = self_contained(svg).replace("url(#", "")
    assert "url(" not in drawn
    assert "@font-face" not in drawn
    assert "DejaVu Sans Mono" in drawn


def test_what_is_drawn_is_left_alone():
    svg = self_contained(svg_of("hello @font-face { not css }"))
    assert "hello" in svg
    assert "not&#160;css" in svg


def test_pictures_never_overwrite(tmp_path):
    paths = [save_picture(svg_of(text), tmp_path, "shot") for text in ("one", "two")]
    assert [path.name for path in paths] == ["shot.svg", "shot-2.svg"]
    assert "one" in paths[0].read_text()
    assert "two" in paths[1].read_text()


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path):
    with pytest.raises(InputError, match=r"shot\.svg: cannot be written"):
        save_picture("<svg/>", tmp_path / "gone", "shot")
