# SPDX-License-Identifier: Apache-2.0
"""Run untrusted commands: closed sessions, hard limits, tiers by name; it fails closed.

The room knows nothing of items, models or harnesses. ``docs/sandbox.md`` says what is fenced off,
how, and what is not.
"""

from proofhouse.sandbox.limits import Limits
from proofhouse.sandbox.session import ExecResult, Session, SessionLostError, Usage
from proofhouse.sandbox.tiers import TIERS, check_tier, open_session, start_session

__all__ = [
    "TIERS",
    "ExecResult",
    "Limits",
    "Session",
    "SessionLostError",
    "Usage",
    "check_tier",
    "open_session",
    "start_session",
]
