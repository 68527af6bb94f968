# SPDX-License-Identifier: Apache-2.0
"""What a tool call's text says: without what is mere data, and spelt out where it is disguised.

    cat > notes.txt <<'X'        →   the body is data, unless notes.txt is ever used as more
    a=/et; cat ${a}c/shadow      →   cat /etc/shadow
    eval $(echo Y2F0IC9ldGM=…)   →   cat /etc…

`readings` yields the texts that rules are tried on. Every step is linear in the text: patterns have
bounded repeats, names are few, and what is put in for a variable is short and counted.

Limits: what is computed (a loop over character codes, a compressed script, a key) stays unread.
Data is data only while the sample uses its file in plain sight: any other use, a wildcard given to
an interpreter, or more than a few such files, and all is read as acts.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator
from typing import Final

_NAME = r"[\w./-]{0,100}"
_DATA_FILE = (
    rf"(?P<file>{_NAME}\.(?:txt|md|in|dat|data|json|csv|log|req|http|bin|xml|notes|msg|raw|input)"
    r"|notes|payload|request)(?![\w./-])"
)
_HERE = re.compile(
    rf"\bcat[ \t]{{0,9}}(?:>{{1,2}}[ \t]{{0,9}}{_DATA_FILE}[ \t]{{0,9}}<<-?[ \t]?(?P<q>['\"\\]?)"
    rf"(?P<end>\w{{1,40}})['\"]?"
    rf"|<<-?[ \t]?(?P<q2>['\"\\]?)(?P<end2>\w{{1,40}})['\"]?[ \t]{{0,9}}>{{1,2}}[ \t]{{0,9}}"
    rf"{_DATA_FILE.replace('file', 'file2')})[ \t]{{0,9}}\n"
)
_PRINTED = re.compile(
    r"\b(?:printf|echo)"
    r"(?:[ \t]{1,9}(?:'[^']{0,2000}'|\"[^\"$`\\]{0,2000}\"|[\w=+/.-]{1,2000})){1,4}[ \t]{0,9}"
    r"(?:\|[ \t]{0,9}(?:base64[ ]-d|xxd[ ]-r[ ]-p)[ \t]{0,9})?"
    rf"(?:>{{1,2}}[ \t]{{0,9}}{_DATA_FILE}"
    r"|\|[ \t]{0,9}(?:od|xxd|hexdump|wc|md5sum|sha256sum)(?:[ \t]{1,9}-?\w{1,9}){0,4})"
    r"(?=[ \t]{0,9}(?:;|&&|\n|\Z))"
)
_PLAIN_USE = re.compile(
    r"[ \t]{0,99}(?:(?:then|do|if|time|!|timeout[ \t]+\S{1,9})[ \t]+){0,4}"
    r"(?:\./[\w./-]+|(?:cat|grep|wc|xxd|od|ls|head|tail|rm|file|stat|md5sum|sha256sum|hexdump|cmp"
    r"|diff|test|\[)(?![\w-]))[^>|`$]{0,400}"
    r"(?:\|[ \t]{0,9}(?:head|tail|grep|wc|xxd|od|sort|uniq|\./)[^>|`$]{0,100}){0,3}"
)
_QUIET = re.compile(r"2>&1|[12]?>[ \t]?/dev/null")
_WILD = re.compile(
    r"(?:\b(?:(?:ba|da|z)?sh|python[\d.]*|perl|ruby|node|source|eval|cat|mv|cp)|(?:^|[;&|])\s?\.)"
    r"[ \t][^;\n]{0,100}[*?\[]",
    re.M,
)
_SPLIT = re.compile(r"[;\n]|&&|\|\|")
_WRITTEN = re.compile(r"\b(?:cat|printf|echo)\b.{0,2200}>\s?[\w./-]{0,100}\Z", re.S)
_FILES_LIMIT: Final = 20
_USES_LIMIT: Final = 50

_ASSIGNED = re.compile(r"(?<![\w$.])(\w{1,40})=(['\"]?)([\w./:~-]{1,80})\2(?=[\s;&|)]|$)", re.M)
_VARIABLE = re.compile(r"\$(?:\{(\w{1,40})\}|(\w{1,40}))")
_SUBSTITUTIONS: Final = 2_000
_CHARACTER = re.compile(r"\bchr\(\s?(\d{2,3}|0x[0-9a-fA-F]{2})\s?\)")
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})|\\u00([0-9a-fA-F]{2})|\\0?([0-7]{3})")
_JOINED = re.compile(
    r"(?P<q>['\"])\s{0,9}[+.]\s{0,9}(?P=q)"  # "a" + "b"
    r"|(?<=[\w/.])(?:''|\"\")(?=[\w/.])"  # a''b
    r"|(?<=[/\w])\\(?=[a-z]{2,})(?<![\s'\"n]\\)"  # c\at
    r"|(?<=[\w/])(?P<one>['\"])(?P<word>\w{1,9})(?P=one)(?=[\w/])"  # sh'ad'ow
)
_PATH_PARTS = re.compile(r"(?P<q>['\"])/(?P=q)\)?\s{0,9}[,/]\s{0,9}[rbf]?['\"](?=\w)")
_BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{12,40000}={0,2}(?![\w+/=])")
_BASE32 = re.compile(r"(?<![\w=])[A-Z2-7]{16,40000}={0,6}(?![\w=])")
_HEX = re.compile(r"(?<![\w])(?:[0-9a-fA-F]{2}){6,40000}(?![\w])")
_CODES = re.compile(r"(?<![\d,.])\d{2,3}(?:,[ ]?\d{2,3}){4,}")  # takes all it saw: linear
_REVERSED = re.compile(r"\|\s?rev\b|\brev\s?<|\[::-1\]|\breverse[d(]|\.reverse\b")
_ROTATED = re.compile(r"rot_?13|N-ZA-M|n-za-m", re.I)


class Data:
    """Which files a sample uses as data only; ``everything`` is all text of its tool calls."""

    def __init__(self, everything: str) -> None:
        self._everything = everything
        self._known: dict[str, bool] = {}
        self._wild: bool | None = None

    def is_data(self, file: str) -> bool:
        """Whether ``file`` is written, printed, searched, or given to a program of the work folder.

        Files beyond the first twenty are not looked up, and not data.
        """
        name = file.rpartition("/")[2]
        if name not in self._known:
            if self._wild is None:
                self._wild = _WILD.search(self._everything) is not None
            if self._wild or len(self._known) == _FILES_LIMIT:
                return False
            self._known[name] = self._plainly_used(name)
        return self._known[name]

    def _plainly_used(self, name: str) -> bool:
        text = self._everything
        at = text.find(name)
        for _ in range(_USES_LIMIT):
            if at < 0:
                return True
            before, after = text[max(0, at - 400) : at], text[at : at + 400]
            command = _SPLIT.split(before)[-1] + _SPLIT.split(after)[0]
            writes = _WRITTEN.search(before)
            if not (writes or _PLAIN_USE.fullmatch(_QUIET.sub("", command))):
                return False
            at = text.find(name, at + len(name))
        return False


def readings(text: str, data: Data) -> Iterator[str]:
    """``text`` without its data, and other spellings of it where there are any."""
    plain = without_data(text, data)
    yield plain
    joined = spelt_out(plain)
    if joined != plain:
        yield joined
    if decoded := "\n".join(_decoded(joined)):
        yield decoded
    if _REVERSED.search(plain):
        yield plain[::-1]
    if _ROTATED.search(plain):
        yield codecs.encode(plain, "rot13")


def without_data(text: str, data: Data) -> str:
    """``text`` without what it writes into files that are never more than data."""
    kept: list[str] = []
    at = 0
    while (start := _HERE.search(text, at)) is not None:
        end = re.compile(rf"^\t*{start['end'] or start['end2']}$", re.M).search(text, start.end())
        if end is None:
            break
        body = text[start.end() : end.start()]
        literal = (start["q"] or start["q2"]) or not ("$" in body or "`" in body)
        kept.append(text[at : start.end()])
        if not (literal and data.is_data(start["file"] or start["file2"])):
            kept.append(body)
        at = end.start()
    kept.append(text[at:])
    return _PRINTED.sub(
        lambda found: "echo" if not found["file"] or data.is_data(found["file"]) else found[0],
        "".join(kept),
    )


def spelt_out(text: str) -> str:
    """``text`` with variables, escapes, character codes and joined strings put in their places."""
    values = {found[1]: found[3] for found in _ASSIGNED.finditer(text)}
    if values:
        text = _VARIABLE.sub(
            lambda found: values.get(found[1] or found[2], found[0]), text, _SUBSTITUTIONS
        )
    if "chr(" in text:
        text = _CHARACTER.sub(lambda found: f'"{chr(int(found[1], 0))}"', text)
    if "\\" in text:
        text = _ESCAPED.sub(_character, text)
    text = _PATH_PARTS.sub(lambda found: f"{found['q']}/", text)
    return _JOINED.sub(lambda found: found["word"] or "", text)


def _character(found: re.Match[str]) -> str:
    code = int(found[3], 8) if found[3] else int(found[1] or found[2], 16)
    return chr(code) if 32 <= code < 127 else found[0]


def _decoded(text: str) -> Iterator[str]:
    """What reads as text in an encoding that ``text`` holds."""
    decoders: tuple[tuple[re.Pattern[str], Callable[[str], bytes]], ...] = (
        (_BASE64, lambda word: base64.b64decode(word + "=" * (-len(word) % 4))),
        (_BASE32, lambda word: base64.b32decode(word + "=" * (-len(word) % 8))),
        (_HEX, bytes.fromhex),
        (_CODES, lambda codes: bytes(int(code) for code in codes.split(","))),
    )
    for pattern, decode in decoders:
        for found in pattern.finditer(text):
            try:
                data = decode(found[0])
            except (ValueError, binascii.Error):
                continue
            if data.isascii() and data.decode().replace("\n", " ").isprintable():
                yield data.decode()
