# SPDX-License-Identifier: Apache-2.0
"""Numbers, times and other people's text as a person reads them.

    nats(2944439)                          "+2.94"
    odds(2944439)                          "19 to 1"
    percent(50000)                         "5%"
    moment("2026-07-01T09:00:00Z")         "1 July 2026, 09:00 UTC"
    visible("safe\\u202elive")              "safe⟨U+202E⟩live"

``visible`` is for text that somebody else wrote (R20): it shows what would steer a terminal or turn
the reading order round, and leaves escaping for HTML to whoever makes HTML.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date

from proofhouse import said
from proofhouse.said import figure, joined, say

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z")
_DAYS_OF_400_YEARS = 146_097

# Controls, bidirectional marks and overrides, invisible spaces, tags, lone surrogates: none of
# them is a letter, and each can make a reader or a terminal see what is not there.
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARKS_KEPT = 3


def visible(text: str) -> str:
    """``text`` with every character that hides or steers written out as ``⟨U+XXXX⟩``.

    Newlines stay. Of a pile of more than three combining marks the rest is left out, for a pile
    can be drawn over its neighbours.
    """
    shown = _UNSEEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)
    if shown.isascii():
        return shown
    kept: list[str] = []
    pile = 0
    for character in shown:
        pile = pile + 1 if unicodedata.combining(character) else 0
        if pile <= _MARKS_KEPT:
            kept.append(character)
    return "".join(kept)


def one_line(text: str, limit: int) -> str:
    """``visible`` text on one line, with at most ``limit`` characters and “…” where it was cut."""
    flat = " ".join(visible(text[: limit * 4]).split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def count(number: int) -> str:
    """An integer with commas: ``1,234,567``; a true minus sign."""
    return figure(f"{number:,}".replace("-", "−"))


def counted(number: int, one: str, many: str = "") -> str:
    """``1 item``, ``2 items``; ``many`` where the plural is not ``one`` with an s."""
    return said.counted(number, one, many)


def nats(micronats: int) -> str:
    """Evidence with its sign, to a hundredth of a nat."""
    return _signed(micronats)


def logits(micrologits: int) -> str:
    """A position on the scale with its sign, to a hundredth of a logit."""
    return _signed(micrologits)


def _signed(micro: int) -> str:
    hundredths = round(micro / 10_000)
    if hundredths == 0:
        return "0"
    return figure(f"{'+' if hundredths > 0 else '−'}{abs(hundredths) / 100:.2f}")


def size(micro: int) -> str:
    """A width in millionths, without a sign, to a hundredth: ``0.50``."""
    return figure(f"{abs(micro) / 1_000_000:.2f}")


def span(low: str | None, high: str | None) -> str:
    """An interval in words; None is an end that there is not: ``from −1.44, no upper end``."""
    if low is None and high is None:
        return say("without an end on either side")
    if low is None:
        return say("up to %(high)s, no lower end", high=high)
    if high is None:
        return say("from %(low)s, no upper end", low=low)
    return say("%(low)s to %(high)s", low=low, high=high)


def odds(micronats: int) -> str:
    """A log-likelihood ratio as a ratio to one, whatever its sign: ``19 to 1``."""
    ratio_in_nats = abs(micronats) / 1_000_000
    if ratio_in_nats > math.log(1_000_000):
        return say("over a million to 1")
    ratio = math.exp(ratio_in_nats)
    written = f"{ratio:,.0f}" if ratio >= 9.95 else f"{ratio:.1f}"
    return say("%(ratio)s to 1", ratio=figure(written))


def percent(ppm: int) -> str:
    """Parts per million as a percentage, with a decimal only where one is needed.

    Rounding must not turn rarely into never: ``under 0.1%``, ``over 99.9%``.
    """
    if 0 < ppm < 500:
        return say("under %(share)s", share=figure("0.1%"))
    if 999_500 < ppm < 1_000_000:
        return say("over %(share)s", share=figure("99.9%"))
    return figure(f"{ppm / 10_000:.1f}".removesuffix(".0") + "%")


def day(time: str) -> str:
    """``2026-07-01T09:00:00Z`` → ``1 July 2026``."""
    return said.day(time)


def moment(time: str) -> str:
    """``2026-07-01T09:00:00Z`` → ``1 July 2026, 09:00 UTC``."""
    return joined(", ", [day(time), f"{time[11:16]} UTC"])


def seconds(time: str) -> int:
    """Seconds since an epoch of our own; only differences mean something. No leap seconds."""
    match = _TIME.fullmatch(time)
    assert match is not None  # every time in a statement has passed predicates.time
    year, month, number, hour, minute, second = map(int, match.groups())
    # date knows the years 1 to 9999, a statement 0 to 9999; the calendar repeats every 400 years.
    days = date(year % 400 + 2000, month, number).toordinal() + year // 400 * _DAYS_OF_400_YEARS
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def days_between(start: str, end: str) -> int:
    """Whole days from ``start`` to ``end``, rounded up: a window of 29.5 days counts as 30."""
    return -((seconds(start) - seconds(end)) // 86_400)


def duration(milliseconds: int) -> str:
    """``134 min`` is hard to read: ``2 h 14 min``, ``41 s``, ``0.4 s``."""
    if 0 < milliseconds < 50:
        return say("under %(share)s", share=figure("0.1 s"))
    if milliseconds < 10_000:
        return figure(f"{milliseconds / 1000:.1f} s")
    whole = round(milliseconds / 1000)
    if whole < 120:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{count(hours)} h {minutes} min" if minutes else f"{count(hours)} h"


def listed(words: tuple[str, ...]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return say("%(first)s and %(last)s", first=joined(", ", words[:-1]), last=words[-1])
