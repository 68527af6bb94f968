# SPDX-License-Identifier: Apache-2.0
"""A state machine as a table: state → event → state, every state a row.

    step({"asleep": {"wake": "awake"}, "awake": {}}, "asleep", "wake")   →  "awake"

A transition moves the state and nothing else. ``mermaid`` draws the diagram that the docs show,
so that a drawing can't differ from the rule.
"""

from __future__ import annotations

from collections.abc import Mapping

from proofhouse.errors import RefusedError
from proofhouse.said import say

Table = Mapping[str, Mapping[str, str]]


def step(table: Table, state: str, event: str, *, rule: str = "") -> str:
    """The state after ``event``. Raises RefusedError naming the events that are allowed."""
    row = table[state]
    if event not in row:
        allowed = ", ".join(sorted(row)) or "nothing: the case has ended"
        raise RefusedError(
            say(
                "“%(event)s” can't follow in the state “%(state)s”.",
                event=_words(event),
                state=_words(state),
            ),
            rule=rule,
            hint=say("Allowed now: %(allowed)s.", allowed=_words(allowed)),
        )
    return row[event]


def reachable(table: Table, start: str) -> frozenset[str]:
    """Every state that ``start`` can lead to, itself included."""
    seen, todo = {start}, [start]
    while todo:
        for state in table[todo.pop()].values():
            if state not in seen:
                seen.add(state)
                todo.append(state)
    return frozenset(seen)


def mermaid(table: Table, start: str) -> str:
    """A Mermaid state diagram of what ``start`` can reach."""
    lines = ["stateDiagram-v2", f"    [*] --> {start}"]
    reached = reachable(table, start)
    for state, row in table.items():
        if state not in reached:
            continue
        lines += [f"    {state} --> {after}: {_words(event)}" for event, after in row.items()]
        if not row:
            lines.append(f"    {state} --> [*]")
    return "\n".join(lines) + "\n"


def _words(name: str) -> str:
    return name.replace("_", " ")
