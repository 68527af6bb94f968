# SPDX-License-Identifier: Apache-2.0
"""Reads unified diffs and applies them to a tree in memory; nothing on this machine is written.

    --- a/src/parse.c                     (or ``diff --git``, ``new file mode 100644``, …)
    +++ b/src/parse.c
    @@ -12,3 +12,4 @@ static int parse(…)
         size_t n = get16(p);
    +    if (n > sizeof buf) return -1;
         memcpy(buf, p + 2, n);

Fuzz is zero: every line of context must be there as it stands. A hunk may lie elsewhere than its
header says if its old lines occur exactly once in the file. GNU's and git's forms are read, line
ends CR LF too. Refused: paths out of the tree, links and submodules, binary patches, modes other
than 100644 and 100755, a file changed through a link. Whatever bytes come in, `parse` gives a
`Patch` or raises FormatError or RefusedError.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from proofhouse.errors import FormatError, RefusedError
from proofhouse.validation.sources import Entry, Tree, check_path

MOST_BYTES = 8 << 20
MOST_FILES = 2_000

_HUNK = re.compile(rb"^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_MODE = re.compile(rb"^(?:new file mode|deleted file mode|old mode|new mode) (\d{6})$")
_INDEX_MODE = re.compile(rb"^index [0-9a-f]+\.\.[0-9a-f]+ (\d{6})$")
_MODES = (b"100644", b"100755")
_NO_NEWLINE = b"\\ No newline at end of file"
_NULL = "/dev/null"


@dataclass(frozen=True)
class Hunk:
    """Old lines at ``start`` (from 1; 0 for an empty file) and the new ones in their place.

    A line holds its own line feed; the last of a file may lack it.
    """

    start: int
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]


@dataclass(frozen=True)
class Change:
    """What becomes of one file; ``before`` is "" for a new one, ``after`` for a deleted one."""

    before: str
    after: str
    hunks: tuple[Hunk, ...]
    executable: bool | None = None

    @property
    def added(self) -> tuple[bytes, ...]:
        """Lines that are only in the new text."""
        return tuple(line for hunk in self.hunks for line in _less(hunk.new, hunk.old))

    @property
    def removed(self) -> tuple[bytes, ...]:
        """Lines that are only in the old text."""
        return tuple(line for hunk in self.hunks for line in _less(hunk.old, hunk.new))


@dataclass(frozen=True)
class Patch:
    """The changes in the order of the text."""

    changes: tuple[Change, ...]


Block = tuple[int, int, int]
"""One separate change of a patch: which file's, which hunk's, which of its differences."""


def blocks(patch: Patch) -> tuple[Block, ...]:
    """The separate changes of a patch, in their order."""
    return tuple(
        (at, number, index)
        for at, change in enumerate(patch.changes)
        for number, hunk in enumerate(change.hunks)
        for index, same in enumerate(_pieces(hunk))
        if not same[0]
    )


def only(patch: Patch, chosen: Collection[Block]) -> Patch:
    """The patch with these of its changes and no others."""
    changes = []
    for at, change in enumerate(patch.changes):
        hunks = []
        for number, hunk in enumerate(change.hunks):
            pieces = list(enumerate(_pieces(hunk)))
            if any((at, number, index) in chosen for index, _ in pieces):
                new = [
                    line
                    for index, (_, old, other) in pieces
                    for line in (other if (at, number, index) in chosen else old)
                ]
                hunks.append(replace(hunk, new=tuple(new)))
        if hunks:
            changes.append(replace(change, hunks=tuple(hunks)))
    return Patch(tuple(changes))


def _pieces(hunk: Hunk) -> list[tuple[bool, tuple[bytes, ...], tuple[bytes, ...]]]:
    """A hunk as stretches: whether both sides are the same there, the old lines, the new ones."""
    matcher = SequenceMatcher(None, hunk.old, hunk.new, autojunk=False)
    return [
        (tag == "equal", hunk.old[i1:i2], hunk.new[j1:j2])
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
    ]


def _less(these: Sequence[bytes], those: Sequence[bytes]) -> list[bytes]:
    left = list(those)
    kept = []
    for line in these:
        if line in left:
            left.remove(line)
        else:
            kept.append(line)
    return kept


def parse(data: bytes) -> Patch:
    """Read a patch.

    Raises FormatError with the line where it is no unified diff, RefusedError (``rule``: path,
    link, mode, binary, size) for what is understood and not allowed.
    """
    if len(data) > MOST_BYTES:
        raise RefusedError(f"The patch is longer than {MOST_BYTES >> 20} MiB.", rule="size")
    reader = _Reader(data.removesuffix(b"\n").split(b"\n"))
    changes = reader.changes()
    if not changes:
        raise FormatError("There is no change in the patch.", hint="It is a unified diff.")
    seen: set[str] = set()
    for change in changes:
        for path in {change.before, change.after} - {""}:
            if path in seen:
                raise FormatError(f"The patch changes {path!r} twice.")
            seen.add(path)
    return Patch(tuple(changes))


class _Reader:
    """One pass over the lines; ``at`` is the next one."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.at = 0

    def _peek(self) -> bytes:
        return self.lines[self.at] if self.at < len(self.lines) else b""

    def _wrong(self, what: str) -> FormatError:
        return FormatError(f"The patch is no unified diff at line {self.at + 1}: {what}.")

    def changes(self) -> list[Change]:
        found: list[Change] = []
        while self.at < len(self.lines):
            line = self._peek().rstrip(b"\r")
            if line.startswith(b"diff --git "):
                change = self._git(line)
                if change:
                    found.append(change)
            elif line.startswith(b"--- ") and self._next_is_header():
                found.append(self._plain(None, None))
            elif line.startswith(b"@@ ") or line.startswith(b"GIT binary patch"):
                raise self._wrong("a hunk without its file's header")
            elif line.startswith(b"Binary files "):
                raise _binary()
            else:
                self.at += 1
            if len(found) > MOST_FILES:
                raise RefusedError(f"The patch changes more than {MOST_FILES} files.", rule="size")
        return found

    def _next_is_header(self) -> bool:
        following = self.lines[self.at + 1 : self.at + 2]
        return bool(following) and following[0].startswith(b"+++ ")

    def _git(self, header: bytes) -> Change | None:
        """A ``diff --git`` section: extended headers, then hunks or none."""
        self.at += 1
        executable: bool | None = None
        moved: dict[bytes, str] = {}
        new = deleted = False
        while self.at < len(self.lines):
            line = self._peek().rstrip(b"\r")
            mode = _MODE.match(line) or _INDEX_MODE.match(line)
            if mode:
                _check_mode(mode[1])
                new, deleted = (
                    new or (line[:3] == b"new" and b"file" in line),
                    deleted or (line.startswith(b"deleted")),
                )
                if not line.startswith((b"old", b"deleted", b"index")):
                    executable = mode[1] == b"100755"
            elif line.startswith((b"rename from ", b"rename to ", b"copy from ", b"copy to ")):
                verb, way, name = line.split(b" ", 2)
                if verb == b"copy":
                    raise self._wrong("a copy, which is not read")
                moved[way] = _name(name, strip=False)
            elif line.startswith((b"GIT binary patch", b"Binary files ")):
                raise _binary()
            elif not line.startswith((b"index ", b"similarity ", b"dissimilarity ")):
                break
            self.at += 1
        if self._peek().startswith(b"--- ") and self._next_is_header():
            return self._plain(executable, moved or None)
        if moved.keys() == {b"from", b"to"}:
            return Change(moved[b"from"], moved[b"to"], (), executable)
        path = self._git_path(header)
        if new or deleted:  # an empty file comes or goes
            return Change("" if new else path, "" if deleted else path, (), executable)
        return Change(path, path, (), executable) if executable is not None else None

    def _git_path(self, header: bytes) -> str:
        """``diff --git a/P b/P``: both halves are one path."""
        rest = header[len(b"diff --git ") :]
        half = len(rest) // 2
        first, second = rest[:half], rest[half + 1 :]
        if first[1:] != second[1:]:
            raise self._wrong("two names without --- and +++")
        return _name(first)

    def _plain(self, executable: bool | None, moved: dict[bytes, str] | None) -> Change:
        before = _name(self._peek().rstrip(b"\r")[4:])
        self.at += 1
        after = _name(self._peek().rstrip(b"\r")[4:])
        self.at += 1
        if not before and not after:
            raise self._wrong("neither an old nor a new file")
        hunks = self._hunks()
        if not hunks:
            raise self._wrong("a file without a hunk")
        if moved is None and before and after and before != after:
            # `diff -u f.c.orig f.c`: the shorter name is the file
            before = after = min(before, after, key=len)
        return Change(before, after, tuple(hunks), executable)

    def _hunks(self) -> list[Hunk]:
        hunks = []
        while (header := _HUNK.match(self._peek())) is not None:
            self.at += 1
            olds, news = (int(header[n]) if header[n] is not None else 1 for n in (2, 4))
            hunks.append(self._hunk(int(header[1]), olds, news))
        return hunks

    def _hunk(self, start: int, olds: int, news: int) -> Hunk:
        old: list[bytes] = []
        new: list[bytes] = []
        while len(old) < olds or len(new) < news or self._peek().startswith(_NO_NEWLINE):
            if self.at >= len(self.lines):
                raise self._wrong("a hunk ends before its time")
            line = self._peek()
            mark, text = line[:1], line[1:] + b"\n"
            if line.startswith(b"\\"):
                self._drop_newline(old, new)
            elif mark in (b" ", b"") or line == b"\r":
                old.append(text if mark in (b" ",) else line + b"\n")
                new.append(old[-1])
            elif mark == b"-":
                old.append(text)
            elif mark == b"+":
                new.append(text)
            else:
                raise self._wrong("a line in a hunk that begins with none of ' ', +, -")
            self.at += 1
            if len(old) > olds or len(new) > news:
                raise self._wrong("a hunk longer than it says")
        return Hunk(start, tuple(old), tuple(new))

    def _drop_newline(self, old: list[bytes], new: list[bytes]) -> None:
        mark = self.lines[self.at - 1][:1]
        for side, marks in ((old, b" -"), (new, b" +")):
            if mark and mark in marks and side:
                side[-1] = side[-1].removesuffix(b"\n")


