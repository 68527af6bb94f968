# SPDX-License-Identifier: Apache-2.0
r"""How requests lie in a file: six skeletons, each as C text and as an encoder.

    words      "take 12 abc#9f3c\n", separated by a drawn sign
    query      "take?count=12&name=abc#9f3c\n", arguments found by name
    blocks     a line with the command, "name: value" lines, an empty line
    records    binary: number of words, then each with its length and a final zero
    tuples     "(take 12 abc#9f3c)", any white space between
    stack      ".12\n.abc\n!take#9f3c\n": values are pushed, a command takes them

The sum is absent below level 3. A request that is not what it must be ends the service; a request
that is refused does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from proofhouse.bank.memory_flaw.checksums import Checksum
from proofhouse.bank.memory_flaw.parts import Kit
from proofhouse.bank.stream import Stream


@dataclass(frozen=True)
class Wire:
    """One request as text: its word, names and values of its arguments."""

    word: str
    values: tuple[tuple[str, str], ...]
    sum_error: int = 0


@dataclass(frozen=True)
class Setting:
    """What a framing is drawn from; ``checksum`` is None below level 3."""

    kit: Kit
    stream: Stream
    context: str
    request: str
    checksum: Checksum | None

    def fill(self, template: str, **names: object) -> str:
        """``Kit.fill`` with the names of context and request."""
        return self.kit.fill(template, context=self.context, request=self.request, **names)

    def check(self, start: str, text: str) -> str:
        """The C statements that check and cut off the sum behind ``#`` in ``text``."""
        if self.checksum is None:
            return ""
        return self.fill(
            """
            char *mark = strrchr($text, '#');

            if (!mark)
                $fail
            if ($sum((const $u8 *)$start, (size_t)(mark - $start)) != strtoul(mark + 1, NULL, 16))
                $fail
            *mark = 0;
            """,
            sum=self.checksum.function,
            start=start,
            text=text,
        )

    def sum(self, wire: Wire, covered: bytes) -> int:
        """The checksum of a request over ``covered``; 0 where there is none."""
        return self.checksum.compute(covered) ^ wire.sum_error if self.checksum else 0

    def summed(self, wire: Wire, covered: bytes) -> bytes:
        """``covered`` with its sum behind it, where there is one."""
        if self.checksum is None:
            return covered
        return covered + b"#%04x" % self.sum(wire, covered)


@dataclass(frozen=True)
class Framing:
    """One program's framing; ``source`` defines ``parse``, ``encode`` is its inverse.

    ``named`` says that arguments are found by name and not by place.
    """

    skeleton: str
    named: bool
    source: str
    encode: Callable[[Sequence[Wire]], bytes]


_WORDS_C = """
    static int parse(struct $context *$s, char *p, size_t n)
    {
        char *end = p + n;

        while (p < end) {
            struct $request r = {0};
            char *line = p, *stop = memchr(p, '\\n', (size_t)(end - p));

            if (!stop)
                $fail
            *stop = 0;
            p = stop + 1;
            $check
            for (char *word = strtok(line, "$sign"); word; word = strtok(NULL, "$sign"))
                if (push(&r, NULL, word))
                    $fail
            if (r.verb && serve($s, &r))
                $fail
        }
        return 0;
    }
"""


def _words(setting: Setting) -> Framing:
    sign = setting.stream.choice(" ,;|")

    def encode(wires: Sequence[Wire]) -> bytes:
        lines = [sign.join((w.word, *(text for _, text in w.values))).encode() for w in wires]
        return b"".join(
            setting.summed(w, line) + b"\n" for w, line in zip(wires, lines, strict=True)
        )

    source = setting.fill(_WORDS_C, sign=sign, check=setting.check("line", "line"))
    return Framing("words", False, source, encode)


_QUERY_C = """
    static int parse(struct $context *$s, char *p, size_t n)
    {
        char *end = p + n;

        while (p < end) {
            struct $request r = {0};
            char *line = p, *stop = memchr(p, '\\n', (size_t)(end - p)), *value;

            if (!stop)
                $fail
            *stop = 0;
            p = stop + 1;
            $check
            r.verb = line;
            line += strcspn(line, "?");
            while (*line) {
                *line++ = 0;
                value = line + strcspn(line, "=");
                if (!*value)
                    $fail
                *value++ = 0;
                if (push(&r, line, value))
                    $fail
                line = value + strcspn(value, "$sign");
            }
            if (serve($s, &r))
                $fail
        }
        return 0;
    }
"""


def _query(setting: Setting) -> Framing:
    sign = setting.stream.choice("&;,")

    def encode(wires: Sequence[Wire]) -> bytes:
        out = b""
        for w in wires:
            tail = sign.join(f"{name}={text}" for name, text in w.values)
            out += setting.summed(w, (f"{w.word}?{tail}" if tail else w.word).encode()) + b"\n"
        return out

    source = setting.fill(_QUERY_C, sign=sign, check=setting.check("line", "line"))
    return Framing("query", True, source, encode)


_BLOCKS_C = """
    static int parse(struct $context *$s, char *p, size_t n)
    {
        char *end = p + n;

        while (p < end) {
            struct $request r = {0};
            char *block = p, *stop = strstr(p, "\\n\\n"), *line;

            if (!stop)
                $fail
            *stop = 0;
            p = stop + 2;
            $check
            line = strtok(block, "\\n");
            if (!line)
                $fail
            r.verb = line;
            while ((line = strtok(NULL, "\\n")) != NULL) {
                char *value = strstr(line, "$sign ");

                if (!value)
                    $fail
                *value = 0;
                if (push(&r, line, value + 2))
                    $fail
            }
            if (serve($s, &r))
                $fail
        }
        return 0;
    }
"""


