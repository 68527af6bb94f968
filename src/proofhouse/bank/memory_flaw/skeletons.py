# SPDX-License-Identifier: Apache-2.0
r"""How messages are framed in an input: seven skeletons, each as C text and as an encoder.

    records    magic, then [code, length, sum, payload]… with header fields in a drawn order
    chunks     an image-like header with dimensions, then length-first chunks up to an end chunk
    lines      a text protocol: a greeting, then "T 12,7,abc*9f3c\n"
    archive    a directory of [code, offset, length, sum] in front, the data behind it
    store      a key-value log: [code, key length, value length, sum] key value
    packets    packets between flag bytes with byte stuffing, as HDLC has them (RFC 1662)
    groups     groups of records: two levels of lengths

Every one of them checks its lengths: the flaw lies in a handler, never here. The sum is absent
below level 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from proofhouse.bank.memory_flaw.framing import Frame, Framing, Layout, Setting


def _records(setting: Setting) -> Framing:
    stream = setting.stream
    magic, wrong = setting.magic(stream.between(2, 4))
    wide, sums = stream.choice((1, 2, 2)), 2 if setting.checksum else 0
    head = Layout(setting, (("code", 1), ("length", wide), ("sum", sums)))
    walk = stream.choice(("while (at < n) {", "for (; at != n;) {"))

    def encode(frames: Sequence[Frame]) -> bytes:
        out = bytearray(magic)
        for f in frames:
            out += head.pack(code=f.code, length=len(f.payload), sum=setting.sum(f, f.payload))
            out += f.payload
        return bytes(out)

    source = setting.fill(
        """
        static int parse(struct $context *$s, const $u8 *p, size_t n)
        {
            size_t at = $magic;

            if (n < $magic || $wrong)
                $fail
            $walk
                const $u8 *head = p + at;
                size_t length;

                if (n - at < $head)
                    $fail
                length = $length;
                at += $head;
                if (length > n - at)
                    $fail
                $check
                if (dispatch($s, $code, p + at, length) < 0)
                    $fail
                at += length;
            }
            return 0;
        }
        """,
        magic=len(magic),
        wrong=wrong,
        walk=walk,
        head=head.size,
        length=head.load("length", "head"),
        code=head.load("code", "head"),
        check=setting.check("p + at", "length", head.load("sum", "head")) if sums else "",
    )
    return Framing("records", source, encode)


_CHUNKS_C = """
    static int parse(struct $context *$s, const $u8 *p, size_t n)
    {
        const $u8 *end = p + n;
        unsigned long columns, rows;

        if (n < $top || $wrong)
            $fail
        columns = $columns;
        rows = $rows;
        if (columns == 0 || rows == 0 || columns * rows > 0x40000 || $depth > 8)
            $fail
        $s->digest += ($u32)(columns * rows);
        p += $top;
        while (end - p >= $head) {
            size_t length = $length;
            unsigned code = p[$wide];

            p += $plain;
            if (length > $room)
                $fail
            $check
            if (code == $end)
                return 0;
            if (dispatch($s, code, p, length) < 0)
                $fail
            p += $step;
        }
        $fail
    }
"""


def _chunks(setting: Setting) -> Framing:
    stream = setting.stream
    magic, wrong = setting.magic(4)
    wide, sums = stream.choice((2, 4)), 2 if setting.checksum else 0
    top = Layout(setting, (("columns", 2), ("rows", 2), ("depth", 1)))
    columns, rows = stream.between(1, 200), stream.between(1, 200)
    depth, end = stream.choice((1, 2, 4, 8)), 0xFF

    def encode(frames: Sequence[Frame]) -> bytes:
        out = bytearray(magic + top.pack(columns=columns, rows=rows, depth=depth))
        for f in (*frames, Frame(end, b"")):
            out += setting.number(len(f.payload), wide) + bytes((f.code,)) + f.payload
            out += setting.number(setting.sum(f, f.payload), sums) if sums else b""
        return bytes(out)

    source = setting.fill(
        _CHUNKS_C,
        top=4 + top.size,
        wrong=wrong,
        columns=top.load("columns", "p", 4),
        rows=top.load("rows", "p", 4),
        depth=top.load("depth", "p", 4),
        head=wide + 1 + sums,
        plain=wide + 1,
        wide=wide,
        room="(size_t)(end - p) - 2" if sums else "(size_t)(end - p)",
        step="length + 2" if sums else "length",
        end=hex(end),
        length=setting.load(wide, "p"),
        check=setting.check("p", "length", setting.load(2, "p", "length")) if sums else "",
    )
    return Framing("chunks", source, encode)


_DIGITS_C = """
    if (size < 7 || line[size - 5] != '*')
        $fail
    for (size_t k = size - 4; k < size; k++) {
        unsigned ch = line[k];

        if (ch >= '0' && ch <= '9')
            stored = stored << 4 | (ch - '0');
        else if (ch >= 'a' && ch <= 'f')
            stored = stored << 4 | (ch - 'a' + 10);
        else
            $fail
    }
    size -= 5;
