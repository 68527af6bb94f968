# SPDX-License-Identifier: Apache-2.0
"""Where the vectors are, and the documents among them that parse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Path:
    return VECTORS


@pytest.fixture(scope="session")
def example() -> Callable[[str], dict[str, Any]]:
    """``example("leaf/accept-clear")`` is that vector's input."""

    def read(name: str) -> dict[str, Any]:
        vector: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
        return dict(vector["input"])

    return read
