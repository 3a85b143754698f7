"""Colors: one frozen palette of rich styles per theme and color depth, and the Textual themes.

Layers are colored from cold (first) to hot (last) and heat from dark to bright, both with steadily
changing lightness, so that the order survives every kind of color blindness. Every style carries
the theme's background, since strips drawn by a widget are not given one by Textual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme

HEAT_LEVELS = 32

ROLES = (
    *("text", "dim", "title", "accent", "good", "warning", "error"),
    *("train", "validation", "band", "mark", "cursor", "frame"),
)
BOLD_ROLES = ("title", "error", "mark", "cursor")


@dataclass(frozen=True, slots=True)
class Palette:
    """Named roles as rich styles, and the sequences for layers and heat."""

    name: str
    colored: bool
    """False: styles carry bold, dim and reverse only (NO_COLOR)."""
    shaded: bool
    """Few colors: heatmaps use shade glyphs as well."""
    background: str
    """``#rrggbb``, or nothing without color."""
    layer_stops: tuple[str, ...]
    heat_stops: tuple[str, ...]
    text: Style
    dim: Style
    title: Style
    accent: Style
    good: Style
    warning: Style
    error: Style
    train: Style
    validation: Style
    band: Style
    mark: Style
    cursor: Style
    frame: Style

    def __hash__(self) -> int:
        return hash((self.name, self.background))  # all styles would take long

    def on(self, background: str) -> Palette:
        """The same palette on another background (``#rrggbb``)."""
        return _on(self, background) if self.colored else self

    def layer_colors(self, n: int) -> tuple[Style, ...]:
        """``n`` styles, first layer to last."""
        if not self.colored:
            return _PLAIN_LAYERS[:1] * (n > 0) + _PLAIN_LAYERS[1:] * (n - 1)
        return _sequence(self.layer_stops, n, self.background, self.shaded)

    def heat_styles(self) -> tuple[Style, ...]:
        """``HEAT_LEVELS`` styles from the least heat to the greatest."""
        if not self.colored:
            return (Style(),) * HEAT_LEVELS
        return _sequence(self.heat_stops, HEAT_LEVELS, self.background, self.shaded)

    def heat(self, t: float) -> Style:
        """The style (a foreground) of a heat value 0..1, clipped; NaN is ``dim``."""
        if t != t:
            return self.dim
        return self.heat_styles()[round(min(max(t, 0.0), 1.0) * (HEAT_LEVELS - 1))]


_PLAIN_LAYERS = (Style(bold=True), Style())


@lru_cache(64)
def _on(palette: Palette, background: str) -> Palette:
    ground = Style(bgcolor=background)
    styles = {role: getattr(palette, role) + ground for role in ROLES}
    return replace(palette, background=background, **styles)


@lru_cache(256)
def _sequence(stops: tuple[str, ...], n: int, background: str, stepped: bool) -> tuple[Style, ...]:
    """``n`` styles along the stops: between them, or (``stepped``) only the stops themselves."""
    styles = []
    for i in range(n):
        t = i / (n - 1) if n > 1 else 1.0
        color = stops[round(t * (len(stops) - 1))] if stepped else mixed(stops, t)
        styles.append(Style(color=color, bgcolor=background))
    return tuple(styles)


@lru_cache(1024)
def crossed(style: Style, palette: Palette) -> Style:
    """A style where the cursor line crosses it: on a lighter ground, or reversed without color."""
    if not palette.colored or palette.text.color is None:
        return style + Style(reverse=True)
    ground = mixed((palette.background, palette.text.color.name), 0.25)
    return style + Style(bgcolor=ground)


def mixed(stops: tuple[str, ...], t: float) -> str:
    """The color ``#rrggbb`` at 0..1 along evenly spaced stops."""
    place = t * (len(stops) - 1)
    left = min(int(place), len(stops) - 2)
    pairs = zip(_channels(stops[left]), _channels(stops[left + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - left)):02x}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _palette(
    name: str,
    background: str,
    colors: Mapping[str, str],
    layers: str,
    heat: str,
    *,
    shaded: bool = False,
) -> Palette:
    styles = {
        role: Style(color=colors[role], bgcolor=background, bold=role in BOLD_ROLES or None)
        for role in ROLES
    }
    return Palette(name, True, shaded, background, (*layers.split(),), (*heat.split(),), **styles)


def _colors(values: str) -> dict[str, str]:
    """Thirteen colors in the order of ROLES."""
    return dict(zip(ROLES, values.split(), strict=True))


DARK = _palette(
    "backscope-dark",
    "#10141b",
    _colors(
        "#d5dbe5 #808b9d #f2f5fa #63b8ff #76d672 #f2c14e #ff6e6e "
        "#63b8ff #ffab5e #2a4a66 #d493f5 #e8ecf4 #556072"
    ),
    layers="#7480f2 #3fa1e0 #2cc0a5 #93d455 #fde24a",
    heat="#2c1a5e #6a2184 #ab2f7c #e34e5b #fb8a3c #fbd24f #fbf6b8",
)

