/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "ring.h"

void ring_add(struct ring *r, const char *text)
{
    int slot = (r->first + r->count) % RING_SLOTS;

    snprintf(r->slots[slot], ENTRY_TEXT, "%s", text);
    if (r->count < RING_SLOTS)
        r->count++;
    else
        r->first = (r->first + 1) % RING_SLOTS;
}

const char *ring_at(const struct ring *r, int position)
{
    if (position >= r->count)
        return NULL;
    if (position < 0)
        position += r->count;
    return r->slots[(r->first + position) % RING_SLOTS];
}
