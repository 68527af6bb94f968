# SPDX-License-Identifier: Apache-2.0
"""What a page shows once after a form was sent: kept here, fetched by the page that follows.

    token = keep(request, "link", made)       the answer leads on to /people/ID?shown=TOKEN
    take(request, "link", token)              made, and None from then on

A form that is answered by a redirect is not sent again when its page is loaded again. What it made
is a secret: it stands in no address and on no disk, only in this process, for a few minutes, for
the session that made it.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from fastapi import Request

from proofhouse.portal.visitor import visitor

SECONDS = 300.0
MOST = 1_000
"""Things that wait to be shown; beyond, the oldest are forgotten."""


def keep(request: Request, what: str, value: Any) -> str:
    """Keep ``value`` for this session; the token by which the next page finds it."""
    kept, token = _kept(request), secrets.token_urlsafe(16)
    kept[token] = (what, visitor(request).secret, time.monotonic() + SECONDS, value)
    while len(kept) > MOST:
        kept.pop(next(iter(kept)), None)
    return token


def take(request: Request, what: str, token: str) -> Any:
    """What this session kept under ``token``, once; None if there is nothing of it."""
    found = _kept(request).get(token)
    if found is None or found[:2] != (what, visitor(request).secret):
        return None
    _kept(request).pop(token, None)
    return found[3] if time.monotonic() < found[2] else None


def newest(request: Request, what: str) -> Any:
    """The newest thing of that kind that this session kept, once; None if there is nothing."""
    secret = visitor(request).secret
    tokens = [t for t, one in _kept(request).items() if one[:2] == (what, secret)]
    return take(request, what, tokens[-1]) if tokens else None


def _kept(request: Request) -> dict[str, tuple[str, str, float, Any]]:
    state = request.app.state
    if not hasattr(state, "flash"):
        state.flash = {}
    kept: dict[str, tuple[str, str, float, Any]] = state.flash
    return kept
