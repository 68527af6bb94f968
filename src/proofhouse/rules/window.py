# SPDX-License-Identifier: Apache-2.0
"""The access window of a review (R3; Order 3(b)(ii)): who may reach the model, and until when.

    opens_at                      2026-12-01T09:00:00Z
    planned_partner_release_at    2026-12-20T09:00:00Z   the window ends here
    planned_public_release_at     2027-01-15T09:00:00Z   recorded; moves nothing
    maximum_days                  30                     may be lowered, never raised

The window is counted back from the moment at which the developer plans to release the model to
*other trusted partners*. It holds from `opens_at` until just before that moment, and it may open
`maximum_days` before it at the earliest. A day is 86,400 seconds of UTC.

Limits: a window is made once. Whoever revokes access at `ends_at`, and whatever becomes of a plan
that the developer changes, is the desk's matter; nothing here reads a clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from proofhouse.errors import InputError, RefusedError
from proofhouse.said import say

MAXIMUM_DAYS: Final = 30
"""R3: the order's own maximum; no setting can exceed it."""

_DAY: Final = 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that four digits can say
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z", re.ASCII
)


def parse_time(text: object) -> int:
    """Seconds since 1970 of a time written ``YYYY-MM-DDTHH:MM:SSZ``, and of no other spelling.

    Raises:
        InputError: another spelling, a day or second that does not exist (leap seconds included),
            or a time before 1970.
    """
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    try:
        # int() of six groups of ASCII digits; the calendar is the standard library's.
        moment = datetime(*map(int, match.groups()), tzinfo=UTC) if match else None  # type: ignore[misc, arg-type]
    except ValueError:
        moment = None
    if moment is None or moment < _EPOCH:
        raise InputError(
            say("%(text)s is not a time.", text=repr(text)),
            hint="A time is written like 2026-06-02T00:00:00Z: UTC, whole seconds, from 1970.",
        )
    return (moment - _EPOCH) // timedelta(seconds=1)


def print_time(seconds: int) -> str:
    """The one spelling of a time in seconds since 1970; `parse_time` reads it back.

    Raises:
        InputError: not an integer, before 1970 or after 9999.
    """
    if type(seconds) is not int or not 0 <= seconds <= _LATEST:
        raise InputError(
            say("%(seconds)s is not a time.", seconds=repr(seconds)),
            hint=say("It is an integer of seconds, 0 to %(latest)s.", latest=_LATEST),
        )
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def lower(current: int, new: int) -> int:
    """The maximum in days after somebody asked to change it from ``current`` to ``new`` (R3).

    Raises:
        InputError: either is not an integer from 1 to 30.
        RefusedError: ``new`` is larger than ``current``.
    """
    _check_days(current)
    _check_days(new)
    if new > current:
        raise RefusedError(
            say(
                "The maximum length of the access window was to be raised from %(current)s "
                "to %(new)s days, but it can only be lowered.",
                current=current,
                new=new,
            ),
            rule="R3",
            hint=say("Allowed are 1 to %(current)s days.", current=current),
        )
    return new


@dataclass(frozen=True, slots=True)
class Window:
    """An access window that keeps R3; its times are texts as `parse_time` reads them.

    Raises:
        InputError: times or days out of range, or releases in an impossible order.
        RefusedError: it would open more than ``maximum_days`` before the planned partner release,
            or not before it.
    """

    opens_at: str
    planned_partner_release_at: str
    planned_public_release_at: str
    maximum_days: int

    @property
    def ends_at(self) -> str:
        """The first second without access: the planned release to other trusted partners."""
        return self.planned_partner_release_at

    def allows(self, at: str) -> bool:
        """Whether access is open at that time: from ``opens_at``, until before ``ends_at``.

        Raises:
            InputError: ``at`` is no time.
        """
        return parse_time(self.opens_at) <= parse_time(at) < parse_time(self.ends_at)

    def require(self, at: str, what: str) -> None:
        """Refuse ``what`` (words such as "a run") at a time outside the window.

        Raises:
            InputError: ``at`` is no time.
            RefusedError: ``at`` is before ``opens_at``, or ``ends_at`` or later.
        """
        if not self.allows(at):
            raise RefusedError(
                say(
                    "%(upper)s%(what)s was asked for at %(at)s, outside the access window.",
                    upper=what[:1].upper(),
                    what=what[1:],
                    at=at,
                ),
                rule="R3",
                hint=say(
                    "It is open from %(opens_at)s until before %(ends_at)s.",
                    opens_at=self.opens_at,
                    ends_at=self.ends_at,
                ),
            )

    def __post_init__(self) -> None:
        _check_days(self.maximum_days)
        opens = parse_time(self.opens_at)
        partner = parse_time(self.planned_partner_release_at)
        if parse_time(self.planned_public_release_at) < partner:
            raise InputError(
                say(
                    "The planned public release, %(planned_public_release_at)s, is before the "
                    "planned release to other trusted partners, %(planned_partner_release_at)s.",
                    planned_public_release_at=self.planned_public_release_at,
                    planned_partner_release_at=self.planned_partner_release_at,
                ),
                hint="Give the release to other trusted partners first, or both at one time.",
            )
        earliest = max(partner - self.maximum_days * _DAY, 0)
        if not earliest <= opens < partner:
            raise RefusedError(
                say(
                    "An access window was to open at %(opens_at)s, but it lasts at most "
                    "%(maximum_days)s days and ends with the planned release to other trusted "
                    "partners at %(planned_partner_release_at)s.",
                    opens_at=self.opens_at,
                    maximum_days=self.maximum_days,
                    planned_partner_release_at=self.planned_partner_release_at,
                ),
                rule="R3",
                hint=say(
                    "It may open from %(earliest)s until before %(planned_partner_release_at)s.",
                    earliest=print_time(earliest),
                    planned_partner_release_at=self.planned_partner_release_at,
                ),
            )


def _check_days(days: object) -> None:
    if type(days) is not int or not 1 <= days <= MAXIMUM_DAYS:
        raise InputError(
            say("The maximum length of the access window is %(days)s days.", days=repr(days)),
            hint=say(
                "It is an integer from 1 to %(maximum_days)s; R3 allows no longer window.",
                maximum_days=MAXIMUM_DAYS,
            ),
        )