def _binary() -> RefusedError:
    return RefusedError("The patch is binary.", rule="binary", hint="Text can be read and judged.")


def _check_mode(mode: bytes) -> None:
    if mode not in _MODES:
        raise RefusedError(
            f"The patch gives a file the mode {mode.decode()}: a link, a submodule or stranger.",
            rule="link" if mode[:2] != b"10" else "mode",
            hint="Modes are 100644 and 100755.",
        )


_ESCAPES = {b"n": b"\n", b"t": b"\t", b'"': b'"', b"\\": b"\\"}


def _unquote(name: bytes) -> bytes:
    """A name as git quotes it, ``"a/caf\\303\\251.c"``."""

    def plain(found: re.Match[bytes]) -> bytes:
        return bytes([int(found[1], 8) & 255]) if found[1][:1].isdigit() else _ESCAPES[found[1]]

    return re.sub(rb'\\([0-7]{3}|[nt"\\])', plain, name[1:-1])


def _name(raw: bytes, *, strip: bool = True) -> str:
    """A header's path without ``a/``; "" for /dev/null. Raises as `check_path`."""
    name = raw if raw.startswith(b'"') else raw.partition(b"\t")[0]
    name = name.strip(b" \r")
    if len(name) > 1 and name[:1] == name[-1:] == b'"':
        name = _unquote(name)
    try:
        text = name.decode()
    except UnicodeDecodeError:
        raise FormatError("A path in the patch is not UTF-8.") from None
    if text == _NULL:
        return ""
    if strip and text[:2] in ("a/", "b/"):
        text = text[2:]
    return check_path(text.removeprefix("./"))


