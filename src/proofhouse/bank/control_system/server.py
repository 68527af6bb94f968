# SPDX-License-Identifier: Apache-2.0
"""Writes the request handler, the server on loopback and the file mode as C.

    00 01 00 00 00 06 | 11 06 01 04 03 e8       an MBAP header, then unit and PDU

Functions 1, 2, 3, 4, 5, 6, 15 and 16 with exceptions 1 (function), 2 (address), 3 (value) and 4
(refused now), after the MODBUS Application Protocol V1.1b3 and Messaging on TCP/IP V1.0b. Server
and file mode call one handler. File mode is the deterministic one: it reads timed requests, runs
the plant for a fixed number of ticks, and reports whether it left its envelope.
"""

from __future__ import annotations

from collections.abc import Sequence

from proofhouse.bank.control_system.features import Map
from proofhouse.bank.control_system.limits import (
    COILS_SOUND,
    WORDS_SOUND,
    coils_function,
    words_function,
)
from proofhouse.bank.control_system.parts import Part, Shop, joined, last
from proofhouse.bank.control_system.requests import MOST_PER_TICK, MOST_REQUESTS
from proofhouse.bank.item import ANSWER_LIMIT

_NUMBERS = """
static unsigned $f_get(const $u8 *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static void $f_put($u8 *p, unsigned value)
{
    p[0] = ($u8)(value >> 8);
    p[1] = ($u8)value;
}

static int $f_find(unsigned address, unsigned count)
{
    unsigned at = address - $wbase;

    if (at >= $span || count > $span - at)
        return -1;
    return (int)at;
}
"""
_READ_BITS = """
static int $f_read_bits(const $ctx *$s, const $u8 *p, $u8 *out, size_t *size)
{
    unsigned first = $f_get(p + 2), count = $f_get(p + 4);
    $u8 bits[$most];
    unsigned have;

    if (p[1] == 1) {
        have = $ccount;
        memcpy(bits, $m_coil, $ccount);
        first -= $cbase;
    } else {
        have = 3;
        bits[0] = $m_tripped;
        bits[1] = $m_relief;
        bits[2] = $m_over;
        first -= $ibase;
    }
    if (count < 1 || count > 64)
        return 3;
    if (first >= have || count > have - first)
        return 2;
    out[2] = ($u8)((count + 7) / 8);
    memset(out + 3, 0, out[2]);
    for (unsigned k = 0; k < count; k++)
        out[3 + k / 8] |= ($u8)(bits[first + k] << k % 8);
    *size = 3 + (size_t)out[2];
    return 0;
}
"""
_READ_WORDS = """
static int $f_read_words($ctx *$s, const $u8 *p, $u8 *out, size_t *size)
{
    unsigned first = $f_get(p + 2), count = $f_get(p + 4);
    int reg = $f_find(first, count);

    if (count < 1 || count > 125)
        return 3;
    if (p[1] == 4 && (first - $ibase >= 4 || count > 4 - (first - $ibase)))
        return 2;
    if (p[1] == 3 && reg < 0)
        return 2;
    $listen
    for (unsigned k = 0; k < count; k++)
        $f_put(out + 3 + 2 * k,
               p[1] == 3 ? $m_hold[(reg + k)$mask] : $m_input[first - $ibase + k]);
    out[2] = ($u8)(2 * count);
    *size = 3 + 2 * (size_t)count;
    return 0;
}
"""
_WRITE_ONE = """
static int $f_coil($ctx *$s, const $u8 *p)
{
    unsigned coil = $f_get(p + 2) - $cbase, value = $f_get(p + 4);
    int rc;

    if (value != 0 && value != 0xff00)
        return 3;
    if (coil >= $ccount)
        return 2;
    rc = $f_refuse($s, coil, value != 0);
    if (rc == 0)
        $f_switch($s, coil, value != 0);
    return rc;
}

static int $f_word($ctx *$s, int unit, const $u8 *p)
{
    int reg = $f_find($f_get(p + 2), 1);
    $u16 value = ($u16)$f_get(p + 4);

    if (reg < 0)
        return 2;
    if (!$f_allowed($s, reg))
        return 4;
    $fit
    return $f_apply($s, reg, value);
}
"""
_REQUEST = """
size_t $f_request($ctx *$s, const $u8 *p, size_t n, $u8 *out)
{
    size_t size = 6;
    int rc = 1;

    if (n < 2 || (p[0] != $unit && p[0] != 0))
        return 0;
    if (p[0] == 0)
        $m_casts++;
    memcpy(out, p, n < 6 ? n : 6);
    if (n < 6) {
        rc = 3;
    } else {
        $dispatch
    }
    if (p[0] == 0)
        return 0;
    if (rc != 0) {
        out[0] = p[0];
        out[1] = p[1] | 0x80;
        out[2] = ($u8)rc;
        return 3;
    }
    return size;
}
"""
_BY_SWITCH = """
switch (p[1]) {
case 1:
case 2:
    rc = $f_read_bits($s, p, out, &size);
    break;
case 3:
case 4:
    rc = $f_read_words($s, p, out, &size);
    break;
case 5:
    rc = $f_coil($s, p);
    break;
case 6:
    rc = $f_word($s, p[0], p);
    break;
case 15:
    rc = n < 8 ? 3 : $f_coils($s, p, n);
    break;
case 16:
    rc = n < 8 ? 3 : $f_words($s, p[0], p, n);
    break;
}
"""
_BY_TESTS = """
if (p[1] == 16)
    rc = n < 8 ? 3 : $f_words($s, p[0], p, n);
else if (p[1] == 15)
    rc = n < 8 ? 3 : $f_coils($s, p, n);
else if (p[1] == 5)
    rc = $f_coil($s, p);
else if (p[1] == 6)
    rc = $f_word($s, p[0], p);
else if (p[1] == 3 || p[1] == 4)
    rc = $f_read_words($s, p, out, &size);
else if (p[1] == 1 || p[1] == 2)
    rc = $f_read_bits($s, p, out, &size);
"""


