/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "rle.h"

/* Read a number from 1 to 1024 and the character that ends it; 0 if there is none. */
static size_t number(const unsigned char *data, size_t size, size_t *at, char end)
{
    size_t value = 0;

    while (*at < size && data[*at] >= '0' && data[*at] <= '9') {
        value = value * 10 + (size_t)(data[(*at)++] - '0');
        if (value > 1024)
            return 0;
    }
    if (*at >= size || data[*at] != (unsigned char)end)
        return 0;
    (*at)++;
    return value;
}

static int header(const unsigned char *data, size_t size, size_t *at, struct picture *pic)
{
    if (size < 4 || memcmp(data, "RL1 ", 4))
        return -1;
    *at = 4;
    pic->width = number(data, size, at, ' ');
    pic->height = number(data, size, at, '\n');
    pic->cells = pic->width * pic->height;
    return pic->cells ? 0 : -1;
}

int unpack(const unsigned char *data, size_t size, struct picture *pic)
{
    unsigned char *pixels;
    size_t i, n, at = 0;

    if (header(data, size, &i, pic))
        return -1;
    pixels = calloc(pic->cells, 1);
    if (!pixels)
        return -1;
    while (i < size) {
        int run = data[i] & 0x80;

        n = data[i++] & 0x7f;
        if (n == 0 || size - i < (run ? 1 : n))
            goto bad;
        if (run) {
            memset(pixels + at, data[i++], n);
            at += n;
        } else {
            memcpy(pixels + at, data + i, n);
            at += n;
            i += n;
        }
    }
    if (at < pic->cells)
        goto bad;
    pic->pixels = pixels;
    return 0;
bad:
    free(pixels);
    return -1;
}
