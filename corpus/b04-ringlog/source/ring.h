/* SPDX-License-Identifier: Apache-2.0 */
/* A log that keeps the newest 16 entries. */
#ifndef RING_H
#define RING_H

#define RING_SLOTS 16
#define ENTRY_TEXT 64

struct ring {
    char slots[RING_SLOTS][ENTRY_TEXT];
    int first; /* slot of the oldest entry */
    int count; /* entries kept */
};

/* Add an entry; the oldest goes when all slots are taken. Longer text is cut. */
void ring_add(struct ring *r, const char *text);

/* The entry at a position: 0 is the oldest, -1 the newest; NULL if there is none. */
const char *ring_at(const struct ring *r, int position);

#endif
