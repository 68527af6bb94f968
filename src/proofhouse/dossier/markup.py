# SPDX-License-Identifier: Apache-2.0
"""Other people's text on a page: visible, cut to a bound, isolated, escaped (R20).

    words("Gem\\u202egnp.exe")       <bdi>Gem⟨U+202E⟩gnp.exe</bdi>

Every text of a statement passes through ``words`` or ``label``. Its bytes on the page are bounded,
because a page that must stay under 150 kB can't be left to whoever writes a name of 8,000 letters;
where a text was cut the page says so and where the rest is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

from proofhouse.said import say
from proofhouse.views import plain

SHORT = 400
LONG = 4_000
_LONGEST_WORD = 22


def cut(text: str, most: int) -> tuple[str, bool]:
    """The longest start of visible ``text`` that takes at most ``most`` bytes when escaped."""
    # No character takes less than a byte, so what lies beyond `most` characters can't fit.
    shown = plain.visible(text[: most + 1])
    if len(text) <= most and len(str(escape(shown)).encode()) <= most:
        return shown, False
    size = 0
    for end, character in enumerate(shown):
        size += len(str(escape(character)).encode())
        if size > most:
            return shown[:end].rstrip(), True
    return shown, len(text) > most + 1


def in_bundle(number: str) -> str:
    """Where the rest of a text is that was cut in a dossier; it has ``number`` characters."""
    return say("%(number)s characters; shortened here, in full in the bundle", number=number)


def words(text: str, most: int = SHORT, rest: Callable[[str], str] = in_bundle) -> Markup:
    """Text as the content of an element; a cut one ends in a note, where the ``rest`` is."""
    start, was_cut = cut(text, most)
    note = (
        Markup('<span class="cut">… ({})</span>').format(rest(plain.count(len(text))))
        if was_cut
        else ""
    )
    # Only a word that no line could hold may be broken anywhere; names in a table are not.
    held = all(len(word) <= _LONGEST_WORD for word in start.split())
    return Markup("<bdi>{}</bdi>{}" if held else '<bdi class="long">{}</bdi>{}').format(start, note)  # noqa: S704 — constants


def label(text: str, most: int = 120) -> str:
    """Text on one line for a title or a heading, neither isolated nor yet escaped."""
    start, was_cut = cut(" ".join(plain.visible(text[: 4 * most]).split()), most)
    return f"{start}…" if was_cut or len(text) > 4 * most else start


def listed(
    texts: Sequence[str],
    most: int = SHORT,
    rows: int = 40,
    rest: Callable[[str], str] = in_bundle,
) -> Markup:
    """Several texts in a sentence: ``a, b and c``, each isolated; at most ``rows`` of them."""
    shown = [words(text, most, rest) for text in texts[:rows]]
    if len(texts) > rows:
        shown.append(escape(say("%(number)s more", number=plain.count(len(texts) - rows))))
    if len(shown) < 2:
        return Markup("").join(shown)
    between = Markup(" {} ").format(say("and"))
    return Markup("{}{}{}").format(Markup(", ").join(shown[:-1]), between, shown[-1])


def time(text: str) -> Markup:
    """A time with its machine form: ``1 July 2026, 09:00 UTC``."""
    return Markup('<time datetime="{}">{}</time>').format(text, plain.moment(text))


def date(text: str) -> Markup:
    """A day with its machine form: ``1 July 2026``."""
    return Markup('<time datetime="{}">{}</time>').format(text, plain.day(text))


def digest(text: str) -> Markup:
    """The first ten digits, the rest on hover; in full in the appendix."""
    return Markup('<code class="digest" title="{}">{}…</code>').format(text, text[:10])
