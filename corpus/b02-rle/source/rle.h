/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of characters, run-length coded.
 *
 *     RL1 WIDTH HEIGHT\n packets...
 *
 * A packet begins with a byte: 0x80 + n (n from 1 to 127) repeats the next byte n times,
 * n (from 1 to 127) takes the next n bytes as they are. Rows follow each other; a packet may
 * go on in the next row. Width and height are 1 to 1024. */
#ifndef RLE_H
#define RLE_H
#include <stddef.h>

struct picture {
    size_t width, height, cells;
    unsigned char *pixels;
};

/* Unpack coded data; 0, or -1 if they are not a picture. The caller frees pic->pixels. */
int unpack(const unsigned char *data, size_t size, struct picture *pic);

#endif
