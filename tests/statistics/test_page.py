# SPDX-License-Identifier: Apache-2.0
"""The code on the statistics page runs."""

from __future__ import annotations

import re
from pathlib import Path


def test_example_of_the_page_runs() -> None:
    """Each Python block of docs/statistics.md runs, its assertions included."""
    page = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "docs/statistics.md", "exec"), {})
