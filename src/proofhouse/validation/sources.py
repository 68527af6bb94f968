# SPDX-License-Identifier: Apache-2.0
"""A project's source as a value: read once from a folder or an archive, never written outside.

    tree = read_source(Path("libpng-1.6.tar.gz"))     # or a folder, or a .zip
    tree.digest                                       # what exactly was judged
    session.exec(["tar", "-x"], stdin=tree.to_tar())  # the only place where it becomes files

A source is hostile: archives hold bombs, traversal and links. So nothing is ever unpacked on this
side. Names are checked and sizes counted while the stream is read, and reading stops at the first
limit. Regular files and relative links that stay in the tree are kept; hard links, devices, pipes
and links that lead out are refused. Version-control folders (``.git`` …) are left out. An archive
with one folder at its top is that folder.

Left to others: applying patches (``patches``), building (``program``).
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from proofhouse.errors import FormatError, InputError, RefusedError

MOST_BYTES = 256 << 20
"""All files of a tree together."""
MOST_FILES = 50_000
MOST_DEPTH = 64
MOST_PATH = 1024

_SKIPPED = frozenset({".git", ".hg", ".svn", ".bzr"})
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
_UNPACKING = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error)

# What the standard library raises besides, on damaged and on hostile archives.
_UNREADABLE = (
    *(ValueError, NotImplementedError, RuntimeError, ArithmeticError, LookupError, struct.error),
)


@dataclass(frozen=True)
class Entry:
    """A file (``data``) or a link (``link``, relative, inside the tree)."""

    data: bytes = b""
    executable: bool = False
    link: str = ""


@dataclass(frozen=True)
class Tree:
    """Paths (``a/b``, no dots, UTF-8) → entries, in the order of the paths."""

    entries: Mapping[str, Entry]

    @property
    def digest(self) -> str:
        """SHA-256 over paths, kinds and contents; times and owners are not part of a source."""
        total = hashlib.sha256(b"proofhouse/tree/v1\n")
        for path, entry in self.entries.items():
            kind = b"l" if entry.link else b"x" if entry.executable else b"f"
            content = hashlib.sha256(entry.link.encode() if entry.link else entry.data).digest()
            total.update(kind + path.encode() + b"\0" + content)
        return total.hexdigest()

    def to_tar(self) -> bytes:
        """An uncompressed archive, the same bytes for the same tree."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path, entry in self.entries.items():
                info = tarfile.TarInfo(path)
                info.mode = 0o755 if entry.executable else 0o644
                info.mtime = 1_600_000_000  # one time for all: make sees nothing as out of date
                if entry.link:
                    info.type, info.linkname = tarfile.SYMTYPE, entry.link
                    archive.addfile(info)
                else:
                    info.size = len(entry.data)
                    archive.addfile(info, io.BytesIO(entry.data))
        return out.getvalue()

    def replaced(self, changes: Mapping[str, Entry | None]) -> Tree:
        """The tree with some entries put in or, for None, taken out."""
        kept = {**self.entries, **changes}
        return make_tree((path, entry) for path, entry in kept.items() if entry is not None)


def check_path(path: str) -> str:
    """``path`` if it names a place inside a tree.

    Raises RefusedError for an absolute path, ``..``, backslashes, control characters, a
    version-control folder or one too long or too deep.
    """
    parts = path.split("/")
    wrong = (
        not path
        or len(path) > MOST_PATH
        or len(parts) > MOST_DEPTH
        or any(part in ("", ".", "..") for part in parts)
        or "\\" in path
        or not path.isprintable()
    )
    if wrong or any(part.lower() in _SKIPPED for part in parts):
        raise RefusedError(
            f"The path {_plain(path)!r} is not a place inside a source tree.",
            rule="path",
            hint="Paths are relative, without dots, backslashes or control characters.",
        )
    return path


def make_tree(entries: Iterable[tuple[str, Entry]]) -> Tree:
    """A tree of checked entries.

    Raises RefusedError as `check_path`, for a path below a file or a link, for a link that leads
    out, and beyond `MOST_BYTES` or `MOST_FILES`.
    """
    found: dict[str, Entry] = {}
    total = 0
    for path, entry in entries:
        found[check_path(path)] = entry
        total += len(entry.data)
        if entry.link:
            _check_link(path, entry.link)
        if total > MOST_BYTES or len(found) > MOST_FILES:
            raise _too_large()
    for path in found:
        above = path.rpartition("/")[0]
        while above:
            if above in found:
                raise RefusedError(f"{path!r} lies below a file or a link.", rule="link")
            above = above.rpartition("/")[0]
    return Tree(MappingProxyType(dict(sorted(found.items()))))


def read_source(path: Path) -> Tree:
    """Read a folder or an archive (tar, plain or gzip, bzip2, xz; zip).

    Raises InputError when there is no such thing or it is empty, FormatError for an archive that
    is none, RefusedError as `make_tree`.
    """
    if path.is_dir():
        tree = make_tree(_folder(path))
    elif path.is_file() and path.name.lower().endswith(_ARCHIVES):
        tree = read_archive(path.read_bytes())
    else:
        raise InputError(
            f"There is no source at {path}.", hint="A source is a folder, a tar or a zip archive."
        )
    if not tree.entries:
        raise InputError(f"The source at {path} holds no file.")
    return tree


