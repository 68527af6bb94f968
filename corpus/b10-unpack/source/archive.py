# SPDX-License-Identifier: Apache-2.0
"""Read plain archives: a line for each entry, a file's bytes after its line.

    ARC1
    dir docs
    file docs/a.txt 6
    hello

    link newest docs/a.txt

A file's bytes are followed by a line end. Names hold no spaces and are parted by slashes. A link's
target is seen from the link's own folder and may go up, as long as it stays in the archive.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO


class ArchiveError(Exception):
    """The archive is not one, or asks for what is not allowed."""


@dataclass(frozen=True)
class Entry:
    """One entry: `kind` is dir, file or link."""

    kind: str
    name: str
    data: bytes = b""
    target: str = ""


def _file(name: str, size: str, stream: BinaryIO) -> Entry:
    if not size.isdecimal():
        raise ArchiveError("a size is not a number")
    data = stream.read(int(size))
    if len(data) != int(size) or stream.readline() != b"\n":
        raise ArchiveError("a file is cut off")
    return Entry("file", name, data)


def entries(stream: BinaryIO) -> Iterator[Entry]:
    """The entries of an archive in their order; raises ArchiveError."""
    if stream.readline() != b"ARC1\n":
        raise ArchiveError("not an archive")
    for line in stream:
        words = line.decode("utf-8", "replace").split()
        if len(words) == 2 and words[0] == "dir":
            yield Entry("dir", words[1])
        elif len(words) == 3 and words[0] == "file":
            yield _file(words[1], words[2], stream)
        elif len(words) == 3 and words[0] == "link":
            yield Entry("link", words[1], target=words[2])
        else:
            raise ArchiveError("an entry that is not known")