def handler(shop: Shop, parts: Sequence[Part], the: Map, ctx: str) -> tuple[str, ...]:
    """The functions of the request handler's file, callees first."""
    stream = shop.stream.fork("handler")
    style = shop.stream.fork("words").below(2)
    names: dict[str, object] = {
        "ctx": ctx,
        "wbase": shop.number("WORD_BASE", the.word_base),
        "cbase": shop.number("COIL_BASE", the.coil_base),
        "ibase": shop.number("INPUT_BASE", the.input_base),
        "ccount": len(the.coils),
        "most": max(len(the.coils), 3),
        "span": shop.span,
        "mask": shop.mask,
        "unit": shop.number("UNIT", the.unit),
    }

    def fill(text: str, **more: object) -> str:
        return shop.fill(text, **names, **more)

    fit = fill(last(parts, "fit", "if (!$f_fits($s, reg, value))\n    return 3;"))
    readers = fill(_READ_BITS), fill(_READ_WORDS, listen=fill(joined(parts, "listen")))
    writers = (
        fill(_WRITE_ONE, fit=fit),
        fill(last(parts, "coils", coils_function(COILS_SOUND))),
        fill(last(parts, "words", words_function(WORDS_SOUND[style]))),
    )
    middle = stream.fork("order").shuffled((*readers, *writers))
    dispatch = fill(stream.fork("dispatch").choice((_BY_SWITCH, _BY_TESTS)))
    return (fill(_NUMBERS), *middle, fill(_REQUEST, dispatch=dispatch))


