/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "frame.h"

#define MESSAGE_LIMIT 1024

/* What a channel waits for. */
enum state { CLOSED, IDLE, INSIDE };

static struct {
    enum state state;
    size_t size;
    char message[MESSAGE_LIMIT];
} channels[CHANNELS];

static void say(const struct frame *f, const char *what, size_t size)
{
    printf("%d %.*s", f->head.channel, (int)size, what);
    if (f->head.ack)
        fputs(" ack", stdout);
    putchar('\n');
}

static int take_text(const struct frame *f)
{
    int c = f->head.channel;

    if (channels[c].size + f->size > MESSAGE_LIMIT)
        return -1;
    memcpy(channels[c].message + channels[c].size, f->text, f->size);
    channels[c].size += f->size;
    channels[c].state = INSIDE;
    if (f->head.last) {
        say(f, channels[c].message, channels[c].size);
        channels[c].size = 0;
        channels[c].state = IDLE;
    }
    return 0;
}

int session_step(const struct frame *f)
{
    enum state *state = &channels[f->head.channel].state;

    if (f->head.kind == KIND_OPEN && *state == CLOSED) {
        *state = IDLE;
        say(f, "open", 4);
        return 0;
    }
    if (f->head.kind == KIND_DATA && *state != CLOSED)
        return take_text(f);
    if (f->head.kind == KIND_CLOSE && *state == IDLE) {
        *state = CLOSED;
        say(f, "closed", 6);
        return 0;
    }
    return -1;
}

int main(int argc, char **argv)
{
    static struct frame frame;
    FILE *in;
    int got;

    if (argc != 2 || !(in = fopen(argv[1], "rb"))) {
        fprintf(stderr, "usage: session FILE\n");
        return 2;
    }
    while ((got = frame_read(&frame, in)) > 0) {
        if (session_step(&frame)) {
            got = -1;
            break;
        }
    }
    fclose(in);
    if (got < 0)
        fprintf(stderr, "session: bad frame\n");
    return got < 0 ? 2 : 0;
}