LIGHT = _palette(
    "backscope-light",
    "#fbfaf7",
    _colors(
        "#24292f #6a7380 #0b0e12 #0b62c4 #1a7f37 #8f5f00 #c11f2b "
        "#0b62c4 #b85400 #c3d8ee #8137b3 #24292f #9aa3ad"
    ),
    layers="#5a2a8c #35549f #137a8f #2a8a48 #9a7400 #c04a00",
    heat="#dbe7c9 #a5d5b8 #57b8c0 #2c86b8 #27509b #1c1f5e",
)

OKABE_ITO = _palette(
    "backscope-okabe-ito",
    "#10141b",
    _colors(
        "#e2e5ea #8b95a5 #ffffff #56b4e9 #1bbd91 #f0e442 #f07a2c "
        "#56b4e9 #e69f00 #25455e #d98fb9 #ffffff #5a6577"
    ),
    layers="#4a82e0 #7494c8 #a3a69c #d2c162 #fee838",
    heat="#123a78 #47598a #73799a #a39c8b #d3bd62 #fee838",
)
"""The colors of Okabe and Ito (2008), which everyone can tell apart; sequences after cividis."""

_HIGH = _colors(
    "#ffffff #aaaaaa #ffffff #55ffff #55ff55 #ffff55 #ff5555 "
    "#55ffff #ffff55 #5555ff #ff55ff #ffffff #aaaaaa"
)
_HIGH_LAYERS = "#5555ff #55ffff #55ff55 #ffff55 #ffffff"

HIGH_CONTRAST = _palette(
    "backscope-high-contrast", "#000000", _HIGH, _HIGH_LAYERS, _HIGH_LAYERS, shaded=True
)
"""Only colors that a terminal of 16 has, on black."""

_LIGHT_16 = _palette(
    "backscope-light-16",
    "#ffffff",
    _colors(
        "#000000 #555555 #000000 #0000aa #00aa00 #aa5500 #aa0000 "
        "#0000aa #aa5500 #aaaaaa #aa00aa #000000 #555555"
    ),
    layers="#0000aa #aa00aa #aa0000 #aa5500 #000000",
    heat="#aaaaaa #5555ff #aa00aa #0000aa #000000",
    shaded=True,
)

PLAIN = Palette(
    "backscope-plain",
    colored=False,
    shaded=True,
    background="",
    layer_stops=(),
    heat_stops=(),
    text=Style(),
    dim=Style(dim=True),
    title=Style(bold=True),
    accent=Style(bold=True),
    good=Style(),
    warning=Style(bold=True),
    error=Style(bold=True, reverse=True),
    train=Style(bold=True),
    validation=Style(),
    band=Style(dim=True),
    mark=Style(bold=True),
    cursor=Style(bold=True),
    frame=Style(dim=True),
)
"""No color at all, for NO_COLOR."""

_PALETTES = {palette.name: palette for palette in (DARK, LIGHT, OKABE_ITO, HIGH_CONTRAST, PLAIN)}


def palette_for(theme_name: str, color_system: str | None) -> Palette:
    """The palette for a Textual theme and rich's name of the color depth; None: without color.

    ``color_system``: ``truecolor``, ``256``, ``standard`` (16), ``windows`` or None. Themes that
    are not Backscope's get the dark palette, or the light one if they are named so.
    """
    if color_system is None:
        return PLAIN
    fallback = LIGHT if "light" in theme_name else DARK
    palette = _PALETTES.get(theme_name, fallback)
    if color_system in ("truecolor", "256") or not palette.colored:
        return palette
    return _LIGHT_16 if palette is LIGHT else HIGH_CONTRAST


def _theme(palette: Palette, *, surface: str, panel: str, dark: bool = True) -> Theme:
    def color(style: Style) -> str:
        assert style.color is not None
        return style.color.name

    return Theme(
        name=palette.name,
        primary=color(palette.accent),
        secondary=color(palette.mark),
        accent=color(palette.validation),
        success=color(palette.good),
        warning=color(palette.warning),
        error=color(palette.error),
        foreground=color(palette.text),
        background=palette.background,
        surface=surface,
        panel=panel,
        dark=dark,
    )


THEMES: tuple[Theme, ...] = (
    _theme(DARK, surface="#161c25", panel="#1f2733"),
    _theme(LIGHT, surface="#f1efe9", panel="#e4e1d8", dark=False),
    _theme(OKABE_ITO, surface="#161c25", panel="#1f2733"),
    _theme(HIGH_CONTRAST, surface="#000000", panel="#000000"),
)
"""backscope-dark (default), backscope-light, backscope-okabe-ito, backscope-high-contrast."""


def next_theme(name: str) -> str:
    """The name of the theme after the one so called; of the first after any other."""
    names = [theme.name for theme in THEMES]
    here = names.index(name) if name in names else -1
    return names[(here + 1) % len(names)]


_ANSI = BUILTIN_THEMES["ansi-dark"]
_DEFAULT = ("foreground-disabled", "foreground-muted", "text-muted", "panel-lighten-2")
PLAIN_THEME = replace(
    _ANSI,
    name=PLAIN.name,
    variables={
        **_ANSI.variables,
        **dict.fromkeys(_DEFAULT, "ansi_default"),
        # Textual drops reverse where it makes the style of a part of a widget.
        "block-cursor-text-style": "bold underline",
        "block-cursor-blurred-text-style": "underline",
        "input-cursor-text-style": "underline",
    },
)
"""For NO_COLOR, with ``App(ansi_color=True)``: Textual then drops every color."""