_MAIN = """
#define ANSWER_MOST $answer_most
#define REQUESTS_MOST $requests_most
#define EACH_TICK_MOST $tick_most
#define TICKS $ticks
#define FRAME_MOST 260

struct timed {
    unsigned tick;
    size_t size;
    $u8 frame[FRAME_MOST];
};

static char text[ANSWER_MOST + 1];
static struct timed queue[REQUESTS_MOST];

static int digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One line, "at TICK HEX": unit and PDU in hex. Returns what follows it, or NULL. */
static const char *read_line(const char *p, struct timed *to)
{
    to->tick = 0;
    to->size = 0;
    if (strncmp(p, "at ", 3) != 0 || digit(p[3]) < 0 || digit(p[3]) > 9)
        return NULL;
    for (p += 3; *p >= '0' && *p <= '9'; p++) {
        to->tick = to->tick * 10 + (unsigned)(*p - '0');
        if (to->tick >= TICKS)
            return NULL;
    }
    if (*p++ != ' ')
        return NULL;
    while (digit(p[0]) >= 0 && digit(p[1]) >= 0) {
        if (to->size == FRAME_MOST)
            return NULL;
        to->frame[to->size++] = ($u8)(digit(p[0]) << 4 | digit(p[1]));
        p += 2;
    }
    if (to->size < 2 || *p != '\\n')
        return NULL;
    return p + 1;
}

/* All lines; returns how many, or -1 and the bad line's number. */
static int read_all(const char *p, unsigned *line)
{
    int count = 0, same = 0;

    for (*line = 1; *p != 0; ++*line) {
        if (count == REQUESTS_MOST)
            return -1;
        p = read_line(p, &queue[count]);
        if (p == NULL)
            return -1;
        if (count > 0 && queue[count].tick < queue[count - 1].tick)
            return -1;
        same = count > 0 && queue[count].tick == queue[count - 1].tick ? same + 1 : 1;
        if (same > EACH_TICK_MOST)
            return -1;
        count++;
    }
    return count;
}

static void print_hex(const $u8 *p, size_t n)
{
    for (size_t k = 0; k < n; k++)
        printf("%02x", p[k]);
}

static void answer_one($ctx *$s, const struct timed *one, int quiet)
{
    $u8 out[FRAME_MOST];
    size_t size = $f_request($s, one->frame, one->size, out);

    if (quiet)
        return;
    printf("%5u  > ", one->tick);
    print_hex(one->frame, one->size);
    printf("  < ");
    print_hex(out, size);
    putchar('\\n');
}

static int run(const char *path, $u32 seed, const char *mark)
{
    FILE *file = fopen(path, "rb");
    static $ctx context, *$s = &context;
    struct plant plant, *p = &plant;
    unsigned line, left = 0;
    int count, next = 0;
    size_t size;

    if (file == NULL)
        return 2;
    size = fread(text, 1, sizeof text, file);
    fclose(file);
    if (size > ANSWER_MOST || memchr(text, 0, size) != NULL) {
        puts("refused: too long, or a zero byte in it");
        return 2;
    }
    text[size] = 0;
    count = read_all(text, &line);
    if (count < 0) {
        printf("refused: line %u\\n", line);
        return 2;
    }
    $f_plant_open(p, seed);
    $f_open($s);
    for (unsigned tick = 0; tick < TICKS; tick++) {
        for (; next < count && queue[next].tick == tick; next++)
            answer_one($s, &queue[next], mark != NULL);
        $f_scan($s, p);
        $f_plant_step(p, $m_drive, $m_relief);
        if (left == 0 && p->$M_left)
            left = tick + 1;
        if (mark == NULL && tick % 10 == 0)
            printf("%5u  $value %d  drive %d  mode %u  tripped %u\\n", tick,
                   (int)$f_plant_value(p), (int)$m_drive, (unsigned)$m_mode, (unsigned)$m_tripped);
    }
    if (mark != NULL)
        printf("%s %s %u\\n", mark, left ? "left" : "kept", left);
    else if (left)
        printf("envelope: left at tick %u ($left)\\n", left - 1);
    else
        puts("envelope: kept");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && argc <= 5 && strcmp(argv[1], "run") == 0)
        return run(argv[2], argc > 3 ? ($u32)strtoul(argv[3], NULL, 10) : 1,
                   argc > 4 ? argv[4] : NULL);
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(atoi(argv[2]));
    puts("usage: $target run FILE [SEED] | serve PORT");
    return 2;
}
"""
_SERVE = """
#define CLIENTS 4
#define TICK_MILLISECONDS 50

struct client {
    int fd;
    size_t have;
    $u8 data[512];
};

static int listen_on(int port)
{
    struct sockaddr_in at = {0};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    at.sin_family = AF_INET;
    at.sin_port = htons((uint16_t)port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, CLIENTS) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* One frame from the front of what a client sent; 0: it isn't whole yet, -1: it is none. */
static int take_frame($ctx *$s, struct client *c)
{
    $u8 out[7 + 260];
    size_t length, size;

    if (c->have < 7)
        return 0;
    length = (size_t)c->data[4] << 8 | c->data[5];
    if (c->data[2] != 0 || c->data[3] != 0 || length < 2 || length > 254)
        return -1;
    if (c->have < 6 + length)
        return 0;
    size = $f_request($s, c->data + 6, length, out + 6);
    memcpy(out, c->data, 4);
    out[4] = 0;
    out[5] = ($u8)size;
    if (size > 0 && send(c->fd, out, 6 + size, MSG_NOSIGNAL) < 0)
        return -1;
    c->have -= 6 + length;
    memmove(c->data, c->data + 6 + length, c->have);
    return 1;
}

static void hear($ctx *$s, struct client *c)
{
    ssize_t got = recv(c->fd, c->data + c->have, sizeof c->data - c->have, 0);
    int rc = -1;

    if (got > 0) {
        c->have += (size_t)got;
        do
            rc = take_frame($s, c);
        while (rc > 0);
    }
    if (rc < 0) {
        close(c->fd);
        c->fd = -1;
        c->have = 0;
    }
}

static long long milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void welcome(int door, struct client *clients)
{
    int fd = accept(door, NULL, NULL);

    for (int k = 0; k < CLIENTS && fd >= 0; k++)
        if (clients[k].fd < 0) {
            clients[k].fd = fd;
            clients[k].have = 0;
            fd = -1;
        }
    if (fd >= 0)
        close(fd);
}

int serve(int port)
{
    static $ctx context, *$s = &context;
    static struct client clients[CLIENTS];
    struct plant plant, *p = &plant;
    struct pollfd polled[CLIENTS + 1];
    int door = listen_on(port), told = 0;
    long long due = milliseconds();

    if (door < 0) {
        puts("this port can't be listened on");
        return 2;
    }
    for (int k = 0; k < CLIENTS; k++)
        clients[k].fd = -1;
    $f_plant_open(p, 1);
    $f_open($s);
    for (;;) {
        for (int k = 0; k < CLIENTS; k++) {
            polled[k].fd = clients[k].fd;
            polled[k].events = POLLIN;
            polled[k].revents = 0;
        }
        polled[CLIENTS].fd = door;
        polled[CLIENTS].events = POLLIN;
        polled[CLIENTS].revents = 0;
        poll(polled, CLIENTS + 1, due > milliseconds() ? (int)(due - milliseconds()) : 0);
        for (int k = 0; k < CLIENTS; k++)
            if (polled[k].revents)
                hear($s, &clients[k]);
        if (polled[CLIENTS].revents)
            welcome(door, clients);
        if (milliseconds() < due)
            continue;
        due += TICK_MILLISECONDS;
        $f_scan($s, p);
        $f_plant_step(p, $m_drive, $m_relief);
        if (p->$M_left && !told) {
            puts("envelope: left ($left)");
            fflush(stdout);
            told = 1;
        }
    }
}
"""


def main(shop: Shop, ctx: str, ticks: int, target: str) -> str:
    """The file mode and ``main``."""
    return shop.fill(
        _MAIN,
        ctx=ctx,
        answer_most=ANSWER_LIMIT,
        requests_most=MOST_REQUESTS,
        tick_most=MOST_PER_TICK,
        ticks=ticks,
        value=shop.theme.value,
        left=shop.theme.left,
        target=target,
    )


def serve(shop: Shop, ctx: str) -> str:
    """The server on loopback."""
    return shop.fill(_SERVE, ctx=ctx, left=shop.theme.left)
