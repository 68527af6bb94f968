# SPDX-License-Identifier: Apache-2.0
"""Learns from a project's own tests how it is used: which commands they give it, on which inputs.

    calls = await record(built, "./rle show {proof}", "sh tests/run.sh", 120)
    → Call("./rle count {proof}", b"…"), Call("./rle --version", b"")

While the tests run in the sandbox, the program (or, for an interpreter, the command of its name on
the path) is a script that notes its arguments, the files they name and its standard input, then
hands over. So the neighbours of the flaw are exercised too, by calls that mean something. What is
noted was written in the sandbox: it is read with the limits of an archive, and used as inputs only.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from proofhouse.errors import InputError, RefusedError
from proofhouse.sandbox import Session, SessionLostError, start_session
from proofhouse.validation.commands import PLACE, command
from proofhouse.validation.program import (
    SOURCE,
    TOOLS,
    Built,
    limits,
    put_tree,
    quiet_options,
)
from proofhouse.validation.sources import Entry, Tree, read_archive

MOST_CALLS = 200
_NOTES = "/work/notes"
_MOST_NOTES = 16 << 20

_PROGRAM = re.compile(r"(?:^|[\s;&|(`])(python3?|node|java|ruby|perl|\./[\w./-]+)(?=\s)")

_SCRIPT = """#!/bin/sh
notes={notes}/$(date +%s%N)-$$
mkdir -p "$notes" 2>/dev/null || exec {real} "$@"
head -c 65536 > "$notes/stdin"
at=1000
for word in "$@"; do
  printf '%s' "$word" > "$notes/$at"
  if [ -f "$word" ]; then head -c 65536 "$word" > "$notes/$at.file"; fi
  at=$((at+1))
done
exec {real} "$@" < "$notes/stdin"
"""


@dataclass(frozen=True)
class Call:
    """One use of the program: a run command, with `PLACE` or standard input for ``data``."""

    run: str
    data: bytes


async def record(
    built: Built, run: str, test: str, seconds: float, *, tier: str = "bwrap"
) -> tuple[Call, ...]:
    """The different calls that ``test`` makes, in their order; none if they can't be noted."""
    name = program_of(run)
    if not name:
        return ()
    session = await start_session(limits(seconds), tier)
    try:
        await put_tree(session, built.archive)
        if not await _interpose(session, name):
            return ()
        env = {**quiet_options(), "PATH": f"{TOOLS}:/usr/local/bin:/usr/bin:/bin"}
        await session.exec(["/bin/sh", "-c", test], cwd=SOURCE, env=env, timeout=seconds)
        # The empty file keeps a single call from being taken for the archive's own folder.
        await session.write_file(f"{_NOTES}/end", b"")
        pack = ["/bin/tar", "-cf", "/work/notes.tar", "-C", _NOTES, "."]
        packed = await session.exec(pack, timeout=60)
        raw = await session.read_file("/work/notes.tar", _MOST_NOTES)
        return _calls(read_archive(raw), name) if packed.returncode == 0 else ()
    except (SessionLostError, InputError, RefusedError, OSError):
        return ()
    finally:
        await session.close()


def program_of(run: str) -> str:
    """The program in a run command: its first word, or in a shell line the likeliest one."""
    argv, by_shell = command(run, PLACE)
    if not by_shell:
        return argv[0] if argv else ""
    found = _PROGRAM.search(run)
    return found[1] if found else ""


async def _interpose(session: Session, name: str) -> bool:
    """Put the script where the tests look for the program."""
    if "/" not in name:
        script = _SCRIPT.format(notes=_NOTES, real=f"/usr/bin/{shlex.quote(name)}")
        await session.write_file(f"{TOOLS}/{name}", script.encode(), executable=True)
        return True
    path = name if name.startswith("/") else f"{SOURCE}/{name}"
    real = f"{path}.real"
    moved = await session.exec(["/bin/mv", path, real], cwd=SOURCE, timeout=10)
    script = _SCRIPT.format(notes=_NOTES, real=shlex.quote(real))
    await session.write_file(path, script.encode(), executable=True)
    return moved.returncode == 0


def _calls(notes: Tree, name: str) -> tuple[Call, ...]:
    by_call: dict[str, dict[str, Entry]] = {}
    for path, entry in notes.entries.items():
        call, _, part = path.partition("/")
        if not part:
            continue
        by_call.setdefault(call, {})[part] = entry
    found: dict[Call, None] = {}
    for _, parts in sorted(by_call.items()):
        made = _call(parts, name)
        if made is not None:
            found[made] = None
    return tuple(found)[:MOST_CALLS]


def _call(parts: dict[str, Entry], name: str) -> Call | None:
    """One call from its notes; the first argument that is a file of data becomes `PLACE`."""
    words, data, placed = [name], parts.get("stdin", Entry()).data, False
    for part in sorted(part for part in parts if part.isdecimal()):
        word = parts[part].data.decode("utf-8", "replace")
        held = parts.get(f"{part}.file")
        if PLACE in word or len(word) > 4096 or "\0" in word or word == "-m":
            return None
        program = word.endswith((".py", ".sh", ".js", ".rb", ".jar")) and len(words) == 1
        if held is not None and not placed and not program:
            word, data, placed = PLACE, held.data, True
        words.append(word)
    run = " ".join(word if word == PLACE else shlex.quote(word) for word in words)
    return Call(run, data)
