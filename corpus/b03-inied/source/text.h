/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an INI file, edited in place: whatever is not edited stays as it was written. */
#ifndef TEXT_H
#define TEXT_H
#include <stddef.h>

#define TEXT_LIMIT 8000 /* the most characters a text may have */

struct text {
    char data[TEXT_LIMIT + 1]; /* length characters and a 0 */
    size_t length;
};

/* Where a key's line and its value are: line <= value <= end; end is at the line's end. */
struct place {
    size_t line, value, end;
};

/* Put `length` characters in the place of start..end; -1 if the text would be too long. */
int replace(struct text *t, size_t start, size_t end, const char *by, size_t length);

/* Find a key in a section; 0, or -1 if it is not there. */
int find(const struct text *t, const char *section, const char *key, struct place *found);

#endif
