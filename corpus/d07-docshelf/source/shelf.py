# SPDX-License-Identifier: Apache-2.0
"""A shelf of documents, read from a file.

    group NAME: LIST          a group, see access.py
    document TITLE            a document; what follows belongs to it
      readers: LIST           who may read it; nobody, if there is no such line
      writers: LIST           who may add to it, which is not to read it
      | TEXT                  a line of it

Blanks before and behind a line do not count, empty lines and those that begin with "#" neither.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from access import Access


class ShelfError(Exception):
    """A line that is none of these."""


@dataclass
class Document:
    """A document and who may do what with it."""

    title: str
    readers: str = ""
    writers: str = ""
    lines: list[str] = field(default_factory=list)


class Shelf:
    """The documents in the order of the file, as far as a user may know of them."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.access = Access()
        self.documents: dict[str, Document] = {}
        document = None
        for number, raw in enumerate(lines, 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            word, _, rest = line.partition(" ")
            if word == "group":
                name, _, members = rest.partition(":")
                self.access.add_group(name.strip(), members)
            elif word == "document":
                document = self.documents[rest] = Document(rest)
            elif document is None:
                raise ShelfError(f"line {number}: no document")
            elif word == "|":
                document.lines.append(rest)
            elif word == "readers:":
                document.readers = rest
            elif word == "writers:":
                document.writers = rest
            else:
                raise ShelfError(f"line {number}: {word}")

    def readable(self, user: str) -> Iterator[Document]:
        """The documents that a user may read."""
        for document in self.documents.values():
            if self.access.allows(user, document.readers):
                yield document

    def read(self, user: str, title: str) -> Document | None:
        """A document, unless it is not there or the user may not read it."""
        document = self.documents.get(title)
        if document is None or not self.access.allows(user, document.readers):
            return None
        return document

    def add(self, user: str, title: str, text: str) -> bool:
        """Add a line to a document; false if it is not there or the user may not."""
        document = self.documents.get(title)
        if document is None or not self.access.allows(user, document.writers):
            return False
        document.lines.append(text)
        return True
