# SPDX-License-Identifier: Apache-2.0
"""What a patch's text says that only the maintainer can settle; pure.

    for doubt in doubts(patch, before, after):
        doubt.path, doubt.line, doubt.why      "font.h", "#define SIDE_MAX 31", "lowers SIDE_MAX …"

Where the program without the patch fails, its old answers can't tell whether a new limit is the
right one, and no run finds the second of two ways to a flaw that nothing leads to. The diff shows
both. Five things are looked for:

- *lower*: a named number is smaller than it was;
- *limit*: a number comes in, by name or in a comparison, that the program did not have;
- *promise*: the comment at a file's head (or a block of three lines) is written anew;
- *twin*: a changed statement still stands, in the same words, in a function left alone; one that
  the patch only moves is not changed;
- *way* (`ways`): the patch mends a function that calls the one with the flaw; another calls it,
  too, and no input with the flaw has come by that one.

Honest fixes have these, too (docs/validation.md counts them on the corpus). They never refuse a
patch; they keep it from being accepted unread.
C-like languages and Python are read, others not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from proofhouse.validation.hints import Hint, is_test
from proofhouse.validation.patches import Patch
from proofhouse.validation.sources import Tree

_READ = re.compile(r"\.(?:c|cc|cpp|cxx|h|hh|hpp|java|go|rs|js|ts|py)$", re.I)
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d\w*|->|\+\+|--|[-+*/%&|^<>=!]=|<<|>>|&&|\|\||\S")
_NAMED = re.compile(
    r"^\s*(?:#\s*define\s+|(?:static\s+|enum\s*\{\s*|const\s+|let\s+|int\s+|size_t\s+)*)"
    r"([A-Z][A-Z0-9_]+)(?:\s*(?::[^=]*)?=\s*|\s+)\(?(0x[0-9a-fA-F]+|\d[\d_]*)\b"
)
_COMPARED = re.compile(r"(?:[<>]=?|[=!]=|%)\s*\(?(0x[0-9a-fA-F]+|\d{1,9})\b")
_NOT_CODE = re.compile(r'/\*.*?(?:\*/|$)|//.*|"(?:[^"\\]|\\.)*"')
_ARGUMENT = re.compile(r'"(?:[^"\\]|\\.)*"|.')
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"')
_LOOP = re.compile(r"\s*(?:for|while)\b")
_COMMENT = re.compile(r'/\*|\*|//|#(?!\s*(?:define|include|if|el|en|un|pragma)\w*\b)|"""')
_PASSED_OVER = frozenset(
    {"long", "int", "size_t", "unsigned", "const", "static", "return", "char", "(", ")", ";"}
    | {"uint8_t", "uint16_t", "uint32_t", "uint64_t"}
)
_OPERATORS = frozenset(
    {"+", "-", "*", "/", "%", "<<", ">>", "<", ">", "<=", ">=", "|", "&", "==", "!=", "+=", "-="}
)
_KEYWORDS = frozenset(
    {"if", "else", "for", "while", "return", "struct", "sizeof", "NULL"}
    | {"def", "in", "not", "and", "or", "None"}
)
_LEAST_TOKENS, _LEAST_SHARE = 5, 0.6
_MOST_LINES = 20_000
_MOST_LINE = 400


@dataclass(frozen=True)
class _Text:
    """A file's lines, and in which function each stands ("" for none)."""

    lines: tuple[str, ...]
    functions: tuple[str, ...]


def doubts(patch: Patch, before: Tree, after: Tree) -> tuple[Hint, ...]:
    """What a maintainer should settle, in the order of the patch."""
    texts = _texts(after)
    found: list[Hint] = []
    touched: set[str] = set()
    replaced: list[tuple[str, str]] = []
    had = b" ".join(entry.data for entry in before.entries.values())
    gone = b" ".join(line for change in patch.changes for line in change.removed)
    for change in patch.changes:
        path = change.after or change.before
        if is_test(path) or not _READ.search(path):
            continue
        old, new = _texts(before).get(change.before), texts.get(change.after)
        if old is None or new is None:
            continue
        matcher = SequenceMatcher(None, old.lines, new.lines, autojunk=False)
        spans = [op[1:] for op in matcher.get_opcodes() if op[0] != "equal"]
        for i1, i2, j1, j2 in spans:
            touched |= {*old.functions[i1:i2], *new.functions[j1:j2]}
            replaced += zip(old.functions[i1:i2], old.lines[i1:i2], strict=True)
        found += _numbers(path, old, new, spans, (had, gone))
        found += _promise(path, old, spans)
    taken_out = _taken_out(patch)
    changed = [(name, line) for name, line in replaced if line.strip() in taken_out]
    return tuple(dict.fromkeys([*found, *_twins(changed, touched, texts)]))[:20]


