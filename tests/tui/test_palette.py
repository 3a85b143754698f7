"""Colors: legible, ordered, and told apart by everyone."""

import math

import pytest
from rich._palettes import STANDARD_PALETTE
from rich.style import Style

from backscope.tui.palette import (
    DARK,
    HEAT_LEVELS,
    HIGH_CONTRAST,
    LIGHT,
    OKABE_ITO,
    PLAIN,
    PLAIN_THEME,
    ROLES,
    THEMES,
    crossed,
    mixed,
    palette_for,
)

PALETTES = [DARK, LIGHT, OKABE_ITO, HIGH_CONTRAST]
each_palette = pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)


def linear(channel):
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def luminance(style_or_hex):
    name = style_or_hex if isinstance(style_or_hex, str) else style_or_hex.color.name
    red, green, blue = (linear(int(name[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """As WCAG has it: 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def deuteranope(style):
    """What is left of a color without the middle cones (Vienot 1999), linear RGB."""
    red, green, blue = (linear(int(style.color.name[i : i + 2], 16)) for i in (1, 3, 5))
    return (
        0.29275 * red + 0.70725 * green,
        0.29275 * red + 0.70725 * green,
        -0.02234 * red + 0.02234 * green + blue,
    )


@each_palette
def test_text_and_curves_stand_out_from_the_background(palette):
    for role in ("text", "title", "accent", "good", "warning", "error", "train", "validation"):
        assert contrast(getattr(palette, role), palette.background) >= 4.5, role
    assert contrast(palette.dim, palette.background) >= 4.5
    for style in palette.layer_colors(12):
        assert contrast(style, palette.background) >= 3


@each_palette
def test_every_style_carries_the_background(palette):
    styles = [getattr(palette, role) for role in ROLES]
    for style in (*styles, *palette.layer_colors(5), *palette.heat_styles()):
        assert style.bgcolor.name == palette.background
        assert style.color is not None


@pytest.mark.parametrize("palette", [DARK, OKABE_ITO], ids=lambda palette: palette.name)
def test_layers_and_heat_grow_steadily_brighter_on_dark(palette):
    for styles in (palette.layer_colors(12), palette.heat_styles()):
        light = [luminance(style) for style in styles]
        assert light == sorted(light)


def test_heat_grows_steadily_darker_on_light():
    light = [luminance(style) for style in LIGHT.heat_styles()]
    assert light == sorted(light, reverse=True)


@pytest.mark.parametrize("palette", [DARK, LIGHT, OKABE_ITO], ids=lambda palette: palette.name)
def test_training_and_validation_differ_for_a_deuteranope(palette):
    assert math.dist(deuteranope(palette.train), deuteranope(palette.validation)) > 0.25


@each_palette
def test_layer_colors_run_from_the_first_stop_to_the_last(palette):
    colors = palette.layer_colors(9)
    assert len(colors) == 9
    assert colors[0].color.name == palette.layer_stops[0]
    assert colors[-1].color.name == palette.layer_stops[-1]
    assert palette.layer_colors(0) == ()
    assert len(palette.layer_colors(1)) == 1
    assert palette.layer_colors(9) is colors


def test_neighboring_layers_differ_in_a_deep_network():
    colors = [style.color.name for style in DARK.layer_colors(50)]
    assert len(set(colors)) == 50


@each_palette
def test_heat_runs_from_cold_to_hot_and_nan_is_dim(palette):
    styles = palette.heat_styles()
    assert len(styles) == HEAT_LEVELS
    assert palette.heat(0.0) == palette.heat(-9.0) == styles[0]
    assert palette.heat(1.0) == palette.heat(math.inf) == styles[-1]
    assert palette.heat(math.nan) == palette.dim


@pytest.mark.parametrize("theme", ["backscope-dark", "backscope-light", "backscope-okabe-ito"])
@pytest.mark.parametrize("depth", ["standard", "windows"])
def test_in_16_colors_only_those_are_used(theme, depth):
    palette = palette_for(theme, depth)
    allowed = {"#{:02x}{:02x}{:02x}".format(*STANDARD_PALETTE[i]) for i in range(16)}
    styles = [getattr(palette, role) for role in ROLES]
    for style in (*styles, *palette.layer_colors(12), *palette.heat_styles()):
        assert {style.color.name, style.bgcolor.name} <= allowed
    assert palette.shaded
    assert len(set(palette.layer_colors(5))) == 5


def test_a_light_theme_stays_light_in_16_colors():
    assert palette_for("backscope-light", "standard").background == "#ffffff"
    assert palette_for("backscope-dark", "standard").background == "#000000"


@pytest.mark.parametrize("theme", [*(theme.name for theme in THEMES), "nord", "textual-light"])
def test_without_color_styles_carry_none(theme):
    palette = palette_for(theme, None)
    styles = [getattr(palette, role) for role in ROLES]
    for style in (*styles, *palette.layer_colors(5), *palette.heat_styles(), palette.heat(0.3)):
        assert isinstance(style, Style)
        assert style.color is None
        assert style.bgcolor is None
    assert not palette.colored
    assert palette.on("#123456") is palette
    assert palette.layer_colors(0) == ()


@pytest.mark.parametrize("depth", ["truecolor", "256"])
def test_each_theme_has_its_palette_and_unknown_ones_get_one_as_dark_or_light(depth):
    for theme in THEMES:
        assert palette_for(theme.name, depth).name == theme.name
    assert palette_for("nord", depth) is DARK
    assert palette_for("solarized-light", depth) is LIGHT
    assert palette_for(PLAIN_THEME.name, depth) is PLAIN


def test_the_theme_without_color_leaves_all_colors_to_the_terminal():
    assert PLAIN_THEME.ansi
    assert PLAIN_THEME.name not in [theme.name for theme in THEMES]
    PLAIN_THEME.to_color_system().generate()


def test_themes_take_their_colors_from_the_palettes():
    assert [theme.name for theme in THEMES] == [palette.name for palette in PALETTES]
    for theme, palette in zip(THEMES, PALETTES, strict=True):
        assert theme.background == palette.background
        assert theme.error == palette.error.color.name
        assert theme.dark == (luminance(palette.background) < 0.5)
        theme.to_color_system().generate()


def test_another_background_changes_nothing_else():
    other = DARK.on("#000000")
    assert other.text.bgcolor.name == "#000000"
    assert other.text.color == DARK.text.color
    assert other.title.bold
    assert other.layer_colors(3)[0].bgcolor.name == "#000000"
    assert DARK.on("#000000") is other


def test_mixed_colors_lie_between_their_stops():
    assert mixed(("#000000", "#ffffff"), 0.5) == "#808080"
    assert mixed(("#000000", "#ffffff", "#ff0000"), 0.75) == "#ff8080"
    assert mixed(("#102030", "#405060"), 1.0) == "#405060"


def test_what_the_cursor_crosses_is_marked_with_and_without_color():
    assert crossed(DARK.train, DARK).bgcolor != DARK.train.bgcolor
    assert crossed(DARK.train, DARK).color == DARK.train.color
    assert crossed(PLAIN.train, PLAIN).reverse