"""

_LINES_C = """
    static int parse(struct $context *$s, const $u8 *p, size_t n)
    {
        size_t at = $greeting;

        if (n < at || memcmp(p, "$word\\n", at) != 0)
            $fail
        while (at < n) {
            const $u8 *line = p + at;
            size_t size = 0;
            $declare

            while (size < n - at && line[size] != '\\n')
                size++;
            at += size;
            if (at < n)
                at++;
            if (size == 0 || line[0] == '#')
                continue;
            $digits
            $check
            if (size < 2 || line[1] != '$blank')
                $fail
            if (dispatch($s, line[0], line + 2, size - 2) < 0)
                $fail
        }
        return 0;
    }
"""


def _lines(setting: Setting) -> Framing:
    stream = setting.stream
    greeting = b"%s/%d" % (setting.kit.names.theme.base.upper().encode(), stream.between(1, 9))
    blank = stream.choice((" ", "=", ">"))

    def encode(frames: Sequence[Frame]) -> bytes:
        out = bytearray(greeting + b"\n")
        for f in frames:
            line = bytes((f.code,)) + blank.encode() + f.payload
            tail = b"*%04x" % setting.sum(f, line) if setting.checksum else b""
            out += line + tail + b"\n"
        return bytes(out)

    source = setting.fill(
        _LINES_C,
        greeting=len(greeting) + 1,
        word=greeting.decode(),
        blank=blank,
        declare="unsigned stored = 0;" if setting.checksum else "",
        digits=setting.fill(_DIGITS_C) if setting.checksum else "",
        check=setting.check("line", "size", "stored"),
    )
    return Framing("lines", source, encode)


def _archive(setting: Setting) -> Framing:
    stream = setting.stream
    magic, wrong = setting.magic(stream.between(2, 3))
    sums = 2 if setting.checksum else 0
    entry = Layout(setting, (("code", 1), ("offset", 2), ("length", 2), ("sum", sums)))
    relative = stream.chance(1, 2)

    def encode(frames: Sequence[Frame]) -> bytes:
        front = len(magic) + 1 + entry.size * len(frames)
        directory, data = bytearray(), bytearray()
        for f in frames:
            place = len(data) + (0 if relative else front)
            total = setting.sum(f, f.payload)
            directory += entry.pack(code=f.code, offset=place, length=len(f.payload), sum=total)
            data += f.payload
        return bytes(magic + bytes((len(frames),)) + directory + data)

    source = setting.fill(
        """
        static int parse(struct $context *$s, const $u8 *p, size_t n)
        {
            const $u8 *base = p;
            size_t entries, limit = n;

            if (n < $front || $wrong)
                $fail
            entries = p[$count];
            if (entries > (n - $front) / $size)
                $fail
            $base
            for (size_t k = 0; k < entries; k++) {
                const $u8 *entry = p + $front + k * $size;
                size_t offset = $offset;
                size_t length = $length;

                if (offset > limit || length > limit - offset)
                    $fail
                $check
                if (dispatch($s, $code, base + offset, length) < 0)
                    $fail
            }
            return 0;
        }
        """,
        front=len(magic) + 1,
        count=len(magic),
        wrong=wrong,
        size=entry.size,
        offset=entry.load("offset", "entry"),
        length=entry.load("length", "entry"),
        code=entry.load("code", "entry"),
        base=f"base += {len(magic) + 1} + entries * {entry.size};\nlimit -= (size_t)(base - p);"
        if relative
        else "",
        check=setting.check("base + offset", "length", entry.load("sum", "entry")) if sums else "",
    )
    return Framing("archive", source, encode)


def _store(setting: Setting) -> Framing:
    stream = setting.stream
    wide, sums = stream.choice((1, 2)), 2 if setting.checksum else 0
    head = Layout(setting, (("code", 1), ("key", 1), ("value", wide), ("sum", sums)))
    longest = stream.between(8, 24)
    keys = tuple(stream.letters(stream.between(2, 6)) for _ in range(8))

    def encode(frames: Sequence[Frame]) -> bytes:
        out = bytearray()
        for at, f in enumerate(frames):
            body = keys[at % len(keys)] + f.payload
            sizes = {"key": len(keys[at % len(keys)]), "value": len(f.payload)}
            out += head.pack(code=f.code, sum=setting.sum(f, body), **sizes) + body
        return bytes(out)

    source = setting.fill(
        """
        static int parse(struct $context *$s, const $u8 *p, size_t n)
        {
            while (n >= $head) {
                const $u8 *key = p + $head;
                size_t key_size = $key;
                size_t value_size = $value;

                if (key_size == 0 || key_size > $longest)
                    $fail
                if (key_size + value_size > n - $head)
                    $fail
                $check
                $s->digest = $fold($s->digest, key, key_size);
                if (dispatch($s, $code, key + key_size, value_size) < 0)
                    $fail
                p = key + key_size + value_size;
                n -= $head + key_size + value_size;
            }
            return n == 0 ? 0 : -1;
        }
        """,
        head=head.size,
        key=head.load("key", "p"),
        value=head.load("value", "p"),
        code=head.load("code", "p"),
        longest=longest,
        check=setting.check("key", "key_size + value_size", head.load("sum", "p")) if sums else "",
    )
    return Framing("store", source, encode)


def _packets(setting: Setting) -> Framing:
    stream = setting.stream
    flag, escape = stream.choice(((0x7E, 0x7D), (0xC0, 0xDB), (0x10, 0x1B)))
    flip, sums = stream.choice((0x20, 0x40)), 2 if setting.checksum else 0

    def encode(frames: Sequence[Frame]) -> bytes:
        out = bytearray((flag,))
        for f in frames:
            body = bytes((f.code,)) + f.payload
            if sums:
                body += setting.number(setting.sum(f, body), 2)
            for byte in body:
                out += bytes((escape, byte ^ flip)) if byte in (flag, escape) else bytes((byte,))
            out.append(flag)
        return bytes(out)

    source = setting.fill(
        """
        static int packet(struct $context *$s, const $u8 *p, size_t n)
        {
            if (n == 0)
                return 0;
            $short
            $check
            return dispatch($s, p[0], p + 1, n - 1);
        }

        static int parse(struct $context *$s, const $u8 *p, size_t n)
        {
            $u8 *plain = malloc(n + 1);
            size_t held = 0, k = 0;
            int rc = plain && n > 0 && p[0] == $flag ? 0 : -1;

            while (rc == 0 && ++k < n) {
                if (p[k] == $flag) {
                    rc = packet($s, plain, held) < 0 ? -1 : 0;
                    held = 0;
                } else if (p[k] == $escape) {
                    if (++k == n)
                        break;
                    plain[held++] = p[k] ^ $flip;
                } else {
                    plain[held++] = p[k];
                }
            }
            free(plain);
            return rc == 0 && held == 0 ? 0 : -1;
        }
        """,
        flag=hex(flag),
        escape=hex(escape),
        flip=hex(flip),
        short=setting.fill("if (n < 3)\n    $fail\nn -= 2;") if sums else "",
        check=setting.check("p", "n", setting.load(2, "p", "n")) if sums else "",
    )
    return Framing("packets", source, encode)


_GROUPS_C = """
    static int group(struct $context *$s, const $u8 *p, size_t n, unsigned records)
    {
        while (records-- > 0) {
            size_t length;

            if (n < $inner)
                $fail
            length = $length;
            if (length > n - $inner)
                $fail
            $check
            if (dispatch($s, $code, p + $inner, length) < 0)
                $fail
            p += $inner + length;
            n -= $inner + length;
        }
        return n == 0 ? 0 : -1;
    }

    static int parse(struct $context *$s, const $u8 *p, size_t n)
    {
        size_t at = 2;

        if (n < 2 || $wrong)
            $fail
        while (n - at >= $outer) {
            const $u8 *head = p + at;
            size_t size = $size;

            at += $outer;
            if (size > n - at)
                $fail
            $s->digest ^= $label;
            if (group($s, p + at, size, $records) < 0)
                $fail
            at += size;
        }
        return at == n ? 0 : -1;
    }
