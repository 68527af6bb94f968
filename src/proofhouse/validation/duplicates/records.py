# SPDX-License-Identifier: Apache-2.0
"""Read corpus and queries, a JSON object a line, plain or gzip; nothing is dropped silently.

    {"id": "CVE-2024-7558", "title": "", "description": "JUJU_CONTEXT_ID is …", …}     a record
    {"query": "dev-0779", "summary": "JUJU_CONTEXT_ID is …", "packages": [["Go", …]]}  a query

A line that can't be used stops the reading with its number and the reason: a duplicate finder that
skips lines would report "no match" where it never looked. Members that we don't know are left alone
(a query's ``aliases`` above all: where it stands, it is the answer, and a matcher that read it
would measure nothing). What is missing or null counts as empty; a wrong type is refused.

Limits: a line has at most `MAX_LINE` bytes. The layouts are in `spec/duplicates.md`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from proofhouse.errors import FormatError, InputError, StorageError

MAX_LINE = 16 * 1024 * 1024
"""Bytes of one line after decompression."""


@dataclass(frozen=True, slots=True)
class Affected:
    """One affected product of a record."""

    vendor: str = ""
    product: str = ""
    package: str = ""
    repo: str = ""
    versions: tuple[str, ...] = ()
    """Every version, lower or upper bound that it names, in its own spelling."""
    bounds: tuple[str, ...] = ()
    """Of these, the first versions that are no longer affected (``lessThan``)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One published record, as the corpus has it."""

    id: str
    title: str = ""
    description: str = ""
    published: str = ""
    assigner: str = ""
    cwes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    affected: tuple[Affected, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """One advisory or report whose record is looked for."""

    id: str
    summary: str = ""
    details: str = ""
    published: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    fixed: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


def read_records(path: Path) -> Iterator[Record]:
    """Yield the corpus' records in the file's order.

    Raises FormatError, naming the line, for what is no record and for an id that came before.
    """
    seen: dict[str, int] = {}
    for number, value in _objects(path):
        record = _Line(path, number, value).record()
        _once(seen, record.id, path, number)
        yield record


def read_queries(path: Path) -> Iterator[Query]:
    """Yield the queries in the file's order; raises as `read_records`."""
    seen: dict[str, int] = {}
    for number, value in _objects(path):
        query = _Line(path, number, value).query()
        _once(seen, query.id, path, number)
        yield query


def _once(seen: dict[str, int], name: str, path: Path, number: int) -> None:
    if name in seen:
        raise FormatError(
            f"{path.name}, line {number}: {show(name)} came before, in line {seen[name]}.",
            hint="Each line needs an id of its own; nothing was matched.",
        )
    seen[name] = number


def show(name: str) -> str:
    """A foreign name for a message: short, printable."""
    plain = "".join(c if c.isprintable() else "�" for c in name[:80])
    return f"“{plain}”"


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open("rb") as file:
            # peek, not a second open: the input may be a pipe
            packed = file.peek(2)[:2] == b"\x1f\x8b"
            yield from _lines(cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file, path)
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise FormatError(f"{path.name} is no whole gzip file: it is cut or damaged.") from None
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}.") from None


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise FormatError(f"{path.name}, line {number} is longer than {MAX_LINE:,} bytes.")
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            why = (
                error.msg
                if isinstance(error, json.JSONDecodeError)
                else "not UTF-8, too deep, or a number of too many digits"
            )
            raise FormatError(
                f"{path.name}, line {number} is no JSON object: {why}.",
                hint="One JSON object a line; mend or remove that line.",
            ) from None
        if not isinstance(value, dict):
            raise FormatError(f"{path.name}, line {number} is JSON, but no object.")
        yield number, value


class _Line:
    """One line's object, read member by member; errors name file, line and member."""

    def __init__(self, path: Path, number: int, value: dict[str, Any]) -> None:
        self.at = f"{path.name}, line {number}"
        self.value = value

    def text(self, name: str, value: dict[str, Any] | None = None) -> str:
        found = (self.value if value is None else value).get(name)
        if found is None:
            return ""
        if not isinstance(found, str):
            raise FormatError(f"{self.at}: “{name}” must be text.")
        return found.encode("utf-8", "replace").decode("utf-8")

    def named(self, name: str) -> str:
        found = self.text(name)
        if not found.strip():
            raise FormatError(f"{self.at}: “{name}” is missing; every line needs its own.")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        found = self.value.get(name)
        if found is None:
            return ()
        if not isinstance(found, list) or not all(isinstance(v, str) for v in found):
            raise FormatError(f"{self.at}: “{name}” must be a list of texts.")
        return tuple(v.encode("utf-8", "replace").decode("utf-8") for v in found)

    def query(self) -> Query:
        packages = self.value.get("packages") or []
        if not isinstance(packages, list) or not all(
            isinstance(p, list) and len(p) == 2 and all(isinstance(s, str) for s in p)
            for p in packages
        ):
            raise FormatError(f"{self.at}: “packages” must be a list of [ecosystem, name].")
        return Query(
            id=self.named("query"),
            summary=self.text("summary") or self.text("title"),
            details=self.text("details") or self.text("description"),
            published=self.text("published"),
            packages=tuple((p[0], p[1]) for p in packages),
            fixed=self.texts("fixed"),
            symbols=self.texts("symbols"),
            references=self.texts("references"),
        )

    def record(self) -> Record:
        affected = self.value.get("affected") or []
        if not isinstance(affected, list) or not all(isinstance(a, dict) for a in affected):
            raise FormatError(f"{self.at}: “affected” must be a list of objects.")
        return Record(
            id=self.named("id"),
            title=self.text("title") or self.text("summary"),
            description=self.text("description") or self.text("details"),
            published=self.text("published"),
            assigner=self.text("assigner"),
            cwes=self.texts("cwes"),
            references=self.texts("references"),
            affected=tuple(self._affected(a) for a in affected),
        )

    def _affected(self, value: dict[str, Any]) -> Affected:
        ranges = value.get("versions") or []
        if not isinstance(ranges, list) or not all(isinstance(r, dict) for r in ranges):
            raise FormatError(f"{self.at}: “versions” must be a list of objects.")
        every = [
            self.text(name, item)
            for item in ranges
            for name in ("version", "lessThan", "lessThanOrEqual")
        ]
        return Affected(
            vendor=self.text("vendor", value),
            product=self.text("product", value),
            package=self.text("package", value),
            repo=self.text("repo", value),
            versions=tuple(v for v in every if v),
            bounds=tuple(b for item in ranges if (b := self.text("lessThan", item))),
        )
