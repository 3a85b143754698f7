"""TOML in and out: bytes of unknown origin into a dict, and plain values into readable TOML."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError
from .shown import printable

LARGEST_FILE = 64 * 1024
"""Bytes of the largest file that is read."""

WIDEST_ARRAY = 80
"""Characters beyond which an array of arrays is written one row a line."""

# The standard library's parser takes quadratic time for dotted keys: seconds for 64 KiB of them.
_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DEEP_KEY = re.compile(rf"(?<![\w\-\\]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{50}}", re.ASCII)
_HUGE_INTEGER = re.compile(r"(?<![\d_])\d(?:_?\d){999}")
_PLAIN = (
    ("Cannot overwrite a value", "this key has a value already"),
    (r"Cannot (declare|redefine|mutate)", "this table, or a part of it, is there already"),
    (r"Duplicate inline table key", "this key has a value already"),
    (r"Illegal character '\\n'", "a text is not closed on its line"),
    ("Unterminated string", "a text is not closed"),
    ("Invalid value", "no TOML value (text is written in quotes)"),
    ("Invalid statement", "neither a key nor a [table]"),
    ("Expected newline or end of document", "something follows where the line should end"),
    ("Expected '=' after a key", "a key without = and a value"),
    ("Unescaped '", "a backslash in a text is doubled, or the text put in single quotes"),
)
"""What the parser says, and what we say instead."""
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse_toml(source: bytes | str, name: str = "") -> dict[str, Any]:
    """Return the tables of a TOML document.

    Args:
        source: the document; bytes must be UTF-8, a byte order mark is skipped.
        name: what messages call the document.

    Raises:
        InputError: too large, not UTF-8, or not TOML: one line with file, line and column.
    """
    file = printable(name) if name else "TOML text"
    text = _decode(source, file) if isinstance(source, bytes) else source
    if len(text) > LARGEST_FILE:
        raise InputError(_too_large(file))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    deep = _DEEP_KEY.search(text)
    if deep:
        raise InputError(f"{file}:{_place(text, deep.start())}: a key of more than 50 parts")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(_syntax(file, text, str(error))) from None
    except RecursionError:
        raise InputError(f"{file}: arrays or tables are nested too deeply") from None
    except ValueError:
        # Python refuses to convert integers of more than 4300 digits.
        huge = _HUGE_INTEGER.search(text)
        place = f":{_place(text, huge.start())}" if huge else ""
        raise InputError(f"{file}{place}: a whole number with too many digits") from None


def _decode(source: bytes, file: str) -> str:
    if len(source) > LARGEST_FILE:
        raise InputError(_too_large(file))
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        byte = source[error.start]
        raise InputError(
            f"{file}: not UTF-8 text (byte 0x{byte:02x} at offset {error.start})"
        ) from None


def _too_large(file: str) -> str:
    return f"{file}: larger than {LARGEST_FILE // 1024} KiB, which no experiment needs"


def _place(text: str, index: int) -> str:
    """``line:column`` of a character, both from 1."""
    return f"{text.count(chr(10), 0, index) + 1}:{index - text.rfind(chr(10), 0, index)}"


def _syntax(file: str, text: str, message: str) -> str:
    found = _POSITION.search(message)
    if found and found[1]:
        place = f"{found[1]}:{found[2]}"
    else:
        place = _place(text, max(len(text.rstrip()) - 1, 0))
    what = message[: found.start()] if found else message
    said = next((text for pattern, text in _PLAIN if re.match(pattern, what)), what)
    return f"{file}:{place}: {printable(said[:1].lower() + said[1:])}"


def read_toml_value(text: str) -> Any:
    """Return the value that ``text`` is in TOML: ``20``, ``true``, ``[64, 32]``, ``"a b"``.

    Raises:
        ValueError: it is no single TOML value, or a date, which no key takes.
    """
    try:
        document = parse_toml(f"value = {text}")
    except InputError:
        raise ValueError("not a TOML value") from None
    value = document.get("value")
    if len(document) != 1 or isinstance(value, (datetime.date, datetime.time)):
        raise ValueError("not a TOML value")
    return value


def toml_value(value: Any) -> str:
    """Return a text, number, truth value or (nested) array as TOML, on one line.

    Floats are written so that they read back to the last bit.

    Raises:
        ValueError: a value of another type.
    """
    if isinstance(value, str):
        return f'"{_escaped(value, keep="")}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(toml_value, value))}]"
    raise ValueError(f"expected text, a number, a truth value or an array, got {type(value)}")


def _escaped(text: str, keep: str) -> str:
    """``text`` with all but printable characters, and those in ``keep``, as TOML escapes."""
    return "".join(
        sign if (sign.isprintable() and sign not in '"\\') or sign in keep else _escape(sign)
        for sign in text
    )


def _escape(sign: str) -> str:
    if sign in '"\\':
        return "\\" + sign
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    code = ord(sign)
    return short.get(sign) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def toml_document(document: Mapping[str, Any]) -> str:
    """Return a document of plain values and one level of tables as readable TOML.

    Text of several lines is written as such, long arrays of arrays with a row a line.

    Raises:
        ValueError: a value that TOML or this writer cannot hold.
    """
    top = {name: value for name, value in document.items() if not isinstance(value, Mapping)}
    parts = ["".join(_line(name, value) for name, value in top.items())] if top else []
    for name, table in document.items():
        if isinstance(table, Mapping):
            lines = (_line(key, value) for key, value in table.items())
            parts.append(f"[{name}]\n{''.join(lines)}")
    return "\n".join(parts)


def _line(name: str, value: Any) -> str:
    if isinstance(value, str) and "\n" in value:
        # Quotes in a row or at the end would end the text; single ones stay readable.
        body = re.sub(r'"(?="|\Z)', r'\\"', _escaped(value, keep='\n"'))
        return f'{name} = """\n{body}"""\n'
    line = f"{name} = {toml_value(value)}\n"
    nested = isinstance(value, Sequence) and value and not isinstance(value[0], (str, int, float))
    if len(line) <= WIDEST_ARRAY or not nested:
        return line
    rows = "".join(f"    {toml_value(row)},\n" for row in value)
    return f"{name} = [\n{rows}]\n"
