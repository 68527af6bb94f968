# SPDX-License-Identifier: Apache-2.0
"""Writes a draft out as C: header, plant, controller, request handler, server, and the build.

    src/main.c       the file mode and main()
    src/serve.c      the server on 127.0.0.1
    src/handler.c    registers, coils, functions 1 to 6, 15 and 16
    src/control.c    the scan, the interlocks, the modes
    src/plant.c      the physics
    src/cistern.h    constants, structs, prototypes

The program is written twice: as it is shown, and with its flaw repaired, for the judge alone.
"""

from __future__ import annotations

import re

from proofhouse.bank.control_system import plants, server
from proofhouse.bank.control_system.control import Controller
from proofhouse.bank.control_system.draft import Draft
from proofhouse.bank.control_system.parts import inset, last
from proofhouse.bank.item import File

FLAGS = ("-std=gnu11", "-O1", "-Wall", "-Werror")
"""Compiler flags of every program of the family."""

TARGET = "target"
"""The program that the build makes, in the work folder."""


class Writer:
    """Writes one draft; everything it draws comes from the draft's stream."""

    def __init__(self, draft: Draft, *, repaired: bool = False) -> None:
        self._draft, self._shop = draft, draft.shop
        self._parts = draft.sound if repaired else draft.parts
        self._stream = draft.stream.fork("writer")
        self._base = draft.shop.theme.base
        self._stems = self._stream.choice(
            (
                ("control", "handler", "plant", "serve"),
                ("logic", "registers", "physics", "link"),
                ("ladder", "words", "process", "net"),
            )
        )
        self._ctx = f"struct {draft.shop.context_type}"
        room = draft.map.room
        self._room, self._mask = len(draft.map.words), ""
        if draft.shop.span == 2 * room:
            self._room = room * int(last(self._parts, "room", "2"))
            self._mask = f" & {self._room - 1}"

    def build(self) -> tuple[str, ...]:
        """The build command, to be run in the work folder."""
        stems = ("main", *self._stems)
        return ("gcc", *FLAGS, "-o", TARGET, *(f"src/{stem}.c" for stem in stems))

    def files(self) -> tuple[File, ...]:
        """All sources and the Makefile."""
        draft, shop = self._draft, self._shop
        shop.mask = self._mask
        control, handler, plant, serve = (f"src/{stem}.c" for stem in self._stems)
        controller = Controller(shop, self._parts, draft.registers, draft.map)
        texts = {
            control: self._source(*controller.functions()),
            handler: self._source(*server.handler(shop, self._parts, draft.map, self._ctx)),
            plant: self._source(plants.source(shop, draft.plant)),
            serve: self._source(server.serve(shop, self._ctx), system=_NET),
            "src/main.c": self._source(
                server.main(shop, self._ctx, draft.ticks, TARGET), system=("stdio", "stdlib")
            ),
        }
        texts[f"src/{self._base}.h"] = self._header(controller, "\n".join(texts.values()))
        texts["Makefile"] = self._makefile()
        return tuple(
            File(path, (text.replace("    ", "\t") if shop.tabs else text).encode("ascii"))
            for path, text in sorted(texts.items())
        )

    def _source(self, *functions: str, system: tuple[str, ...] = ()) -> str:
        includes = "\n".join(f"#include <{name}.h>" for name in sorted({"string", *system}))
        text = "\n\n".join((includes, f'#include "{self._base}.h"', *functions)) + "\n"
        return re.sub(r"\{\n\n+", "{\n", re.sub(r"\n{3,}", "\n\n", text))

    def _header(self, controller: Controller, sources: str) -> str:
        shop, draft = self._shop, self._draft
        guard = f"{self._base}_h".upper()
        parts = [
            f"#ifndef {guard}\n#define {guard}",
            "#include <stddef.h>\n#include <stdint.h>",
            _SHORT if shop.short else "",
            self._constants(sources),
            self._numbers(),
            plants.header(shop, draft.plant),
            self._struct(controller),
            shop.fill(_PROTOTYPES, ctx=self._ctx),
            "#endif",
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _constants(self, sources: str) -> str:
        """The named numbers that the sources use."""
        used = set(re.findall(r"\b[A-Z_]+\b", sources))
        known = sorted(pair for pair in set(self._shop.constants) if pair[0] in used)
        pairs = self._stream.fork("constants").shuffled(known)
        return "\n".join(f"#define {name} {value}" for name, value in pairs)

    def _numbers(self) -> str:
        """The numbers of registers and coils."""
        shop, the = self._shop, self._draft.map
        words = [(shop.register(role), at) for at, role in enumerate(the.words)]
        coils = [(shop.coil(role), at) for at, role in enumerate(the.coils)]
        if self._stream.fork("numbers").chance(1, 2):
            return "\n\n".join(
                "\n".join(f"#define {name} {at}" for name, at in pairs) for pairs in (words, coils)
            )
        return "\n\n".join(
            "enum {\n" + "".join(f"    {name} = {at},\n" for name, at in pairs) + "};"
            for pairs in (words, coils)
        )

    def _struct(self, controller: Controller) -> str:
        shop, the = self._shop, self._draft.map
        more = [member for part in self._parts for member in part.members]
        members = self._stream.fork("members").shuffled((*controller.members(), *more))
        lines = [
            f"$u16 $M_hold[{self._room}];",
            f"$u8 $M_coil[{len(the.coils)}];",
            "$u16 $M_input[4];",
            *members,
        ]
        text = shop.fill("\n".join(lines))
        return f"{self._ctx} {{\n{inset(text)}\n}};"

    def _makefile(self) -> str:
        compiler, *arguments = self.build()
        sources = " ".join(a for a in arguments if a.endswith(".c"))
        return (
            f"CC = {compiler}\nCFLAGS = {' '.join(FLAGS)}\n\n"
            f"{TARGET}: {sources} src/{self._base}.h\n"
            f"\t$(CC) $(CFLAGS) -o {TARGET} {sources}\n"
        )


_NET = ("arpa/inet", "netinet/in", "poll", "stdio", "sys/socket", "time", "unistd")
_SHORT = """\
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef int16_t i16;
typedef int32_t i32;"""
_PROTOTYPES = """
void $f_open($ctx *$s);
void $f_scan($ctx *$s, struct plant *p);
int $f_allowed(const $ctx *$s, unsigned reg);
int $f_fits(const $ctx *$s, unsigned reg, $u16 value);
int $f_apply($ctx *$s, unsigned reg, $u16 value);
int $f_refuse(const $ctx *$s, unsigned coil, int on);
void $f_switch($ctx *$s, unsigned coil, int on);
size_t $f_request($ctx *$s, const $u8 *p, size_t n, $u8 *out);
int serve(int port);
"""
