# SPDX-License-Identifier: Apache-2.0
"""Messages, as text: lines "Name: value" of a header, an empty line, a body.

A message has the header's lines that its template has and no other. Values are one line each,
whatever the fields in them hold: where a field has several lines, they are joined by blanks there.
Bodies keep the lines of fields. Any character at which `str.splitlines` ends a line ends one.
"""

from collections.abc import Iterator

from fields import fill


class Template:
    """A header's names and values and a body, all with fields."""

    def __init__(self, text: str) -> None:
        head, _, self.body = text.partition("\n\n")
        self.header: list[tuple[str, str]] = []
        for line in head.split("\n"):
            name, colon, value = line.partition(":")
            if not colon or not name.replace("-", "").isalpha():
                raise ValueError(f"not a header: {line}")
            self.header.append((name, value.strip()))

    def message(self, record: dict[str, str]) -> str:
        """The message for a record."""
        lines = [f"{name}: {fill(value, record)}" for name, value in self.header]
        if "name" in record and "address" in record:
            lines.append(recipient(record["name"], record["address"]))
        return "\n".join([*lines, "", fill(self.body, record)])


def recipient(name: str, address: str) -> str:
    """The line that says whom a message is for. Quotes in the name are left out."""
    name = name.replace('"', "")
    return f'To: "{name}" <{address}>' if name else f"To: {address}"


def header(message: str) -> Iterator[tuple[str, str]]:
    """The names and values of a message's header, as whoever delivers it reads them."""
    for line in message.splitlines():
        if not line:
            return
        name, _, value = line.partition(":")
        yield name, value.strip()
