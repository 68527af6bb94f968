# SPDX-License-Identifier: Apache-2.0
"""Writes a draft out as C: header, main, parser, handlers, support, and the build command.

    src/main.c       reads the file (or standard input) and calls process()
    src/gauge.c      process(), the framing, the dispatch
    src/handlers.c   one function for each kind of message, in one file or two
    src/support.c    reading numbers, checksum, fold, opening and closing of the context
    src/gauge.h      constants, types, prototypes

``int process(const unsigned char *data, size_t size)`` keeps no state between calls, so it can be
driven in a loop inside one process. The program prints one number on standard output and nothing
else: no byte of its input ever reaches standard error, where the sanitizer's report is read.
"""

from __future__ import annotations

from proofhouse.bank.item import ANSWER_LIMIT, File
from proofhouse.bank.memory_flaw.draft import Draft
from proofhouse.bank.memory_flaw.parts import inset

ENTRY = "int process(const unsigned char *data, size_t size)"
"""The function that a solver's own driver may call."""

FLAGS = ("-std=gnu11", "-g", "-O1", "-fsanitize=address", "-fno-omit-frame-pointer")
"""Compiler flags of every program of the family."""

TARGET = "target"
"""The program that the build makes, in the work folder."""


class Writer:
    """Writes one draft; everything it draws comes from the draft's stream."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._kit = draft.kit
        self._stream = draft.stream.fork("writer")
        self._base = draft.kit.names.theme.base
        self._constants = list(draft.kit.constants)
        self._codes = {
            function: self._code(function, code) for function, code in draft.codes.items()
        }
        self._support = self._stream.choice(("support", "util", "common", "helpers"))
        stems = self._stream.choice(
            (("handlers", "extras"), ("messages", "actions"), ("ops", "ops2"))
        )
        self._handler_files = stems if self._stream.chance(1, 2) else stems[:1]

    @property
    def entry_file(self) -> str:
        """The path of the source that defines ENTRY."""
        return f"src/{self._base}.c"

    @property
    def header_file(self) -> str:
        """The path of the header that declares it."""
        return f"src/{self._base}.h"

    def build(self) -> tuple[str, ...]:
        """The build command, to be run in the work folder."""
        stems = ("main", self._base, *self._handler_files, self._support)
        return ("gcc", *FLAGS, "-o", TARGET, *(f"src/{stem}.c" for stem in stems))

    def files(self) -> tuple[File, ...]:
        """All sources and the Makefile."""
        texts = {f"src/{self._support}.c": self._support_source()}
        texts |= self._handler_sources()
        texts[self.entry_file] = self._parser_source()
        texts["src/main.c"] = self._main_source()
        texts[self.header_file] = self._header()
        texts["Makefile"] = self._makefile()
        tabs = self._kit.habits.tabs
        return tuple(
            File(path, (text.replace("    ", "\t") if tabs else text).encode("ascii"))
            for path, text in sorted(texts.items())
        )

    def _code(self, function: str, code: int) -> str:
        if self._kit.habits.constants != "literal":
            name = f"OP_{function}".upper()
            self._constants.append((name, code))
            return name
        return f"'{chr(code)}'" if self._draft.reader.text else hex(code)

    def _include(self, *system: str) -> str:
        lines = [f"#include <{name}>" for name in ("errno.h", "stdlib.h", "string.h", *system)]
        return "\n".join((*sorted(lines), "", f'#include "{self._base}.h"'))

    def _source(self, *parts: str) -> str:
        return "\n\n".join(part for part in parts if part) + "\n"

    def _constant_lines(self) -> str:
        pairs = self._stream.fork("constants").shuffled(self._constants)
        if self._kit.habits.fail == "REJECTED":
            pairs = (("REJECTED", -2), *pairs)
        if not pairs:
            return ""
        if self._kit.habits.constants == "enum":
            lines = ",\n".join(f"{name} = {value}" for name, value in pairs)
            return f"enum {{\n{inset(lines)},\n}};"
        return "\n".join(
            f"#define {name} {value if value >= 0 else f'({value})'}" for name, value in pairs
        )

    def _header(self) -> str:
        kit, draft = self._kit, self._draft
        guard = f"{self._base}_h".upper()
        short = "typedef uint8_t u8;\ntypedef uint16_t u16;\ntypedef uint32_t u32;"
        members = kit.fill("$u32 digest;") + "".join(
            f"\n{member}" for extras in draft.extras for member in extras.members
        )
        prototypes = [
            f"int {handler.function}(struct {draft.context} *{kit.habits.context}, "
            f"{draft.reader.parameters(kit)});"
            for handler in draft.handlers
        ]
        fold = kit.fill("$u32 $fold($u32 h, const $u8 *p, size_t n);")
        parts = [
            f"#ifndef {guard}\n#define {guard}",
            "#include <stddef.h>\n#include <stdint.h>",
            short if kit.habits.u8 == "u8" else "",
            self._constant_lines(),
            draft.reader.header(kit),
            *(text for extras in draft.extras for text in extras.types),
            f"struct {draft.context} {{\n{inset(members)}\n}};",
            *(text for extras in draft.extras for text, _ in extras.globals),
            f"{ENTRY};",
            self._owner(f"int {draft.opener}") + ";\n" + self._owner(f"void {kit.close}") + ";",
            fold if not draft.checksum else fold + "\n" + self._checksum_prototype(),
            "\n".join(prototypes),
            "#endif",
        ]
        return self._source(*parts)

    def _owner(self, start: str) -> str:
        return f"{start}(struct {self._draft.context} *{self._kit.habits.context})"

    def _checksum_prototype(self) -> str:
        assert self._draft.checksum is not None
        return self._kit.fill(
            "$u16 $name(const $u8 *p, size_t n);", name=self._draft.checksum.function
        )

    def _fold(self) -> str:
        step = self._stream.fork("fold").choice(
            (
                "h = (h ^ *p++) * 16777619u;",
                "h = h * 33u + *p++;",
                "h = (h << 7 | h >> 25) ^ *p++;",
                "h = (h + *p++) * 2654435761u;",
            )
        )
        return self._kit.fill(
            "$u32 $fold($u32 h, const $u8 *p, size_t n)\n"
            "{\n    while (n-- > 0)\n        $step\n    return h;\n}",
            step=step,
        )

    def _lifecycle(self) -> str:
        """The functions that set the context up and give back what it owns."""
        draft, kit = self._draft, self._kit
        name = kit.habits.context
        opens = [line for extras in draft.extras for line in extras.opens]
        closes = [line for extras in draft.extras for line in extras.closes]
        seed = self._stream.fork("seed").below(1 << 31)
        start = f"memset({name}, 0, sizeof *{name});\n{name}->digest = {seed}u;"
        opening = "\n".join((start, *opens, "return 0;"))
        closing = "\n".join(closes) or f"{name}->digest ^= {name}->digest >> 16;"
        return (
            self._owner(f"int {draft.opener}")
            + f"\n{{\n{inset(opening)}\n}}\n\n"
            + self._owner(f"void {kit.close}")
            + f"\n{{\n{inset(closing)}\n}}"
        )

    def _support_source(self) -> str:
        checksum = self._draft.checksum
        return self._source(
            self._include(),
            self._draft.reader.source(self._kit),
            self._fold(),
            checksum.source if checksum else "",
            self._lifecycle(),
        )

    def _handler_sources(self) -> dict[str, str]:
        """The handlers' files; which handler is in which is drawn by handler."""
        draft, kit = self._draft, self._kit
        bodies: dict[str, list[str]] = {stem: [] for stem in self._handler_files}
        for extras in draft.extras:
            bodies[self._handler_files[0]] += [text for _, text in extras.globals]
        for handler in draft.handlers:
            stem = self._stream.fork(f"file/{handler.function}").choice(self._handler_files)
            bodies[stem].append(draft.reader.handler(kit, draft.context, handler))
        return {f"src/{stem}.c": self._source(self._include(), *b) for stem, b in bodies.items()}

    def _parser_source(self) -> str:
        process = self._kit.fill(
            """
            $entry
            {
                struct $context $s;
                int rc;

                rc = $open(&$s) ? -1 : parse(&$s, data, size);
                $close(&$s);
                return rc < 0 ? -1 : (int)($s.digest & 0x7fffffff);
            }
            """,
            entry=ENTRY,
            context=self._draft.context,
            open=self._draft.opener,
            close=self._kit.close,
        )
        return self._source(self._include(), self._dispatch(), self._draft.framing.source, process)

    def _dispatch(self) -> str:
        style = self._stream.fork("dispatch").choice((_switch, _chain, _table))
        arguments = "p, n" if self._draft.reader.style == "offset" else "&c"
        order = self._stream.fork("cases").shuffled(tuple(self._codes))
        calls = [(self._codes[function], function) for function in order]
        return style(self._draft, calls, arguments)

    def _main_source(self) -> str:
        return self._source(
            self._include("stdio.h"),
            self._kit.fill(
                """
                #define INPUT_LIMIT $limit

                static unsigned char input[INPUT_LIMIT];

                int main(int argc, char **argv)
                {
                    FILE *file = NULL;
                    unsigned char *data;
                    size_t size;
                    int result;

                    if (argc == 2)
                        file = strcmp(argv[1], "-") == 0 ? stdin : fopen(argv[1], "rb");
                    if (!file) {
                        puts("usage: target FILE");
                        return 2;
                    }
                    size = fread(input, 1, sizeof input, file);
                    fclose(file);
                    data = malloc(size + 1);
                    if (!data)
                        return 2;
                    memcpy(data, input, size);
                    result = process(data, size);
                    free(data);
                    printf("%d\\n", result);
                    return result < 0;
                }
                """,
                limit=ANSWER_LIMIT,
            ),
        )

    def _makefile(self) -> str:
        compiler, *arguments = self.build()
        sources = " ".join(a for a in arguments if a.endswith(".c"))
        return (
            f"CC = {compiler}\nCFLAGS = {' '.join(FLAGS)}\n\n"
            f"{TARGET}: {sources} {self.header_file}\n"
            f"\t$(CC) $(CFLAGS) -o {TARGET} {sources}\n"
        )


