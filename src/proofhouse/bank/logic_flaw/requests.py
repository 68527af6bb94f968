# SPDX-License-Identifier: Apache-2.0
"""How a service takes the arguments out of a request, and how the generator puts them in.

    sticky     const char *name = get_text(r, 0); uint32_t n = get_number(r, 1); if (r->bad) …
    take       if (get_text(r, 0, &name) || get_number(r, 1, &n)) return -1;

Arguments are found by place or by name, as the skeleton has it; numbers are decimal or hexadecimal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proofhouse.bank.logic_flaw.service import NUMBER, TEXT, Arg, Call, Command
from proofhouse.bank.logic_flaw.skeletons import Wire
from proofhouse.bank.memory_flaw.parts import Kit, inset
from proofhouse.bank.stream import Stream

MOST = 12
"""How many arguments a request may have."""


@dataclass(frozen=True)
class Reader:
    """One program's way; ``word`` begins the names of its reading functions."""

    style: str  # "sticky" or "take"
    named: bool
    radix: int
    word: str
    request: str

    def wire(self, command: Command, call: Call) -> Wire:
        """The request as words."""
        values = []
        for arg in command.args:
            value = call.values[arg.name]
            if isinstance(value, int):
                value = format(value, "x" if self.radix == 16 else "d")
            values.append((arg.name, value))
        return Wire(command.word, tuple(values), call.sum_error)

    def signature(self, kit: Kit, context: str, function: str) -> str:
        """The first line of a command's function."""
        return kit.fill(
            "int $function(struct $context *$s, struct $request *r)",
            function=function,
            context=context,
            request=self.request,
        )

    def source(self, kit: Kit, context: str, command: Command) -> str:
        """The whole C function of a command."""
        inner = (self._sticky if self.style == "sticky" else self._take)(kit, command)
        body = "\n".join((*inner, command.body, "return 0;"))
        if command.body.splitlines()[-1] == kit.fill("$fail"):
            body = "\n".join((*inner, command.body))
        whole = f"{self.signature(kit, context, command.function)}\n{{\n{inset(body)}\n}}"
        return f"{command.statics}\n\n{whole}" if command.statics else whole

    def _key(self, at: int, arg: Arg) -> str:
        return f'"{arg.name}"' if self.named else str(at)

    def _sticky(self, kit: Kit, command: Command) -> list[str]:
        lines = [
            f"{_ctype(kit, arg)}{arg.name} = {self.word}_{arg.kind}(r, {self._key(at, arg)});"
            for at, arg in enumerate(command.args)
        ]
        return [*lines, kit.fill("\nif (r->bad)\n    $fail")] if lines else []

    def _take(self, kit: Kit, command: Command) -> list[str]:
        lines = [f"{_ctype(kit, arg)}{arg.name};" for arg in command.args]
        calls = [
            f"{self.word}_{arg.kind}(r, {self._key(at, arg)}, &{arg.name})"
            for at, arg in enumerate(command.args)
        ]
        if calls:
            lines.append(kit.fill("\nif ($calls)\n    $fail", calls="\n    || ".join(calls)))
        return lines

    def header(self, kit: Kit) -> str:
        """The struct of a request and the prototypes of the reading functions."""
        struct = kit.fill(
            """
            struct $request {
                char *verb;
                unsigned count;
                char *names[$most], *values[$most];
                int bad;
            };
            """,
            request=self.request,
            most=MOST,
        )
        return f"{struct}\n\n{self._heads(kit)[0]};\n{self._heads(kit)[1]};"

    def _heads(self, kit: Kit) -> tuple[str, str]:
        key = "const char *name" if self.named else "unsigned at"
        out = ("", "") if self.style == "sticky" else (", const char **out", ", $u32 *out")
        kinds = ("const char *", "$u32 ") if self.style == "sticky" else ("int ", "int ")
        text, number = (
            kit.fill(f"{kind}{self.word}_{name}(struct {self.request} *r, {key}{more})")
            for kind, name, more in zip(kinds, (TEXT, NUMBER), out, strict=True)
        )
        return text, number

    def support(self, kit: Kit) -> str:
        """The reading functions."""
        seek = (
            "unsigned at = 0;\n\n"
            "while (at < r->count && strcmp(r->names[at], name) != 0)\n    at++;"
            if self.named
            else ""
        )
        sticky = self.style == "sticky"
        parse = kit.fill(
            """
            char *end;
            unsigned long value;

            $get
            if (!$digit((unsigned char)*text))
                $bad
            value = strtoul(text, &end, $radix);
            if (*end || value > 0xffffffffUL)
                $bad
            $done
            """,
            get=(
                "const char *text = $word_text(r, $key);"
                if sticky
                else "const char *text;\n\nif ($word_text(r, $key, &text))\n    return 1;"
            )
            .replace("$word", self.word)
            .replace("$key", "name" if self.named else "at"),
            digit="isxdigit" if self.radix == 16 else "isdigit",
            radix=self.radix,
            bad="r->bad = 1;" if sticky else "return 1;",
            done=kit.fill("return ($u32)value;")
            if sticky
            else kit.fill("*out = ($u32)value;\nreturn 0;"),
        )
        fetch = (
            'if (at >= r->count) {\n    r->bad = 1;\n    return "";\n}\nreturn r->values[at];'
            if sticky
            else "if (at >= r->count)\n    return 1;\n*out = r->values[at];\nreturn 0;"
        )
        text, number = self._heads(kit)
        first = f"{seek}\n{fetch}" if seek else fetch
        return f"{text}\n{{\n{inset(first)}\n}}\n\n{number}\n{{\n{inset(parse)}\n}}"


def reader(stream: Stream, kit: Kit, request: str, *, named: bool) -> Reader:
    """Draw how one program reads its requests."""
    return Reader(
        style=stream.choice(("sticky", "take")),
        named=named,
        radix=stream.choice((10, 10, 16)),
        word=f"{kit.names.theme.base[:4]}_{stream.choice(('get', 'arg', 'want', 'need'))}",
        request=request,
    )


def constants(pairs: Mapping[str, int], style: str) -> str:
    """Named constants as an enum or as macros."""
    if not pairs:
        return ""
    if style == "enum":
        lines = ",\n".join(f"{name} = {value}" for name, value in pairs.items())
        return f"enum {{\n{inset(lines)},\n}};"
    return "\n".join(
        f"#define {name} {value if value >= 0 else f'({value})'}" for name, value in pairs.items()
    )


def _ctype(kit: Kit, arg: Arg) -> str:
    return "const char *" if arg.kind == TEXT else f"{kit.habits.u32} "
