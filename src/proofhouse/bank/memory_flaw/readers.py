# SPDX-License-Identifier: Apache-2.0
r"""How a program takes the numbers out of a message, and how the generator puts them in.

Binary programs hold numbers in 1, 2 or 4 bytes of one byte order, text programs as decimal or hex
words between separators. Around that there are three ways of writing the reading code:

    take      if (take_u8(c, &mode) || take_u16(c, &count)) return -1;
    sticky    uint8_t mode = next_u8(c); uint16_t count = next_u16(c); if (c->bad) return -1;
    offset    if (n < 3) return -1;  uint8_t mode = p[0]; uint16_t count = get_u16(p + 1);

Every reading function checks what is left: no flaw is here. ``offset`` exists for binary only.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.bank.memory_flaw.parts import Field, Handler, Kit, Message, inset
from proofhouse.bank.stream import Stream


@dataclass(frozen=True)
class Reader:
    """One program's way; ``word`` begins the names of its reading functions."""

    style: str  # "take", "sticky" or "offset"
    text: bool
    big: bool
    separator: str
    radix: int
    word: str
    cursor: str

    def pack(self, handler: Handler, message: Message) -> bytes:
        """The payload of ``message``: its fields in the handler's order, then its bytes."""
        values = [(field.bits, message.values[field.name]) for field in handler.fields]
        if self.text:
            words = [format(value, "x" if self.radix == 16 else "d") for _, value in values]
            if handler.blob:
                words.append(message.blob.decode("ascii"))
            return self.separator.join(words).encode("ascii")
        order = "big" if self.big else "little"
        return b"".join(v.to_bytes(bits // 8, order) for bits, v in values) + message.blob  # type: ignore[arg-type]

    def parameters(self, kit: Kit) -> str:
        """The parameters of a handler after the context."""
        if self.style == "offset":
            return kit.fill("const $u8 *p, size_t n")
        return f"struct {self.cursor} *c"

    def handler(self, kit: Kit, context: str, handler: Handler) -> str:
        """The whole C function of a handler: signature, reading, body, return."""
        lines = [f"int {handler.function}(struct {context} *{kit.habits.context}, "]
        lines[0] += f"{self.parameters(kit)})"
        head = {"take": self._take, "sticky": self._sticky, "offset": self._offset}[self.style]
        inner = head(kit, handler)
        if self.style != "offset" and handler.blob:
            inner.append(kit.fill("const $u8 *$data = c->at;"))
            inner.append(kit.fill("size_t $avail = c->left;"))
        if not handler.fields and not handler.blob:
            unused = "(void)p;\n(void)n;" if self.style == "offset" else "(void)c;"
            inner.append(unused)
        inner += ["", handler.body, "return 0;"]
        body = "\n".join((*lines, "{", inset("\n".join(inner)), "}"))
        return f"{handler.statics}\n\n{body}" if handler.statics else body

    def _take(self, kit: Kit, handler: Handler) -> list[str]:
        lines = [f"{_ctype(kit, field)} {field.name};" for field in handler.fields]
        calls = [f"{self.word}_u{field.bits}(c, &{field.name})" for field in handler.fields]
        if calls:
            condition = "\n    || ".join(calls)
            lines += ["", kit.fill("if ($condition)\n    $fail", condition=condition)]
        return lines

    def _sticky(self, kit: Kit, handler: Handler) -> list[str]:
        lines = [
            f"{_ctype(kit, field)} {field.name} = {self.word}_u{field.bits}(c);"
            for field in handler.fields
        ]
        if lines:
            lines += ["", kit.fill("if (c->bad)\n    $fail")]
        return lines

    def _offset(self, kit: Kit, handler: Handler) -> list[str]:
        at, lines = 0, []
        for field in handler.fields:
            place = f"p + {at}" if at else "p"
            read = f"p[{at}]" if field.bits == 8 else f"{self.word}_u{field.bits}({place})"
            lines.append(f"{_ctype(kit, field)} {field.name} = {read};")
            at += field.bits // 8
        if at:
            lines.insert(0, kit.fill("if (n < $at)\n    $fail", at=at))
        elif not handler.blob:
            return []
        if handler.blob:
            past, left = (f"p + {at}", f"n - {at}") if at else ("p", "n")
            lines.append(kit.fill("const $u8 *$data = $past;", past=past))
            lines.append(kit.fill("size_t $avail = $left;", left=left))
        elif at == 0:
            lines.append("(void)p;")
        return lines

    def header(self, kit: Kit) -> str:
        """Types and prototypes for the header."""
        if self.style == "offset":
            return "\n".join(
                f"{_ctype_of(kit, b)} {self.word}_u{b}(const $u8 *p);" for b in (16, 32)
            ).replace("$u8", kit.habits.u8)
        bad = "    int bad;\n" if self.style == "sticky" else ""
        struct = kit.fill(
            "struct $cursor {\n    const $u8 *at;\n    size_t left;\n${bad}};",
            cursor=self.cursor,
            bad=bad,
        )
        return "\n\n".join((struct, "\n".join(f"{s};" for s in self._signatures(kit))))

    def _signatures(self, kit: Kit) -> list[str]:
        if self.style == "take":
            return [
                f"int {self.word}_u{b}(struct {self.cursor} *c, {_ctype_of(kit, b)} *out)"
                for b in (8, 16, 32)
            ]
        return [
            f"{_ctype_of(kit, b)} {self.word}_u{b}(struct {self.cursor} *c)" for b in (8, 16, 32)
        ]

    def source(self, kit: Kit) -> str:
        """The reading functions."""
        if self.style == "offset":
            return "\n\n".join(
                f"{_ctype_of(kit, b)} {self.word}_u{b}(const {kit.habits.u8} *p)\n"
                f"{{\n    return {self.load(kit, b, 'p')};\n}}"
                for b in (16, 32)
            )
        parts = [self._number(kit)] if self.text else []
        for bits, signature in zip((8, 16, 32), self._signatures(kit), strict=True):
            body = self._text_body(kit, bits) if self.text else self._binary_body(kit, bits)
            parts.append(f"{signature}\n{{\n{inset(body)}\n}}")
        return "\n\n".join(parts)

    def load(self, kit: Kit, bits: int, p: str, at: str | int = 0) -> str:
        """The C expression for the number of ``bits`` at ``p + at``; ``at`` may be a C name."""
        places = [
            str(at + k) if isinstance(at, int) else f"{at} + {k}" if k else at
            for k in range(bits // 8)
        ]
        if bits == 8:
            return f"{p}[{places[0]}]"
        shifts = range(bits - 8, -8, -8) if self.big else range(0, bits, 8)
        terms = [
            f"({kit.habits.u32}){p}[{place}] << {shift}" if shift else f"{p}[{place}]"
            for place, shift in zip(places, shifts, strict=True)
        ]
        return f"({_ctype_of(kit, bits)})({' | '.join(terms)})"

    def _binary_body(self, kit: Kit, bits: int) -> str:
        names = {"load": self.load(kit, bits, "c->at"), "size": bits // 8}
        if self.style == "take":
            return kit.fill(
                """
                if (c->left < $size)
                    return -1;
                *out = $load;
                c->at += $size;
                c->left -= $size;
                return 0;
                """,
                **names,
            )
        return kit.fill(
            """
            $type value;

            if (c->left < $size) {
                c->bad = 1;
                return 0;
            }
            value = $load;
            c->at += $size;
            c->left -= $size;
            return value;
            """,
            type=_ctype_of(kit, bits),
            **names,
        )

    def _text_body(self, kit: Kit, bits: int) -> str:
        names = {"type": _ctype_of(kit, bits), "most": hex(2**bits - 1)}
        if self.style == "take":
            return kit.fill(
                """
                $u32 value;

                if (parse_number(c, $most, &value))
                    return -1;
                *out = ($type)value;
                return 0;
                """,
                **names,
            )
        return kit.fill(
            """
            $u32 value = 0;

            if (parse_number(c, $most, &value))
                c->bad = 1;
            return ($type)value;
            """,
            **names,
        )

    def _number(self, kit: Kit) -> str:
        letters = (
            "else if (ch >= 'a' && ch <= 'f')\n    digit = ch - 'a' + 10u;"
            if self.radix == 16
            else ""
        )
        return kit.fill(
            """
            static int parse_number(struct $cursor *c, $u32 most, $u32 *out)
            {
                $u32 value = 0;
                size_t digits = 0;

                while (c->left > 0 && *c->at != '$separator') {
                    unsigned ch = *c->at, digit = 16;

                    if (ch >= '0' && ch <= '9')
                        digit = ch - '0';
                    $letters
                    if (digit >= $radix || value > (most - digit) / $radix)
                        return -1;
                    value = value * $radix + digit;
                    digits++;
                    c->at++;
                    c->left--;
                }
                if (digits == 0)
                    return -1;
                if (c->left > 0) {
                    c->at++;
                    c->left--;
                }
                *out = value;
                return 0;
            }
            """,
            cursor=self.cursor,
            separator=self.separator,
            letters=letters,
            radix=self.radix,
        )


def _ctype_of(kit: Kit, bits: int) -> str:
    return {8: kit.habits.u8, 16: kit.habits.u16, 32: kit.habits.u32}[bits]


def _ctype(kit: Kit, field: Field) -> str:
    return _ctype_of(kit, field.bits)


def reader(stream: Stream, kit: Kit, *, text: bool) -> Reader:
    """Draw a program's way of reading."""
    styles = ("take", "sticky") if text else ("take", "sticky", "offset")
    return Reader(
        style=stream.choice(styles),
        text=text,
        big=stream.chance(1, 2),
        separator=stream.choice((" ", ",", ":", ";")),
        radix=stream.choice((10, 16)),
        word=stream.choice(("take", "next", "get", "pull", "fetch", "read")),
        cursor=kit.names.type(),
    )