def read_archive(data: bytes) -> Tree:
    """Read an archive's bytes; raises as `read_source`."""
    try:
        found = list(_zipped(data) if data[:2] == b"PK" else _tarred(data))
    except (*_UNPACKING, *_UNREADABLE) as error:
        raise FormatError("The archive can't be read.", hint="tar (gz, bz2, xz) or zip.") from error
    tops = {path.partition("/")[0] for path, _ in found}
    top = tops.pop() if len(tops) == 1 else ""
    if top and all(path.startswith(f"{top}/") for path, _ in found):
        found = [(path[len(top) + 1 :], entry) for path, entry in found]
    return make_tree(found)


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text[:120])


def _too_large() -> RefusedError:
    return RefusedError(
        f"The source is larger than {MOST_BYTES >> 20} MiB or has more than {MOST_FILES:,} files.",
        rule="size",
        hint="Leave out what building and running do not need.",
    )


def _check_link(path: str, target: str) -> None:
    """A link may lead to any place in its tree, by a relative way that never leaves it."""
    depth = path.count("/")
    for part in target.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if target.startswith("/") or depth < 0 or not target.isprintable() or len(target) > 512:
            raise RefusedError(f"The link {_plain(path)!r} leads out of the source.", rule="link")


def _folder(root: Path) -> Iterator[tuple[str, Entry]]:
    """Entries of a folder, no link followed."""
    left = MOST_BYTES
    for base, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name.lower() not in _SKIPPED)
        for name in sorted([*files, *folders]):
            where = Path(base, name)
            about = where.lstat()
            path = where.relative_to(root).as_posix()
            if stat.S_ISLNK(about.st_mode):
                yield path, Entry(link=os.readlink(where))
            elif stat.S_ISREG(about.st_mode):
                left -= about.st_size
                if left < 0:
                    raise _too_large()
                yield path, Entry(where.read_bytes(), bool(about.st_mode & 0o100))
            elif not stat.S_ISDIR(about.st_mode):
                raise RefusedError(f"{_plain(path)!r} is no file, folder or link.", rule="kind")


def _decompressed(data: bytes) -> bytes:
    """The tar inside, read no further than a tree may be large."""
    most = MOST_BYTES + 1024 * MOST_FILES
    held = io.BytesIO(data)
    if data[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=held) as zipped:
            plain = zipped.read(most + 1)
    elif data[:3] == b"BZh":
        with bz2.BZ2File(held) as squeezed:
            plain = squeezed.read(most + 1)
    elif data[:6] == b"\xfd7zXZ\0":
        with lzma.LZMAFile(held) as packed:
            plain = packed.read(most + 1)
    else:
        return data
    if len(plain) > most:
        raise _too_large()
    return plain


def _tarred(data: bytes) -> Iterator[tuple[str, Entry]]:
    left = MOST_BYTES
    with tarfile.open(fileobj=io.BytesIO(_decompressed(data)), mode="r:") as archive:
        for count, member in enumerate(archive):
            if count > 2 * MOST_FILES:
                raise _too_large()
            path = member.name.removeprefix("./").rstrip("/")
            if member.isdir() or path in ("", ".") or _versioned(path):
                if ".." in path.split("/") or path.startswith("/"):
                    check_path(path)
                continue
            if member.issym():
                yield check_path(path), Entry(link=member.linkname)
            elif member.isreg():
                left -= member.size  # of a sparse file more than the archive holds
                if left < 0:
                    raise _too_large()
                held = archive.extractfile(member)
                content = held.read() if held else b""
                yield check_path(path), Entry(content, bool(member.mode & 0o100))
            else:
                raise RefusedError(f"{_plain(path)!r} is no file, folder or link.", rule="kind")


def _zipped(data: bytes) -> Iterator[tuple[str, Entry]]:
    left = MOST_BYTES
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        if len(infos) > 2 * MOST_FILES:
            raise _too_large()
        for info in infos:
            path = info.filename
            if info.is_dir() or _versioned(path):
                check_path(path.rstrip("/")) if not _versioned(path) else None
                continue
            check_path(path)
            mode = info.external_attr >> 16
            kind = stat.S_IFMT(mode)
            with archive.open(info) as held:
                content = held.read(left + 1)  # what it says of its size need not be true
            left -= len(content)
            if left < 0:
                raise _too_large()
            if kind == stat.S_IFLNK:
                yield path, Entry(link=content[:1024].decode("utf-8", "replace"))
            elif kind in (0, stat.S_IFREG):
                yield path, Entry(content, bool(mode & 0o100))
            else:
                raise RefusedError(f"{_plain(path)!r} is no file, folder or link.", rule="kind")


def _versioned(path: str) -> bool:
    return any(part.lower() in _SKIPPED for part in path.split("/"))
