/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of an editor that inserts words, with undo and redo. */
#ifndef HIST_H
#define HIST_H
#include <stddef.h>

#define STEP_TEXT 64 /* a word has at most 63 characters */
#define FIRST_ROOM 8

struct step {
    char text[STEP_TEXT];
};

struct history {
    struct step *steps; /* room for `room`, `made` in use */
    size_t room, made;
    size_t kept; /* steps that stand; those from kept to made are undone */
};

/* All return 0, or -1 when it cannot be done. A new step drops the undone ones. */
int hist_insert(struct history *h, const char *word);
int hist_again(struct history *h);        /* the last step that stands, once more */
int hist_times(struct history *h, int n); /* the same, n times */
int hist_undo(struct history *h);
int hist_redo(struct history *h);

#endif
