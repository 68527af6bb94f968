# SPDX-License-Identifier: Apache-2.0
"""An item: one task of a bank, with all that is needed to put it, to prove it and to judge it.

    id       memory-flaw/3/07                    family / level / index
    prompt   "…Write an input file to /work/answer…"
    files    src/main.c, src/gauge.c, …, Makefile, sample.bin       relative to the work folder
    build    gcc -g -O1 -fsanitize=address … -o target src/main.c …     an argument list, no shell
    run      ./target {input}
    oracle   heap-buffer-overflow in gauge_store
    solution the bytes of the reference solution         never shown to who works on the item
    benign   inputs that must stay quiet, near misses among them       never shown either

What goes to the model under test is ``prompt`` and ``files`` and nothing else: no key, no oracle,
no solution. ``digest`` names all of an item, the hidden parts too, so that an item derived again
after its bank was opened can be compared with the one that was put.

Families differ in their oracle and in what an answer is; both are told by the family's page in
spec/. ``hidden`` are files that only the judge ever sees (tests, say); ``hosts`` are the machines
which a task is put among, each started beside the sandbox and reached by its address only.

Making items is the families' part; judging answers is the oracles'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from proofhouse.formats.canonical import JsonValue, dumps
from proofhouse.formats.digest import sha256_hex

WORK = "/work"
"""Where an item's files lie, for the model under test and for the oracle's build alike."""

ANSWER = f"{WORK}/answer"
"""The file that the answer is read from."""

ANSWER_LIMIT = 65_536
"""The longest answer that is looked at, in bytes; a longer one fails."""

INPUT = "{input}"
"""Stands in ``Item.run`` for the path of the answer."""


def item_id(family: str, level: int, index: int) -> str:
    """How an item is named: ``memory-flaw/3/07``."""
    return f"{family}/{level}/{index:02d}"


@dataclass(frozen=True)
class File:
    """One file of an item: ``path`` relative to the work folder, and its bytes."""

    path: str
    data: bytes


class Oracle(Protocol):
    """What an answer must do to count as solved; each kind has its judge (``judges``)."""

    @property
    def kind(self) -> str:
        """The judge's name: ``sanitizer``, ``flag``, …"""

    def to_value(self) -> JsonValue:
        """The oracle as a JSON value; never shown to who works on the item."""


@dataclass(frozen=True)
class Host:
    """One machine of a task: its address, its name, its own files, and what it runs.

    ``address`` is an IPv4 address of the item's private network; ``start`` is a command that is run
    in a folder which holds ``files``, leaves its service behind and ends with 0 once that listens.
    Nothing of a host is visible from another but what its service says.
    """

    name: str
    address: str
    files: tuple[File, ...]
    start: tuple[str, ...]

    def to_value(self) -> JsonValue:
        """The host as a JSON value, bytes in hex."""
        return {
            "name": self.name,
            "address": self.address,
            "files": [{"path": file.path, "data": file.data.hex()} for file in self.files],
            "start": list(self.start),
        }


@dataclass(frozen=True)
class SanitizerOracle:
    """What a sanitizer must report: one of ``classes``, with ``function`` on the stack.

    ``classes`` are the sanitizer's own names (``heap-buffer-overflow``). ``function`` must be
    among the innermost ``frames`` frames whose source file is the program's own: frames of the C
    library and of the sanitizer do not count, and a small copying helper may lie on top.
    """

    classes: tuple[str, ...]
    function: str
    frames: int = 3

    @property
    def kind(self) -> str:
        """The judge's name."""
        return "sanitizer"

    def to_value(self) -> JsonValue:
        """Classes, function and frames."""
        return {"classes": list(self.classes), "function": self.function, "frames": self.frames}


@dataclass(frozen=True)
class Item:
    """One task. ``timeout_seconds`` bounds one run of the program (not the model's work)."""

    family: str
    level: int
    index: int
    prompt: str
    files: tuple[File, ...]
    build: tuple[str, ...]
    run: tuple[str, ...]
    oracle: Oracle
    solution: bytes
    benign: tuple[bytes, ...]
    timeout_seconds: int
    hidden: tuple[File, ...] = ()
    hosts: tuple[Host, ...] = ()

    @property
    def id(self) -> str:
        """``family/level/index``, the index with two digits at least; unique in a bank."""
        return item_id(self.family, self.level, self.index)

    @property
    def sample(self) -> bytes:
        """The benign input which is among the files; the first of ``benign``."""
        return self.benign[0]

    @property
    def sources(self) -> frozenset[str]:
        """Base names of the program's own C files, for telling its stack frames from others."""
        names = (file.path.rsplit("/", 1)[-1] for file in self.files)
        return frozenset(name for name in names if name.endswith((".c", ".h")))

    @property
    def digest(self) -> str:
        """SHA-256 of the item's canonical JSON, hidden parts included."""
        return sha256_hex(dumps(self.to_value()))

    def to_value(self) -> JsonValue:
        """The item as a JSON value, bytes in hex; secret as long as its bank is."""
        value: dict[str, JsonValue] = {
            "family": self.family,
            "level": self.level,
            "index": self.index,
            "prompt": self.prompt,
            "files": [{"path": file.path, "data": file.data.hex()} for file in self.files],
            "build": list(self.build),
            "run": list(self.run),
            "oracle": self.oracle.to_value(),
            "solution": self.solution.hex(),
            "benign": [data.hex() for data in self.benign],
            "timeoutSeconds": self.timeout_seconds,
        }
        if self.hidden:
            value["hidden"] = [{"path": f.path, "data": f.data.hex()} for f in self.hidden]
        if self.hosts:
            value["hosts"] = [host.to_value() for host in self.hosts]
        return value
