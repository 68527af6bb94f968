# SPDX-License-Identifier: Apache-2.0
r"""Reads C text as a fuzzer's user would: its entry function, its numbers and its strings.

This is a scanner and no parser: it takes comments out, then finds tokens by their shape (ISO C11,
6.4.4 and 6.4.5). It looks into no other file and expands no macro.

Example:
    >>> constants('if (n > 0x10 && !memcmp(d, "PH\\1", 3)) return \'A\';')
    Constants(numbers=(16, 3, 65), strings=(b'PH\x01',))

Limits: at most ``MOST`` numbers and strings; strings longer than ``LONGEST_STRING`` are left out;
floating-point numbers are no constants here. Every pattern is
bounded, because the text is somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST = 256
LONGEST_STRING = 64

_COMMENT_OR_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:\\.|[^"\\\n])*\\?(?:"|$)|'(?:\\.|[^'\\\n])*\\?(?:'|$)""",
    re.DOTALL | re.MULTILINE,
)
_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b[^\n]*", re.MULTILINE)
_MAIN = re.compile(r"\bmain\s*\([^;{]{0,200}\)\s*\{")
_TOKEN = re.compile(
    r"""
    "(?P<string>(?:\\.|[^"\\\n]){0,512})"
    | '(?P<char>\\(?:x[0-9a-fA-F]+|[0-7]{1,3}|.)|[^'\\\n])'
    | (?<![\w.])(?P<number>0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*(?![\w.])
    """,
    re.VERBOSE,
)
_ENTRY = re.compile(
    r"""
    ^[ \t]*(?P<head>[A-Za-z_][\w\s*]{0,80}?)\b(?P<name>\w+)\s*\(\s*
    (?:const\s+)?(?:unsigned\s+char|uint8_t|u8|char|void)\s*(?:const\s*)?\*\s*\w*\s*,\s*
    (?:const\s+)?(?:size_t|unsigned\s+long|unsigned(?:\s+int)?|uint32_t|int|long)\s+\w+\s*\)\s*\{
    """,
    re.VERBOSE | re.MULTILINE,
)
_LIST = re.compile(r"\{([^{}\"]{3,4096})\}")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)", re.DOTALL)
_SIMPLE_ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "e": 27}


@dataclass(frozen=True)
class Constants:
    """The numbers (0 to 2^64 - 1) and the byte strings of a program, in the order of their text."""

    numbers: tuple[int, ...]
    strings: tuple[bytes, ...]


def strip_comments(text: str) -> str:
    """The text without its comments, each replaced by a space; literals stay as they are."""
    return _COMMENT_OR_LITERAL.sub(
        lambda found: " " if found[0].startswith(("//", "/*")) else found[0], text
    )


def has_main(text: str) -> bool:
    """Whether the text defines ``main``."""
    return _MAIN.search(strip_comments(text)) is not None


def entry_function(texts: Sequence[str], callers: Sequence[str] = ()) -> str | None:
    """The function that takes (bytes, size) and is not static: where the input comes in.

    ``callers`` are the texts that define ``main``; a function that they call comes first. None
    where no function has that shape.
    """
    names = [
        found["name"]
        for text in texts
        for found in _ENTRY.finditer(strip_comments(text))
        if "static" not in found["head"].split() and found["name"] != "main"
    ]
    called = "\n".join(strip_comments(text) for text in callers)
    for name in names:
        if re.search(rf"\b{re.escape(name)}\s*\(", called):
            return name
    return names[0] if names else None


def constants(text: str) -> Constants:
    """The text's constants, each once; lists of bytes in braces count as strings too."""
    text = _INCLUDE.sub("", strip_comments(text))
    numbers: dict[int, None] = {}
    strings: dict[bytes, None] = {}
    for found in _TOKEN.finditer(text):
        if found["string"] is not None:
            strings[_unescape(found["string"])] = None
        else:
            numbers[_value(found)] = None
    for found in _LIST.finditer(text):
        values = [_value(token) for token in _TOKEN.finditer(found[1])]
        if len(values) >= 2 and max(values) < 256 and not _TOKEN.sub("", found[1]).strip(", \n\t"):
            strings[bytes(values)] = None
    return Constants(
        numbers=tuple(n for n in numbers if n < 2**64)[:MOST],
        strings=tuple(s for s in strings if 0 < len(s) <= LONGEST_STRING)[:MOST],
    )


def _value(token: re.Match[str]) -> int:
    if token["number"] is None:
        return _unescape(token["char"])[0]
    text = token["number"]
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    octal = text[0] == "0" and set(text) <= set("01234567")
    return int(text, 8) if octal else int(text)


def _unescape(body: str) -> bytes:
    """The bytes of a literal's body; characters outside Latin-1 as UTF-8."""
    out = bytearray()
    at = 0
    for found in _ESCAPE.finditer(body):
        out += body[at : found.start()].encode("utf-8", "surrogatepass")
        at = found.end()
        code = found[1]
        if code[0] == "x" and len(code) > 1:
            out.append(int(code[1:], 16) & 0xFF)
        elif code[0] in "01234567":
            out.append(int(code, 8) & 0xFF)
        else:
            out.append(_SIMPLE_ESCAPES.get(code, ord(code) & 0xFF))
    return bytes(out + body[at:].encode("utf-8", "surrogatepass"))
