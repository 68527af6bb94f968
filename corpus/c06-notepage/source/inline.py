# SPDX-License-Identifier: Apache-2.0
"""What stands inside a line of a note.

    `code`                   shown as it is written
    *strong*  _stressed_     not inside words
    [text](address)          a link; [text](address "title") gives it a title
    ![text](address)         an image, the text its alternative; a title as above
    <https://address>        a link that shows its address

An address is of http, https or mailto, or has no scheme; anything else in its place is not a link
and stays text. An address may have any characters but parentheses and those that end it, a text
any but brackets, a title any but a double quote. Notes are written by anybody: whatever they hold
is shown, and never becomes markup of its own.
"""

import re
from html import escape

CODE = re.compile(r"`([^`]+)`")
IMAGE = re.compile(r"!\[([^\][]*)\]\(([^()]*?)(?: \"([^\"]*)\")?\)")
LINK = re.compile(r"\[([^\][]+)\]\(([^()]*?)(?: \"([^\"]*)\")?\)")
PLAIN = re.compile(r"&lt;(https?://[^\s&]+(?:&amp;[^\s&]+)*)&gt;")
STRONG = re.compile(r"(?<!\w)\*(?!\s)([^*]+?)(?<!\s)\*(?!\w)")
STRESSED = re.compile(r"(?<!\w)_(?!\s)([^_]+?)(?<!\s)_(?!\w)")
SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
SCHEMES = ("http", "https", "mailto")
KEPT = re.compile("\x00([0-9]+)\x00")


def allowed(address: str) -> bool:
    """Whether a page may lead to this address."""
    scheme = SCHEME.match(address)
    return scheme is None or scheme[1].lower() in SCHEMES


class Line:
    """A line on its way to markup; what is done already is put aside, and back at the end."""

    def __init__(self, text: str) -> None:
        self.kept: list[str] = []
        self.text = escape(text.replace("\x00", ""), quote=False)

    def keep(self, markup: str) -> str:
        """Put markup aside; a mark that stands for it."""
        self.kept.append(markup)
        return f"\x00{len(self.kept) - 1}\x00"

    def restore(self, text: str) -> str:
        """Put everything back."""
        while KEPT.search(text):
            text = KEPT.sub(lambda found: self.kept[int(found[1])], text)
        return text

    def code(self, found: re.Match[str]) -> str:
        """A piece of code."""
        return self.keep(f"<code>{found[1]}</code>")

    def image(self, found: re.Match[str]) -> str:
        """An image, or the text that only looks like one."""
        text, address, title = found.groups()
        if not allowed(address):
            return self.keep(found[0])
        extra = f' title="{title}"' if title else ""
        return self.keep(f'<img src="{address}" alt="{text}"{extra}>')

    def link(self, found: re.Match[str]) -> str:
        """A link, or the text that only looks like one."""
        text, address, title = found.groups()
        if not allowed(address):
            return self.keep(found[0])
        extra = f' title="{title}"' if title else ""
        return self.keep(f'<a href="{address}"{extra}>') + text + self.keep("</a>")

    def plain(self, found: re.Match[str]) -> str:
        """An address that is its own text."""
        return self.keep(f'<a href="{found[1]}">{found[1]}</a>')

    def render(self) -> str:
        """The line's markup."""
        text = CODE.sub(self.code, self.text)
        text = IMAGE.sub(self.image, text)
        text = LINK.sub(self.link, text)
        text = PLAIN.sub(self.plain, text)
        text = STRONG.sub(r"<strong>\1</strong>", text)
        text = STRESSED.sub(r"<em>\1</em>", text)
        return self.restore(text)


def inline(text: str) -> str:
    """The markup of a line's text."""
    return Line(text).render()
