# SPDX-License-Identifier: Apache-2.0
"""What a C program was compiled from and to, held against another version of it; pure.

    given = read(said, text)                 of the program as given
    why = objection(given, read(said, text)) what is in the other that no repair needs, or ""

``said`` is what `ASK` prints in a folder that gcc filled under ``-save-temps -g3``: symbols,
sections and relocations of each object. ``text`` is all that was compiled, after preprocessing,
with every ``#define`` left in (``-g3``). Neither depends on how a thing is spelled in a source:

- objects: new public names that are ``main``, begin with an underscore or are the C library's or
  the sanitizer's; weak, indirect and common symbols; sections that plain C does not make, code in
  any but those, constructors; the address of what a library holds, where it was not taken before:
  a library's functions may be called by name, and no other way
- text: attributes by name wherever they stand, pragmas, assembly, address spaces, ``[[``, built-in
  functions of one processor (they read memory past the sanitizer); a macro named like a function
  that the program calls; ``main``, token by token

Hostile: both came out of a compiler that read hostile sources. Any bytes give an answer.
Left to others: which functions may be called at all (``patched``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ASK = (
    'set -e; for o in ./*.o; do objcopy -g "$o" /work/plain; echo "= $o"; nm -P /work/plain;'
    ' echo -; readelf -SW "$o"; echo -; readelf -rW /work/plain; rm /work/plain; done;'
    " echo '= libraries'; for l in libc.so.6 libm.so.6 libasan.so; do nm -D -P --defined-only"
    ' "$(gcc -print-file-name=$l)"; done'
)
"""A shell line that prints what `read` reads."""

_SECTION = re.compile(r"^\s*\[\s*\d+\] (\S+)\s+([A-Z]\w+)\s+\w+ \w+ (\w+) \w+\s+([A-Za-z]*)\s+\d")
_RELOCATION = re.compile(r"^[0-9a-f]{8,}\s+[0-9a-f]+\s+R_\w+?_([A-Z]\w*)\s+[0-9a-f]+\s+(\S+)")
_CALL = re.compile(r"PLT32|CALL26|JUMP26")
_OURS = re.compile(r"(?:__asan|__ubsan|__odr_asan)_\w+")
_TWIN = "__odr_asan."
"""The sanitizer makes a public variable a twin of that name, to see that there is but one."""

_TABLE = "_GLOBAL_OFFSET_TABLE_"
_CODE = re.compile(r"\.text(?:\.(?:unlikely|startup|exit|hot))?")
_PLAIN = re.compile(
    r"\.(?:data|bss|rodata|tdata|tbss|data\.rel(?:\.ro)?(?:\.local)?|rodata\.(?:str|cst)[\d.]+"
    r"|comment|note\.\S+|eh_frame|debug_\w+|symtab|strtab|shstrtab|symtab_shndx|group|LASAN\S*)"
)
_FIRST = re.compile(r"\.(?:init|fini)_array\.00099")
"""The compiler's own, for the sanitizer: one entry a file."""

_MARKER = re.compile(r'^# \d+ "[^"\n]*"[ \d]*$', re.MULTILINE)
_MACRO = re.compile(r"^#\s*(?:define|undef)\s+(\w+).*$", re.MULTILINE)
_PRAGMA = re.compile(r"^[ \t]*#[ \t]*pragma\b(.*)$", re.MULTILINE)
_MEANT = re.compile(r"\s*(?:GCC\s+(?:diagnostic|unroll|ivdep)|pack|STDC|message|once)\b")
_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_ATTRIBUTE = re.compile(r"\b__attribute(?:__)?\s*\(")
_BAD_ATTRIBUTE = re.compile(
    r"\b_*(?:no_sanitize\w*?|no_address_safety_analysis|optimize|target|target_clones|section|alias"
    r"|ifunc|weak|weakref|symver|naked|constructor|destructor|init_priority|interrupt|cleanup|copy"
    r"|no_instrument_function|patchable_function_entry|ms_hook_prologue|visibility|simd)_*\b"
)
_WORDS = (
    (re.compile(r"\b__seg_\w+"), "uses another address space"),
    (re.compile(r"\b_Pragma\b"), "changes how code is compiled"),
    (re.compile(r"\[\s*\[|<:|%:"), "is written with brackets that no C source needs"),
    (re.compile(r"\b__builtin_(?:\w+_address|\w*jmp|apply\w*|return)\b"), "walks the stack"),
    (
        re.compile(r"\b__builtin_(?:ia32|aarch64|arm|neon|altivec|vsx|s390|loongarch|riscv)_"),
        "uses a processor's own instructions, which no sanitizer sees",
    ),
)
_ENTRY = re.compile(r"^(?:int|signed)\s+main\s*\(", re.MULTILINE)
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|\w+|[^\s\w]')


