# SPDX-License-Identifier: Apache-2.0
"""Writes a draft out as a folder of C sources, as a small project has them.

    Makefile, src/main.c (reads file and secret), src/BASE.c (framing, dispatch), src/BASE.h,
    one or two files of commands, one file with readers and helpers

The program reads the requests from its one argument and the secret from the file ``flag`` in its
working folder, serves the requests in their order and prints what it answers; a refused request is
answered with one word. Nothing else is read or written. At most REQUESTS requests are served.
"""

from __future__ import annotations

from proofhouse.bank.item import ANSWER_LIMIT, File
from proofhouse.bank.logic_flaw.draft import Draft
from proofhouse.bank.logic_flaw.requests import MOST, constants
from proofhouse.bank.logic_flaw.service import Command
from proofhouse.bank.memory_flaw.parts import inset

FLAGS = ("-std=gnu11", "-g", "-O1", "-Wall")
TARGET = "target"
FLAG = "flag"
"""The file that a program reads its secret from."""
KEY = "key"
"""The file that a program of a chain reads the secret of the program before it from."""
SECRET_ROOM = 80
REQUESTS = 400

_FILES = ("work", "desk", "rooms", "verbs", "office", "actions", "hall", "jobs", "tasks", "floor")
_SUPPORT = ("common", "util", "base", "support", "tools", "helpers")