def ways(
    patch: Patch, before: Tree, after: Tree, flawed: frozenset[str], seen: frozenset[str]
) -> tuple[Hint, ...]:
    """Callers of a function with the flaw that are left alone, and that no run came by.

    ``flawed`` are innermost functions of crashes, ``seen`` all that were in a trace. A call that
    has a text of the source where each call that the patch takes out has none is no such way: what
    came there from the input comes there no more.
    """
    old, new = _texts(before), _texts(after)
    touched = {name for path, text in new.items() for name in _changed(old.get(path), text)}
    found = []
    for flaw in sorted(flawed - touched - {""}):
        call = re.compile(rf"\b{re.escape(flaw)}\s*\(")
        mended = [given for line in _taken_out(patch) for given in _given(call, line)]
        callers = {
            (name, path, line)
            for path, text in new.items()
            for name, line in zip(text.functions, text.lines, strict=True)
            if name not in ("", flaw) and line[:1].isspace() and call.search(line[:_MOST_LINE])
        }
        if touched & {name for name, _, _ in callers}:
            found += [
                Hint(path, _shown(line), f"leaves {name} alone, by which {flaw} is called, too")
                for name, path, line in sorted(callers)
                if name not in touched | seen and not _by_constant(_given(call, line), mended)
            ]
    return tuple(found[:20])


def _taken_out(patch: Patch) -> frozenset[str]:
    """Lines that a patch takes out and does not put in elsewhere, without their indentation."""
    out = {line.strip() for change in patch.changes for line in change.removed}
    put = {line.strip() for change in patch.changes for line in change.added}
    return frozenset(line.decode("utf-8", "replace") for line in out - put)


def _given(call: re.Pattern[str], line: str) -> list[tuple[str, ...]]:
    """What each call in a line is given, as far as it stands there."""
    found = []
    for begin in call.finditer(line[:_MOST_LINE]):
        depth, given = 0, [""]
        for word in _ARGUMENT.findall(line[begin.end() : _MOST_LINE]):
            depth += (word in "([{") - (word in ")]}")
            if depth < 0:
                break
            if word == "," and depth == 0:
                given.append("")
            else:
                given[-1] += word
        found.append(tuple(text.strip() for text in given))
    return found


def _by_constant(calls: Sequence[tuple[str, ...]], mended: Sequence[tuple[str, ...]]) -> bool:
    """Whether each call is given a text of the source in a place where no mended call is."""
    return bool(mended) and all(
        any(
            _CONSTANT.fullmatch(text) is not None
            and all(at < len(given) and not _CONSTANT.match(given[at]) for given in mended)
            for at, text in enumerate(call)
        )
        for call in calls
    )


