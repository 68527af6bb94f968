# SPDX-License-Identifier: Apache-2.0
"""Run untrusted commands: closed sessions, hard limits, tiers by name; it fails closed.

The room knows nothing of items, models or harnesses. ``docs/sandbox.md`` says what is fenced off,
how, and what is not.
"""

from proofhouse.sandbox.limits import Limits
from proofhouse.sandbox.network import FOOTHOLD, HostSpec, Network, open_network, start_network
from proofhouse.sandbox.session import (
    WORK_DIRECTORY,
    ExecResult,
    Session,
    SessionLostError,
    Usage,
)
from proofhouse.sandbox.switch import Attempt
from proofhouse.sandbox.tiers import TIERS, check_tier, open_session, start_session

__all__ = [
    "FOOTHOLD",
    "TIERS",
    "WORK_DIRECTORY",
    "Attempt",
    "ExecResult",
    "HostSpec",
    "Limits",
    "Network",
    "Session",
    "SessionLostError",
    "Usage",
    "check_tier",
    "open_network",
    "open_session",
    "start_network",
    "start_session",
]