class Writer:
    """The files of one draft; ``folder`` is put before their paths."""

    def __init__(self, draft: Draft, folder: str = "") -> None:
        self._draft, self._kit = draft, draft.kit
        self._folder = f"{folder}/" if folder else ""
        stream = draft.stream.fork("files")
        self._base = draft.kit.names.theme.base
        self._command_files = stream.sample(_FILES, stream.between(1, 2))
        self._support = stream.choice(_SUPPORT)
        self._style = draft.stream.fork("dispatch").choice((_chain, _table, _sorted))
        self._refusal = draft.stream.fork("refusal").choice(
            ("no", "refused", "- ", "400", "denied")
        )

    @property
    def theme(self) -> str:
        """What the program is about, as the prompt says it."""
        return self._draft.kit.names.theme.what

    @property
    def base(self) -> str:
        """The program's name."""
        return self._base

    def build(self) -> tuple[str, ...]:
        """The build command, to be run in the work folder."""
        stems = ("main", self._base, *self._command_files, self._support)
        sources = (f"{self._folder}src/{stem}.c" for stem in stems)
        return ("gcc", *FLAGS, "-o", f"{self._folder}{TARGET}", *sources)

    def files(self) -> tuple[File, ...]:
        """All sources and, for a program on its own, its Makefile."""
        texts = {f"src/{self._support}.c": self._support_source()}
        texts |= self._command_sources()
        texts[f"src/{self._base}.c"] = self._parser_source()
        texts["src/main.c"] = self._main_source()
        texts[f"src/{self._base}.h"] = self._header()
        if not self._folder:
            texts["Makefile"] = self._makefile()
        tabs = self._kit.habits.tabs
        return tuple(
            File(
                self._folder + path,
                (text.replace("    ", "\t") if tabs else text).encode("ascii"),
            )
            for path, text in sorted(texts.items())
        )

    def _include(self, *system: str) -> str:
        names = {"errno.h", "stdio.h", "stdlib.h", "string.h", "strings.h", *system}
        lines = [f"#include <{name}>" for name in sorted(names)]
        return "\n".join((*lines, "", f'#include "{self._base}.h"'))

    def _source(self, *parts: str) -> str:
        return "\n\n".join(part for part in parts if part) + "\n"

    def _header(self) -> str:
        kit, draft = self._kit, self._draft
        guard = f"{self._base}_h".upper()
        short = "typedef uint8_t u8;\ntypedef uint16_t u16;\ntypedef uint32_t u32;"
        members = f"char {draft.secret}[{SECRET_ROOM}];\nunsigned served;" + "".join(
            f"\n{member}" for extras in draft.extras for member in extras.members
        )
        signatures = [
            draft.reader.signature(kit, draft.context, command.function) + ";"
            for command in draft.commands
        ]
        pairs = dict(draft.stream.fork("constants").shuffled(kit.constants))
        if kit.habits.fail == "REJECTED":
            pairs = {"REJECTED": -2, **pairs}
        parts = [
            f"#ifndef {guard}\n#define {guard}",
            "#include <stddef.h>\n#include <stdint.h>",
            short if kit.habits.u8 == "u8" else "",
            constants(pairs, kit.habits.constants),
            *(text for extras in draft.extras for text in extras.types),
            f"struct {draft.context} {{\n{inset(members)}\n}};",
            draft.reader.header(kit),
            f"int process(struct {draft.context} *{kit.habits.context}, char *data, size_t size);",
            self._owner(f"int {draft.opener}", ", const char *secret") + ";\n"
            + self._owner(f"void {draft.award}", const=True) + ";",
            kit.fill("$u16 $name(const $u8 *p, size_t n);", name=draft.checksum.function)
            if draft.checksum
            else "",
            "\n".join(signatures),
            "#endif",
        ]  # fmt: skip
        return self._source(*parts)

    def _owner(self, start: str, more: str = "", *, const: bool = False) -> str:
        word = "const struct" if const else "struct"
        return f"{start}({word} {self._draft.context} *{self._kit.habits.context}{more})"

    def _support_source(self) -> str:
        draft, kit = self._draft, self._kit
        name = kit.habits.context
        opens = [line for extras in draft.extras for line in extras.opens]
        start = kit.fill(
            """
            memset($s, 0, sizeof *$s);
            if (strlen(secret) >= sizeof $s->$secret)
                $fail
            strcpy($s->$secret, secret);
            """,
            secret=draft.secret,
        )
        opening = "\n".join((start, *opens, "return 0;"))
        shown = f'printf("{draft.greeting}%s\\n", {name}->{draft.secret});'
        return self._source(
            self._include("ctype.h"),
            draft.reader.support(kit),
            draft.checksum.source if draft.checksum else "",
            self._owner(f"int {draft.opener}", ", const char *secret")
            + f"\n{{\n{inset(opening)}\n}}",
            self._owner(f"void {draft.award}", const=True) + f"\n{{\n{inset(shown)}\n}}",
        )

    def _command_sources(self) -> dict[str, str]:
        """The commands' files; the commands of one module stay together."""
        draft, kit = self._draft, self._kit
        bodies: dict[str, list[str]] = {stem: [] for stem in self._command_files}
        for commands, statics in zip(draft.modules, draft.statics, strict=True):
            label = f"file/{commands[0].function}"
            stem = self._draft.stream.fork(label).choice(self._command_files)
            order = self._draft.stream.fork(f"{label}/order").shuffled(commands)
            bodies[stem] += [statics] if statics else []
            bodies[stem] += [draft.reader.source(kit, draft.context, c) for c in order]
        return {f"src/{stem}.c": self._source(self._include(), *b) for stem, b in bodies.items()}

    def _parser_source(self) -> str:
        fill = self._kit.fill
        names = {"request": self._draft.reader.request, "context": self._draft.context}
        push = fill(
            """
            static int push(struct $request *r, char *name, char *value)
            {
                if (!name && !r->verb) {
                    r->verb = value;
                    return 0;
                }
                if (r->count == $most)
                    return 1;
                r->names[r->count] = name;
                r->values[r->count++] = value;
                return 0;
            }
            """,
            most=MOST,
            **names,
        )
        serve = fill(
            """
            static int serve(struct $context *$s, struct $request *r)
            {
                if (++$s->served > $requests)
                    return 1;
                if (dispatch($s, r) < 0)
                    puts("$refusal");
                return 0;
            }
            """,
            requests=REQUESTS,
            refusal=self._refusal,
            **names,
        )
        process = fill(
            """
            int process(struct $context *$s, char *data, size_t size)
            {
                return parse($s, data, size);
            }
            """,
            **names,
        )
        dispatch = self._dispatch()
        framing = self._draft.framing.source
        return self._source(self._include(), dispatch, push, serve, framing, process)

    def _dispatch(self) -> str:
        order = self._draft.stream.fork("cases").shuffled(self._draft.commands)
        return self._style(self._draft, order)

    def _main_source(self) -> str:
        kit = self._kit
        key = kit.fill(
            'load("$file", $s.$key, sizeof $s.$key - 1);\n$s.$key[strcspn($s.$key, "\\n")] = 0;',
            file=KEY,
            key=self._draft.key,
        )
        return self._source(
            self._include(),
            kit.fill(
                """
                #define INPUT_LIMIT $limit

                static char input[INPUT_LIMIT + 1];
                static struct $context $s;

                static size_t load(const char *name, char *into, size_t room)
                {
                    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
                    size_t size;

                    if (!file) {
                        perror(name);
                        exit(2);
                    }
                    size = fread(into, 1, room, file);
                    fclose(file);
                    return size;
                }

                int main(int argc, char **argv)
                {
                    char secret[$room] = {0};
                    size_t size;

                    if (argc != 2) {
                        fprintf(stderr, "usage: %s FILE\\n", argv[0]);
                        return 2;
                    }
                    load("$flag", secret, sizeof secret - 1);
                    secret[strcspn(secret, "\\n")] = 0;
                    size = load(argv[1], input, INPUT_LIMIT);
                    if (!*secret || $open(&$s, secret))
                        return 2;
                    $key
                    return process(&$s, input, size) < 0;
                }
                """,
                limit=ANSWER_LIMIT,
                context=self._draft.context,
                room=SECRET_ROOM,
                flag=FLAG,
                key=key if self._draft.key else "",
                open=self._draft.opener,
            ),
        )

    def _makefile(self) -> str:
        command = self.build()
        sources = " ".join(word for word in command if word.endswith(".c"))
        return (
            f"CFLAGS = {' '.join(FLAGS)}\nSOURCES = {sources}\n\n"
            f"{TARGET}: $(SOURCES) src/{self._base}.h\n\tgcc $(CFLAGS) -o $@ $(SOURCES)\n\n"
            f"clean:\n\trm -f {TARGET}\n\n.PHONY: clean\n"
        )


