# SPDX-License-Identifier: Apache-2.0
"""The blocks of a note: headings, lists, quotations, code and paragraphs.

A line of three backticks and the name of a language begins code, which ends at three more or
with the note; the name is one word of letters, digits, + - and #, and what is no such name is
left out. Lines of # to ### and a space are headings, those of > and a space quotations, those of
- and a space items of a list. Other lines make paragraphs, which empty lines divide.
"""

import re
from collections.abc import Iterator
from html import escape

from inline import inline

FENCE = "```"
LANGUAGE = re.compile(r"[A-Za-z0-9+#-]+")
HEADING = re.compile(r"(#{1,3}) (.*)")
ITEM = "- "
QUOTE = "> "


class Lines:
    """A note's lines, taken from the first on."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.at = 0

    def more(self) -> bool:
        """Whether there are lines left."""
        return self.at < len(self.lines)

    def peek(self) -> str:
        """The next line."""
        return self.lines[self.at]

    def take(self) -> str:
        """The next line, taken."""
        self.at += 1
        return self.lines[self.at - 1]

    def run(self, mark: str) -> Iterator[str]:
        """The lines that begin with a mark, without it."""
        while self.more() and self.peek().startswith(mark):
            yield self.take()[len(mark) :]


def code(lines: Lines) -> str:
    """A block of code."""
    name = lines.take()[len(FENCE) :].strip()
    kind = f' class="language-{name}"' if LANGUAGE.fullmatch(name) else ""
    inside = []
    while lines.more() and lines.peek().rstrip() != FENCE:
        inside.append(escape(lines.take(), quote=False) + "\n")
    if lines.more():
        lines.take()
    return f"<pre><code{kind}>{''.join(inside)}</code></pre>"


def is_block(line: str) -> bool:
    """Whether a line begins something else than a paragraph."""
    return line.startswith((FENCE, ITEM, QUOTE)) or HEADING.fullmatch(line) is not None


def paragraph(lines: Lines) -> str:
    """Lines up to an empty one or the next block."""
    inside = [inline(lines.take())]
    while lines.more() and lines.peek().strip() and not is_block(lines.peek()):
        inside.append(inline(lines.take()))
    return "<p>" + "\n".join(inside) + "</p>"


def block(lines: Lines) -> str:
    """The next block."""
    line = lines.peek()
    if line.startswith(FENCE):
        return code(lines)
    if line.startswith(ITEM):
        items = "".join(f"<li>{inline(item)}</li>\n" for item in lines.run(ITEM))
        return f"<ul>\n{items}</ul>"
    if line.startswith(QUOTE):
        inside = "\n".join(inline(quoted) for quoted in lines.run(QUOTE))
        return f"<blockquote>{inside}</blockquote>"
    heading = HEADING.fullmatch(line)
    if heading is not None:
        lines.take()
        size = len(heading[1])
        return f"<h{size}>{inline(heading[2])}</h{size}>"
    return paragraph(lines)


def page(text: str) -> str:
    """The page of a note."""
    lines = Lines(text)
    blocks = []
    while lines.more():
        if lines.peek().strip():
            blocks.append(block(lines) + "\n")
        else:
            lines.take()
    return "".join(blocks)
