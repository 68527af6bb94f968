# SPDX-License-Identifier: Apache-2.0
"""Look through a page for what no page of a note has.

python3 audit.py PAGE

Status 99 if an element, or an attribute of one, is none that notes are made of, or a link leads
where it must not.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path

ELEMENTS = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "code": {"class"},
    **dict.fromkeys(("p", "pre", "ul", "li", "h1", "h2", "h3"), set()),
    **dict.fromkeys(("em", "strong", "blockquote"), set()),
}
SCHEMES = ("http", "https", "mailto")


class Audit(HTMLParser):
    """Counts what is not as it should be."""

    wrong = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        self.wrong += tag not in ELEMENTS
        for name, value in attrs:
            self.wrong += name not in ELEMENTS.get(tag, ())
            scheme, colon, _ = (value or "").strip().partition(":")
            if name in ("href", "src") and colon and scheme.isalnum():
                self.wrong += scheme.lower() not in SCHEMES


def main() -> int:
    """Look through the page."""
    audit = Audit()
    audit.feed(Path(sys.argv[1]).read_text())
    audit.close()
    return 99 if audit.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