def _head(draft: Draft) -> str:
    return draft.kit.fill(
        "static int dispatch(struct $context *$s, struct $request *r)",
        context=draft.context,
        request=draft.reader.request,
    )


def _chain(draft: Draft, order: tuple[Command, ...]) -> str:
    tests = "\n".join(
        draft.kit.fill(
            'if (strcmp(r->verb, "$word") == 0)\n    return $function($s, r);',
            word=command.word,
            function=command.function,
        )
        for command in order
    )
    return f"{_head(draft)}\n{{\n{inset(tests)}\n{inset(draft.kit.fill('$fail'))}\n}}"


def _rows(draft: Draft, order: tuple[Command, ...]) -> str:
    rows = ",\n".join(f'{{"{command.word}", {command.function}}}' for command in order)
    return draft.kit.fill(
        "static const struct verb {\n    const char *word;\n"
        "    int (*take)(struct $context *, struct $request *);\n} verbs[] = {\n$rows,\n};",
        context=draft.context,
        request=draft.reader.request,
        rows=inset(rows),
    )


def _table(draft: Draft, order: tuple[Command, ...]) -> str:
    walk = draft.kit.fill(
        """
        for (size_t k = 0; k < sizeof verbs / sizeof verbs[0]; k++)
            if (strcmp(verbs[k].word, r->verb) == 0)
                return verbs[k].take($s, r);
        $fail
        """
    )
    return f"{_rows(draft, order)}\n\n{_head(draft)}\n{{\n{inset(walk)}\n}}"


def _sorted(draft: Draft, order: tuple[Command, ...]) -> str:
    ranked = tuple(sorted(order, key=lambda command: command.word))
    seek = draft.kit.fill(
        """
        size_t low = 0, high = sizeof verbs / sizeof verbs[0];

        while (low < high) {
            size_t middle = (low + high) / 2;
            int way = strcmp(r->verb, verbs[middle].word);

            if (way == 0)
                return verbs[middle].take($s, r);
            if (way < 0)
                high = middle;
            else
                low = middle + 1;
        }
        $fail
        """
    )
    return f"{_rows(draft, ranked)}\n\n{_head(draft)}\n{{\n{inset(seek)}\n}}"