def _changed(old: _Text | None, new: _Text) -> Iterator[str]:
    """The functions in which two texts of a file differ."""
    if old is None or old.lines == new.lines:
        return
    matcher = SequenceMatcher(None, old.lines, new.lines, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield from (*old.functions[i1:i2], *new.functions[j1:j2])


def _texts(tree: Tree) -> dict[str, _Text]:
    made = {}
    for path, entry in tree.entries.items():
        if _READ.search(path) and not is_test(path) and entry.data.count(b"\n") < _MOST_LINES:
            lines = tuple(entry.data.decode("utf-8", "replace").split("\n"))
            made[path] = _Text(lines, _functions(lines, path.endswith(".py")))
    return made


def _functions(lines: Sequence[str], python: bool) -> tuple[str, ...]:
    """The function of each line, told by how programs are laid out: names begin a line."""
    found, name = [], ""
    for line in lines:
        if python:
            told = re.match(r"\s*(?:async )?def (\w+)", line)
            name = told[1] if told else "" if re.match(r"[^\s)#]", line) else name
        elif re.match(r"[A-Za-z_]", line):
            told = re.search(r"(\w+)\s*\([^;=]*$", line)
            name = told[1] if told else ""
        found.append(name)
        if not python and line.startswith("}"):
            name = ""
    return tuple(found)


_Span = tuple[int, int, int, int]


def _numbers(
    path: str, old: _Text, new: _Text, spans: Sequence[_Span], words: tuple[bytes, bytes]
) -> Iterator[Hint]:
    """Named numbers that are lower now, and numbers that the program did not have."""
    was = {name: value for i1, i2, _, _ in spans for name, value in _named(old.lines[i1:i2])}
    for _, _, j1, j2 in spans:
        for line in new.lines[j1:j2]:
            shown = _shown(line)
            for name, value in _named([line]):
                if name in was and _value(value) < _value(was[name]):
                    why = f"lowers {name} from {was[name]} to {value}"
                    yield Hint(path, shown, why)
                elif name not in was and not _in(name, words[0]) and not _in(value, words[1]):
                    yield Hint(path, shown, f"brings in a number of its own, {name} {value}")
            for found in _COMPARED.finditer(_NOT_CODE.sub("", line[:_MOST_LINE])):
                if _value(found[1]) > 2 and not _in(found[1], words[0]):
                    yield Hint(path, shown, f"compares with a number of its own, {found[1]}")


def _named(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        found = _NAMED.match(line[:_MOST_LINE])
        if found:
            yield found[1], found[2]


def _value(text: str) -> int:
    return int(text, 16) if text[:2] in ("0x", "0X") else int(text.replace("_", ""))


def _in(word: str, data: bytes) -> bool:
    return re.search(rb"\b" + re.escape(word.encode()) + rb"\b", data) is not None


def _promise(path: str, old: _Text, spans: Sequence[_Span]) -> Iterator[Hint]:
    """Lines of a comment of three lines and more that are no longer there."""
    block: list[int] = []
    for at, line in enumerate((*old.lines, "end")):
        if _COMMENT.match(line.strip()):
            block.append(at)
            continue
        if len(block) > 2:
            for i1, i2, _, _ in spans:
                lost = [n for n in block if i1 <= n < i2]
                if lost:
                    yield Hint(path, _shown(old.lines[lost[0]]), "writes a promise anew")
                    return
        block = []


def _twins(
    replaced: Sequence[tuple[str, str]], touched: set[str], texts: dict[str, _Text]
) -> Iterator[Hint]:
    """Where a changed statement still stands in a function that the patch leaves alone."""
    for name, line in replaced:
        mine = _tokens(line)
        if not name or not line[:1].isspace() or _LOOP.match(line):
            continue
        for path, text in texts.items():
            for function, other in zip(text.functions, text.lines, strict=True):
                alone = function and function not in touched and other[:1].isspace()
                if alone and _same(mine, _tokens(other)):
                    why = f"changes this line, which is in {function} still"
                    yield Hint(path, _shown(other), why)


def _tokens(line: str) -> list[str]:
    """Words and signs of a statement, without types, brackets and what a member is of."""
    found: list[str] = []
    for token in _TOKEN.findall(_NOT_CODE.sub('""', line[:_MOST_LINE])):
        if token in ("->", ".") and found and re.match(r"\w", found[-1]):
            found.pop()
        elif token not in _PASSED_OVER:
            found.append(token)
    return found


def _same(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether most of two statements is the same calculation, of the same names."""
    if min(len(one), len(other)) < _LEAST_TOKENS:
        return False
    match = SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
    same = one[match.a : match.a + match.size]
    if match.size < max(_LEAST_TOKENS, _LEAST_SHARE * max(len(one), len(other))):
        return False
    names = {word for word in same if re.match(r"[A-Za-z_]", word) and word not in _KEYWORDS}
    operates = any(
        word in _OPERATORS and at > 0 and re.match(r"[\w\])]", same[at - 1]) is not None
        for at, word in enumerate(same)
    )
    return operates and len(names) > 1


def _shown(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line.strip()[:160])
