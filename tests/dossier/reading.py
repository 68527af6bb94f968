# SPDX-License-Identifier: Apache-2.0
"""Reads a page as a strict parser would: elements, attributes, text, and whatever is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})
ADDRESSES = frozenset(
    {"href", "src", "action", "data", "poster", "srcset", "formaction", "xlink:href"}
)


@dataclass
class Element:
    """An element with its attributes and the text inside it, that of its children included."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    inside: tuple[str, ...] = field(default=())


class Page(HTMLParser):
    """A parsed page; ``faults`` is empty if its elements nest and its ids are unique."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.elements: list[Element] = []
        self.faults: list[str] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        self.faults += [f"<{one.name}> is never closed" for one in self._open]
        ids = [one.attributes["id"] for one in self.elements if "id" in one.attributes]
        self.faults += [f"id {one} twice" for one in set(ids) if ids.count(one) > 1]
        self.ids = frozenset(ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, attrs)
        if tag not in VOID:
            self._open.append(self.elements[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, attrs)

    def _start(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.faults.append(f"<{tag}> has an attribute twice")
        inside = tuple(one.name for one in self._open)
        self.elements.append(
            Element(tag, {name: value or "" for name, value in attrs}, inside=inside)
        )

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].name != tag:
            self.faults.append(
                f"</{tag}> closes {self._open[-1].name if self._open else 'nothing'}"
            )
            return
        closed = self._open.pop()
        if self._open:
            self._open[-1].text += closed.text

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data

    def all(self, name: str, **attributes: str) -> list[Element]:
        """Every element of a name with these attributes (``class_`` for class)."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            one
            for one in self.elements
            if one.name == name and wanted.items() <= one.attributes.items()
        ]

    def one(self, name: str, **attributes: str) -> Element:
        """The only such element."""
        found = self.all(name, **attributes)
        assert len(found) == 1, f"{len(found)} of <{name}> {attributes}"
        return found[0]

    @property
    def text(self) -> str:
        """What the body says, spaces made single."""
        return " ".join(self.one("body").text.split())

    @property
    def body(self) -> str:
        """The bytes of the body, attributes and charts included, without the style sheet."""
        return self.html[self.html.index("<body") :]

    @property
    def structure(self) -> list[tuple[str, tuple[str, ...]]]:
        """Element names with their attribute names, in order: what hostile text must not change."""
        return [(one.name, tuple(one.attributes)) for one in self.elements]