def _blocks(setting: Setting) -> Framing:
    sign = setting.stream.choice(":=>")

    def encode(wires: Sequence[Wire]) -> bytes:
        out = b""
        for w in wires:
            lines = [w.word, *(f"{name}{sign} {text}" for name, text in w.values)]
            text = "\n".join(lines).encode()
            out += (setting.summed(w, text + b"\n") if setting.checksum else text) + b"\n\n"
        return out

    source = setting.fill(_BLOCKS_C, sign=sign, check=setting.check("block", "block"))
    return Framing("blocks", True, source, encode)


_RECORDS_C = """
    static int parse(struct $context *$s, char *p, size_t n)
    {
        char *end = p + n;

        while (p < end) {
            struct $request r = {0};
            $start
            unsigned words = (unsigned char)*p++;

            while (words-- > 0) {
                size_t length;

                if (p >= end)
                    $fail
                length = (unsigned char)*p++;
                if (length >= (size_t)(end - p) || p[length] || push(&r, NULL, p))
                    $fail
                p += length + 1;
            }
            $check
            if (r.verb && serve($s, &r))
                $fail
        }
        return 0;
    }
"""


def _records(setting: Setting) -> Framing:
    big = setting.stream.chance(1, 2)
    high, low = (0, 1) if big else (1, 0)
    check = ""
    if setting.checksum:
        check = setting.fill(
            """
            if (end - p < 2)
                $fail
            if ($sum((const $u8 *)start, (size_t)(p - start))
                != ((unsigned char)p[$high] << 8 | (unsigned char)p[$low]))
                $fail
            p += 2;
            """,
            sum=setting.checksum.function,
            high=high,
            low=low,
        )

    def encode(wires: Sequence[Wire]) -> bytes:
        out = b""
        for w in wires:
            words = [w.word, *(text for _, text in w.values)]
            record = bytes((len(words),))
            record += b"".join(bytes((len(t),)) + t.encode() + b"\0" for t in words)
            out += record
            if setting.checksum:
                out += setting.sum(w, record).to_bytes(2, "big" if big else "little")
        return out

    start = "char *start = p;" if setting.checksum else ""
    return Framing("records", False, setting.fill(_RECORDS_C, check=check, start=start), encode)


_TUPLES_C = """
    static int parse(struct $context *$s, char *p, size_t n)
    {
        char *end = p + n;

        for (p += strspn(p, " \\n"); p < end; p += strspn(p, " \\n")) {
            struct $request r = {0};
            char *line = p + 1, *stop = strchr(p, '$close');

            if (*p != '$open' || !stop)
                $fail
            *stop = 0;
            p = stop + 1;
            $check
            line = strtok(line, " \\n");
            while (line) {
                if (push(&r, NULL, line))
                    $fail
                line = strtok(NULL, " \\n");
            }
            if (r.verb && serve($s, &r))
                $fail
        }
        return 0;
    }
"""


def _tuples(setting: Setting) -> Framing:
    stream = setting.stream
    opened, closed = stream.choice((("(", ")"), ("[", "]"), ("{", "}"), ("<", ">")))
    gap = stream.choice(("\n", " ", "\n\n"))

    def encode(wires: Sequence[Wire]) -> bytes:
        out = b""
        for w in wires:
            inner = " ".join((w.word, *(text for _, text in w.values))).encode()
            out += opened.encode() + setting.summed(w, inner) + closed.encode() + gap.encode()
        return out

    source = setting.fill(_TUPLES_C, open=opened, close=closed, check=setting.check("line", "line"))
    return Framing("tuples", False, source, encode)


_STACK_C = """
    static int parse(struct $context *$s, char *p, size_t n)
    {
        char *end = p + n;
        struct $request r = {0};
        $start

        while (p < end) {
            char *line = p, *stop = memchr(p, '\\n', (size_t)(end - p));

            if (!stop)
                $fail
            *stop = 0;
            p = stop + 1;
            if (*line == '$push') {
                if (push(&r, "", line + 1))
                    $fail
            } else if (*line == '$call') {
                $check
                r.verb = line + 1;
                if (serve($s, &r))
                    $fail
                memset(&r, 0, sizeof r);
                $restart
            } else {
                $fail
            }
        }
        return 0;
    }
"""


def _stack(setting: Setting) -> Framing:
    push, call = setting.stream.sample(".!=:@", 2)
    summed = setting.checksum is not None

    def encode(wires: Sequence[Wire]) -> bytes:
        out = b""
        for w in wires:
            lines = [*(f"{push}{text}" for _, text in w.values), f"{call}{w.word}"]
            covered = setting.summed(w, "\0".join(lines).encode())
            out += covered.replace(b"\0", b"\n") + b"\n"
        return out

    source = setting.fill(
        _STACK_C,
        push=push,
        call=call,
        start="char *start = p;" if summed else "",
        restart="start = p;" if summed else "",
        check=setting.check("start", "line"),
    )
    return Framing("stack", False, source, encode)


SKELETONS: Mapping[str, Callable[[Setting], Framing]] = MappingProxyType(
    {
        "words": _words,
        "query": _query,
        "blocks": _blocks,
        "records": _records,
        "tuples": _tuples,
        "stack": _stack,
    }
)
"""Every skeleton by its name."""
