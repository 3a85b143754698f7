"""Characters: what a terminal's font and encoding can show. Every glyph is one cell wide."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of characters.

    A cell of a trace has ``columns`` x ``rows`` dots. Bit ``column * rows + row`` of a mask is the
    dot in that place, row 0 on top; ``decode[mask]`` is the character that shows it.
    """

    name: str
    columns: int
    rows: int
    decode: str
    bar: str
    """A horizontal bar's cell by filled part, from empty to full."""
    shades: str
    """A heatmap's cell by value, from least (a blank) to greatest."""
    fill: str
    """The area behind a curve, where color cannot set it apart."""
    point: str
    """A measurement without neighbours, too small to see as a dot."""
    bad: str
    """A value that is not finite."""
    zero: str
    """An exact zero on a log scale."""
    above: str
    below: str
    cursor: str
    upright: str
    """The faint line above an event."""
    ellipsis: str
    event_kinds: tuple[tuple[str, str], ...]
    other_event: str
    box: bool = True
    """Axes may be drawn with box-drawing characters."""

    def __hash__(self) -> int:
        return hash(self.name)

    def event(self, kind: str) -> str:
        """The glyph of an ``Event.kind``."""
        return dict(self.event_kinds).get(kind, self.other_event)

    @property
    def ascii(self) -> bool:
        """Whether only ASCII may be written."""
        return not self.box


def _braille() -> str:
    """Braille patterns by mask; Unicode numbers the upper three rows first, then the last."""
    bits = (0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80)
    return "".join(
        chr(0x2800 + sum(bit for i, bit in enumerate(bits) if mask >> i & 1)) if mask else " "
        for mask in range(256)
    )


BRAILLE = Glyphs(
    name="braille",
    columns=2,
    rows=4,
    decode=_braille(),
    bar=" ▏▎▍▌▋▊▉█",
    shades=" ░▒▓█",
    fill="░",
    point="•",
    bad="✗",
    zero="0",
    above="▲",
    below="▼",
    cursor="│",
    upright="┊",
    ellipsis="…",
    event_kinds=(
        ("learning_rate", "◆"),
        ("clip_norm", "◇"),
        ("revive", "✚"),
        ("rescale", "≡"),
        ("roll_back", "↺"),
        ("early_stopping", "■"),
        ("loss_spike", "▲"),
        ("no_more", "○"),
        ("nonfinite", "✗"),
    ),
    other_event="●",
)
"""Eight dots a cell: the finest."""

QUADRANT = replace(BRAILLE, name="quadrant", rows=2, decode=" ▘▖▌▝▀▞▛▗▚▄▙▐▜▟█")
"""Four blocks a cell, for fonts without braille."""

BLOCK = Glyphs(
    name="block",
    columns=1,
    rows=2,
    decode=" ▀▄█",
    bar=" ▌█",
    shades=" ░▒▓█",
    fill="░",
    point="■",
    bad="X",
    zero="0",
    above="▲",
    below="▼",
    cursor="│",
    upright=":",
    ellipsis="~",
    event_kinds=(
        ("learning_rate", "♦"),
        ("clip_norm", "○"),
        ("revive", "♥"),
        ("rescale", "≡"),
        ("roll_back", "◄"),
        ("early_stopping", "■"),
        ("loss_spike", "▲"),
        ("no_more", "√"),
        ("nonfinite", "X"),
    ),
    other_event="•",
)
"""Half blocks and nothing that code page 437, the font of the Linux console, does not have."""

ASCII = Glyphs(
    name="ascii",
    columns=1,
    rows=3,
    decode=" '-'.:,|",
    bar=" #",
    shades=" .:-=+*#%@",
    fill=":",
    point="*",
    bad="X",
    zero="0",
    above="^",
    below="v",
    cursor="|",
    upright=":",
    ellipsis="~",
    event_kinds=(
        ("learning_rate", "R"),
        ("clip_norm", "C"),
        ("revive", "V"),
        ("rescale", "Z"),
        ("roll_back", "B"),
        ("early_stopping", "S"),
        ("loss_spike", "^"),
        ("no_more", "o"),
        ("nonfinite", "X"),
    ),
    other_event="*",
    box=False,
)
"""For locales that are not UTF-8."""

GLYPHS = {glyphs.name: glyphs for glyphs in (BRAILLE, QUADRANT, BLOCK, ASCII)}


def detect_glyphs(encoding: str, term: str) -> Glyphs:
    """BRAILLE; BLOCK on the Linux console, whose font lacks braille; ASCII where not UTF-8."""
    if encoding.lower().replace("-", "").replace("_", "") not in ("utf8", "utf8sig", "cp65001"):
        return ASCII
    return BLOCK if term.lower() == "linux" or term.lower().startswith("linux-") else BRAILLE