"""


def _groups(setting: Setting) -> Framing:
    stream = setting.stream
    magic, wrong = setting.magic(2)
    wide, sums = stream.choice((1, 2)), 2 if setting.checksum else 0
    outer = Layout(setting, (("label", 1), ("records", 1), ("size", 2)))
    inner = Layout(setting, (("code", 1), ("length", wide), ("sum", sums)))
    label, per_group = stream.between(1, 250), stream.between(1, 3)

    def encode(frames: Sequence[Frame]) -> bytes:
        out = bytearray(magic)
        for start in range(0, len(frames), per_group):
            some, body = frames[start : start + per_group], bytearray()
            for f in some:
                total = setting.sum(f, f.payload)
                body += inner.pack(code=f.code, length=len(f.payload), sum=total) + f.payload
            out += outer.pack(label=label, records=len(some), size=len(body)) + body
        return bytes(out)

    source = setting.fill(
        _GROUPS_C,
        wrong=wrong,
        inner=inner.size,
        outer=outer.size,
        length=inner.load("length", "p"),
        code=inner.load("code", "p"),
        size=outer.load("size", "head"),
        label=outer.load("label", "head"),
        records=outer.load("records", "head"),
        check=setting.check(f"p + {inner.size}", "length", inner.load("sum", "p")) if sums else "",
    )
    return Framing("groups", source, encode)


SKELETONS: Mapping[str, Callable[[Setting], Framing]] = MappingProxyType(
    {
        "records": _records,
        "chunks": _chunks,
        "lines": _lines,
        "archive": _archive,
        "store": _store,
        "packets": _packets,
        "groups": _groups,
    }
)
"""Every skeleton by its name."""