def _signature(draft: Draft) -> str:
    kit = draft.kit
    text = "static int dispatch(struct $context *$s, unsigned code, const $u8 *p, size_t n)"
    return kit.fill(text, context=draft.context)


def _cursor(draft: Draft) -> str:
    if draft.reader.style == "offset":
        return ""
    bad = ", 0" if draft.reader.style == "sticky" else ""
    return f"struct {draft.reader.cursor} c = {{p, n{bad}}};\n"


def _call(draft: Draft, function: str, arguments: str) -> str:
    return f"return {function}({draft.kit.habits.context}, {arguments});"


def _switch(draft: Draft, calls: list[tuple[str, str]], arguments: str) -> str:
    cases = "\n".join(f"case {c}:\n    {_call(draft, f, arguments)}" for c, f in calls)
    body = f"{_cursor(draft)}switch (code) {{\n{cases}\ndefault:\n    return 0;\n}}"
    return f"{_signature(draft)}\n{{\n{inset(body)}\n}}"


def _chain(draft: Draft, calls: list[tuple[str, str]], arguments: str) -> str:
    tests = "\n".join(f"if (code == {c})\n    {_call(draft, f, arguments)}" for c, f in calls)
    return f"{_signature(draft)}\n{{\n{inset(_cursor(draft) + tests)}\n    return 0;\n}}"


def _table(draft: Draft, calls: list[tuple[str, str]], arguments: str) -> str:
    kit = draft.kit
    kinds = f"struct {draft.context} *, " + (
        kit.fill("const $u8 *, size_t")
        if draft.reader.style == "offset"
        else f"struct {draft.reader.cursor} *"
    )
    rows = ",\n".join(f"{{{code}, {function}}}" for code, function in calls)
    table = (
        f"static const struct {{\n    unsigned code;\n    int (*take)({kinds});\n}} table[] = {{\n"
        f"{inset(rows)},\n}};"
    )
    call = _call(draft, "table[k].take", arguments)
    walk = (
        "for (size_t k = 0; k < sizeof table / sizeof table[0]; k++)\n"
        f"    if (table[k].code == code)\n        {call}"
    )
    start = f"{_cursor(draft)}\n" if _cursor(draft) else ""
    body = f"{start}{walk}\nreturn 0;"
    return f"{table}\n\n{_signature(draft)}\n{{\n{inset(body)}\n}}"
