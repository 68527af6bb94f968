/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of a small protocol: a head of six bytes and a text.
 *
 *     kind  ack  last  channel  size (two bytes, high one first)  text...
 *
 * ack asks for a receipt, last ends a message; 0 is clear, 1 is set, other values are not used. */
#ifndef FRAME_H
#define FRAME_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HEAD_BYTES 6
#define TEXT_LIMIT 256
#define CHANNELS 16

enum { KIND_OPEN = 1, KIND_DATA = 2, KIND_CLOSE = 3 };

struct head {
    uint8_t kind;
    bool ack, last;
    uint8_t channel;
    uint8_t size[2];
};

struct frame {
    struct head head;
    size_t size;
    char text[TEXT_LIMIT];
};

/* Read a frame: 1, 0 at the end of the file, -1 if it is not a frame. */
int frame_read(struct frame *f, FILE *in);

/* Carry out a frame, printing what happened on its channel; -1 if it is not its turn. */
int session_step(const struct frame *f);

#endif
