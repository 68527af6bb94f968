/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "hist.h"

/* Append a step, making more room when there is none; NULL without memory. */
static struct step *new_step(struct history *h)
{
    h->made = h->kept;
    if (h->made == h->room) {
        size_t room = h->room ? 2 * h->room : FIRST_ROOM;
        struct step *steps = realloc(h->steps, room * sizeof *steps);

        if (!steps)
            return NULL;
        h->steps = steps;
        h->room = room;
    }
    h->kept = ++h->made;
    return &h->steps[h->made - 1];
}

int hist_insert(struct history *h, const char *word)
{
    struct step *step;

    if (!*word || strlen(word) >= STEP_TEXT)
        return -1;
    step = new_step(h);
    if (!step)
        return -1;
    strcpy(step->text, word);
    return 0;
}

int hist_again(struct history *h)
{
    const struct step *last;
    struct step *step;

    if (!h->kept)
        return -1;
    last = &h->steps[h->kept - 1];
    step = new_step(h);
    if (!step)
        return -1;
    strcpy(step->text, last->text);
    return 0;
}

int hist_times(struct history *h, int n)
{
    const struct step *last;
    struct step *step;

    if (!h->kept)
        return -1;
    last = &h->steps[h->kept - 1];
    while (n-- > 0) {
        step = new_step(h);
        if (!step)
            return -1;
        strcpy(step->text, last->text);
    }
    return 0;
}

int hist_undo(struct history *h)
{
    if (!h->kept)
        return -1;
    h->kept--;
    return 0;
}

int hist_redo(struct history *h)
{
    if (h->kept == h->made)
        return -1;
    h->kept++;
    return 0;
}
