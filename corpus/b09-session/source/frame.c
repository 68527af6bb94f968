/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "frame.h"

int frame_read(struct frame *f, FILE *in)
{
    unsigned char bytes[HEAD_BYTES];
    size_t got = fread(bytes, 1, sizeof bytes, in);

    if (got == 0)
        return 0;
    if (got < sizeof bytes)
        return -1;
    memcpy(&f->head, bytes, sizeof f->head);
    if (f->head.kind < KIND_OPEN || f->head.kind > KIND_CLOSE || f->head.channel >= CHANNELS)
        return -1;
    f->size = (size_t)f->head.size[0] << 8 | f->head.size[1];
    if (f->size > TEXT_LIMIT)
        return -1;
    return fread(f->text, 1, f->size, in) == f->size ? 1 : -1;
}
