/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "b64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int significant(const char *line)
{
    int n = 0;

    for (; *line; line++)
        if (*line != ' ' && *line != '\t')
            n++;
    return n;
}

int encode_line(const unsigned char *in, size_t n, char *out)
{
    char *start = out;
    size_t i;

    for (i = 0; i < n; i += 3) {
        unsigned long group = (unsigned long)in[i] << 16;

        if (i + 1 < n)
            group |= (unsigned long)in[i + 1] << 8;
        if (i + 2 < n)
            group |= in[i + 2];
        *out++ = alphabet[group >> 18 & 63];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = i + 1 < n ? alphabet[group >> 6 & 63] : '=';
        *out++ = i + 2 < n ? alphabet[group & 63] : '=';
    }
    *out = 0;
    return (int)(out - start);
}

static int value_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

int decode_line(const char *line, unsigned char *out)
{
    unsigned long group = 0;
    int held = 0, n = 0, pads = 0;

    for (; *line; line++) {
        int value;

        if (*line == ' ' || *line == '\t')
            continue;
        if (*line == '=') {
            pads++;
            value = 0;
        } else {
            value = value_of(*line);
            if (value < 0 || pads)
                return -1;
        }
        group = group << 6 | (unsigned long)value;
        if (++held < 4)
            continue;
        if (pads > 2)
            return -1;
        out[n++] = (unsigned char)(group >> 16 & 255);
        if (pads < 2)
            out[n++] = (unsigned char)(group >> 8 & 255);
        if (pads < 1)
            out[n++] = (unsigned char)(group & 255);
        held = 0;
        group = 0;
    }
    return held ? -1 : n;
}
