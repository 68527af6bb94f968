# SPDX-License-Identifier: Apache-2.0
"""The one class: everything that the portal asks about who somebody is."""

from __future__ import annotations

from proofhouse.access.sessions import Sessions
from proofhouse.access.watch import Watch
from proofhouse.access.ways_in import WaysIn


class Access(WaysIn, Sessions, Watch):
    """People and their ways in, in one file. Safe for several threads.

    Every method raises StorageError if the disk fails it. What names nobody or nothing raises
    InputError; what a rule forbids, RefusedError.
    """