@dataclass(frozen=True)
class Compiled:
    """What is compared; ``fault`` is what is refused whatever the other version does.

    ``taken`` are addresses of what is in a library, each with the object that takes it.
    """

    names: frozenset[str]
    taken: frozenset[str]
    macros: frozenset[str]
    entry: str
    libraries: frozenset[str] = frozenset()
    fault: str = ""

    def to_value(self) -> dict[str, Any]:
        """For JSON: what a later version is held against."""
        sets = {"names": self.names, "taken": self.taken, "macros": self.macros}
        return {"entry": self.entry, **{name: sorted(some) for name, some in sets.items()}}

    @classmethod
    def of(cls, value: dict[str, Any]) -> Compiled:
        """The inverse."""
        names, taken, macros = (frozenset(value[name]) for name in ("names", "taken", "macros"))
        return cls(names, taken, macros, value["entry"])


def read(said: bytes, text: str) -> Compiled:
    """Of what `ASK` printed, and of all preprocessed sources together."""
    blocks = said.decode("utf-8", "replace").split("\n= ")
    libraries = _symbols("" if len(blocks) < 2 else blocks[-1])
    objects = [block.split("\n-\n") for block in blocks[:-1]]
    symbols = [_symbols(parts[0]) for parts in objects]
    own = {n for found in symbols for n, kind in found.items() if kind in "TDBRS"}
    own -= {n for n in own if n.startswith(_TWIN) and n.removeprefix(_TWIN) in own}
    fault, taken = _text_fault(text), set()
    for parts, found in zip(objects, symbols, strict=True):
        odd = next((n for n, kind in found.items() if kind in "iuCVWvw"), "")
        fault = fault or (odd and f"makes {odd[:60]} one that another can replace")
        fault = fault or ("can't be read" if len(parts) != 3 else _section_fault(parts[1]))
        inside = own | {n for n, kind in found.items() if kind != "U"}
        where = parts[0].splitlines()[0].removeprefix("= ") if parts[0] else ""
        taken |= {f"{where} {name}" for name in _taken(parts[-1]) - inside}
    macros = frozenset(_MACRO.findall(text))
    return Compiled(
        frozenset(own), frozenset(taken), macros, _entry(text), frozenset(libraries), fault
    )


def objection(given: Compiled, other: Compiled, called: Callable[[str], object]) -> str:
    """Why ``other`` is no repair of ``given``, or ""; ``called`` says what either may call."""
    if other.fault:
        return f"something in it {other.fault}"
    for name in sorted(other.names - given.names):
        if name == "main" or name.startswith("_") or name in other.libraries:
            return f"it defines {name[:60]}, which is the system's"
    for name in sorted(other.taken - given.taken):
        return f"it takes the address of {name.partition(' ')[2][:60]}, which is the system's"
    if given.names & {"main"} != other.names & {"main"} or given.entry != other.entry:
        return "its main is another, or reads otherwise after preprocessing"
    hidden = sorted(name for name in other.macros - given.macros if called(name))
    return f"{hidden[0][:60]} is a macro in it" if hidden else ""


def _symbols(listing: str) -> dict[str, str]:
    """The names that an object or library knows, and the kind of each."""
    rows = (line.split(" ") for line in listing.splitlines())
    return {r[0].partition("@")[0]: r[1] for r in rows if len(r) >= 2 and len(r[1]) == 1}


def _section_fault(listing: str) -> str:
    for line in listing.splitlines():
        row = _SECTION.match(line)
        if row is None:
            continue
        name, kind, size, flags = row.groups()
        if kind in ("RELA", "REL"):
            continue
        code = _CODE.fullmatch(name)
        first = _FIRST.fullmatch(name) and int(size, 16) <= 8
        plain = code or first or _PLAIN.fullmatch(name)
        loaded = name.startswith(".debug") and "A" in flags
        if not plain or loaded or ("X" in flags) != bool(code):
            return f"is in a section of its own, {name[:60]}"
    return ""


def _taken(listing: str) -> set[str]:
    """The names whose address is used otherwise than to call them."""
    rows = filter(None, map(_RELOCATION.match, listing.splitlines()))
    names = {row[2] for row in rows if not _CALL.search(row[1])}
    return {n for n in names if not (n.startswith(".") or _OURS.fullmatch(n) or n == _TABLE)}


def _text_fault(text: str) -> str:
    plain = _LITERAL.sub('""', _MACRO.sub("", _MARKER.sub("", text)))
    for pragma in _PRAGMA.findall(plain):
        if not _MEANT.match(pragma):
            return "changes how code is compiled"
    for begun in _ATTRIBUTE.finditer(plain):
        if _BAD_ATTRIBUTE.search(_balanced(plain, begun.end() - 1)):
            return "changes how code is compiled"
    return next((why for pattern, why in _WORDS if pattern.search(plain)), "")


def _balanced(text: str, at: int) -> str:
    """From a bracket to the one that closes it, or to the end."""
    depth = 0
    for end in range(at, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            return text[at : end + 1]
    return text[at:]


def _entry(text: str) -> str:
    """The tokens of every ``main``, from its name to the end of its body."""
    plain = _MACRO.sub("", _MARKER.sub("", text))
    found = []
    for begun in _ENTRY.finditer(plain):
        depth, tokens = 0, []
        for token in _TOKEN.finditer(plain, begun.start()):
            tokens.append(token[0])
            depth += (token[0] == "{") - (token[0] == "}")
            if token[0] == "}" and depth == 0:
                break
        found.append(" ".join(tokens))
    return "\n".join(found)
