# SPDX-License-Identifier: Apache-2.0
"""What a message does with the bytes it brings, and how much room that needs.

    operation   room for a count of n, at offset a     C
    plain       n                                      a copy
    prefix      n + k                                  a copy behind a prefix of k bytes
    widen       2·n                                    two characters for each byte
    fill        a + n                                  a run of one value from a on
    place       a + n                                  a copy to a
    terminate   n + 1                                  a copy and a final zero
    lookup      n                                      the first n entries of a table, summed

An operation is written once, as C text over expressions for place, count and offset: a flawed
program and its repaired self differ in the check before it, never in it. Storage is told apart
from the operation: on the stack, on the heap, owned by the context, or at file scope.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.bank.memory_flaw.parts import Kit
from proofhouse.bank.stream import Stream

CLASSES = {
    "stack": "stack-buffer-overflow",
    "local": "heap-buffer-overflow",
    "owned": "heap-buffer-overflow",
    "global": "global-buffer-overflow",
    "table": "global-buffer-overflow",
}
"""Where a buffer lies → what AddressSanitizer calls an access past its end."""

KINDS = ("plain", "prefix", "widen", "fill", "place", "terminate", "lookup")
"""Every operation."""


@dataclass(frozen=True)
class Operation:
    """One operation of one program; ``prefix`` is what goes in front of a copy, or empty."""

    kind: str
    prefix: str = ""

    @property
    def storages(self) -> tuple[str, ...]:
        """Where its buffer may lie."""
        return ("table",) if self.kind == "lookup" else ("stack", "local", "owned", "global")

    @property
    def offset(self) -> bool:
        """Whether a message says where its bytes go."""
        return self.kind in ("fill", "place")

    @property
    def blob(self) -> bool:
        """Whether a message brings bytes."""
        return self.kind not in ("fill", "lookup")

    def room(self, count: int) -> int:
        """The room that ``count`` needs, at offset 0."""
        return {"widen": 2 * count, "prefix": count + len(self.prefix)}.get(
            self.kind, count + (self.kind == "terminate")
        )

    def need(self, count: str, offset: str = "") -> str:
        """The C expression of the room needed, computed wide enough for every message."""
        wide = f"(size_t){count}"
        forms = {
            "prefix": f"{wide} + {len(self.prefix)}",
            "widen": f"2 * {wide}",
            "terminate": f"{wide} + 1",
            "fill": f"(size_t){offset} + {count}",
            "place": f"(size_t){offset} + {count}",
        }
        return forms.get(self.kind, count)

    def action(self, kit: Kit, names: dict[str, str]) -> str:
        """The statements; ``names`` has ``to``, ``count``, ``step`` and what else the kind needs.

        That is ``from`` for what brings bytes, ``at`` for an offset, ``value`` for a fill and
        ``total`` for a lookup.
        """
        to, count, step = names["to"], names["count"], names["step"]
        source, at = names.get("from", ""), names.get("at", "")
        if self.kind == "prefix":
            front = f'memcpy({to}, "{self.prefix}", {len(self.prefix)});'
            return f"{front}\n{kit.copy(to, source, count, step, str(len(self.prefix)))}"
        if self.kind == "place":
            return kit.copy(to, source, count, step, at)
        if self.kind == "terminate":
            return f"{kit.copy(to, source, count, step)}\n{to}[{count}] = 0;"
        if self.kind == "plain":
            return kit.copy(to, source, count, step)
        head = f"for (size_t {step} = 0; {step} < {count}; {step}++)"
        if self.kind == "lookup":
            total = names["total"]
            return f"{head}\n    {total} = {total} * 3 + {to}[{step}];"
        if self.kind == "fill":
            return kit.fill(
                "$head\n    $to[$at + $step] = ($u8)($value + $step);",
                head=head,
                to=to,
                at=at,
                step=step,
                value=names["value"],
            )
        return kit.fill(
            """
            $head {
                $to[2 * $step] = ($u8)('a' + ($from[$step] >> 4));
                $to[2 * $step + 1] = ($u8)('a' + ($from[$step] & 15));
            }
            """,
            **{"head": head, "to": to, "step": step, "from": source},
        )

    def digested(self, count: str, room: str) -> str:
        """The C expression of how many bytes of the buffer the program folds afterwards."""
        if self.offset:
            return room
        forms = {"prefix": f"{count} + {len(self.prefix)}", "widen": f"2 * (size_t){count}"}
        return forms.get(self.kind, count)


def operation(kit: Kit, stream: Stream, kind: str) -> Operation:
    """Draw the details of a ``kind`` of KINDS."""
    if kind != "prefix":
        return Operation(kind)
    size = stream.between(9, 14)
    word = (kit.names.theme.nouns[0] + stream.letters(14).decode())[: size - 1] + "/"
    return Operation(kind, word)