def apply(patch: Patch, tree: Tree) -> Tree:
    """The tree after the patch.

    Raises RefusedError (``rule``: apply) where the patch does not fit: a missing or existing file,
    context that is not there, or there more than once; as `sources.make_tree` otherwise.
    """
    changes: dict[str, Entry | None] = {}
    for change in patch.changes:
        entry = _entry(change, tree)
        lines = _split(entry)
        data = b"".join(_edited(change, lines))
        if change.before and change.before != change.after:
            changes[change.before] = None
        if change.after:
            executable = entry.executable if change.executable is None else change.executable
            changes[change.after] = Entry(data, executable)
        elif data:
            raise _misfit(change.before, "it is deleted, but not all of its lines are")
    return tree.replaced(changes)


def _split(entry: Entry) -> list[bytes]:
    """Lines ended by line feeds only: a carriage return is a part of its line."""
    parts = entry.data.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _misfit(path: str, why: str) -> RefusedError:
    return RefusedError(
        f"The patch does not fit {path!r}: {why}.",
        rule="apply",
        hint="Make it against exactly the source that is given.",
    )


def _entry(change: Change, tree: Tree) -> Entry:
    if change.after and change.after != change.before and change.after in tree.entries:
        raise _misfit(change.after, "it is there already")
    if not change.before:
        return Entry()
    entry = tree.entries.get(change.before)
    if entry is None:
        raise _misfit(change.before, "there is no such file")
    if entry.link:
        raise RefusedError(f"The patch changes the link {change.before!r}.", rule="link")
    return entry


def _edited(change: Change, lines: list[bytes]) -> list[bytes]:
    out: list[bytes] = []
    done = 0
    for hunk in change.hunks:
        at = _place(change, hunk, lines, done)
        out += lines[done:at]
        out += hunk.new
        done = at + len(hunk.old)
    return out + lines[done:]


def _place(change: Change, hunk: Hunk, lines: list[bytes], done: int) -> int:
    """Where a hunk's old lines are: where it says, or else the one place that has them."""
    old, path = list(hunk.old), change.before or change.after
    stated = max(hunk.start - 1, 0) if old else hunk.start
    if stated >= done and lines[stated : stated + len(old)] == old and stated <= len(lines):
        return stated
    if not old:
        raise _misfit(path, "lines are added beyond its end")
    places = [
        at
        for at in range(done, len(lines) - len(old) + 1)
        if lines[at] == old[0] and lines[at : at + len(old)] == old
    ]
    if len(places) != 1:
        why = "is nowhere in it" if not places else "is in it more than once"
        raise _misfit(path, f"the context of line {hunk.start} {why}")
    return places[0]
