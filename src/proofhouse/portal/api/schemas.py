# SPDX-License-Identifier: Apache-2.0
"""Every schema by its name; a name that stands in two rooms ends the start."""

from __future__ import annotations

from typing import Any

from proofhouse.portal.api import account, docket, partners, people, record, shapes, staff

_ROOMS = (shapes, account, docket, partners, people, record, staff)

SCHEMAS: dict[str, Any] = {name: schema for room in _ROOMS for name, schema in room.SCHEMAS.items()}

assert len(SCHEMAS) == sum(len(room.SCHEMAS) for room in _ROOMS)
