/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "text.h"

int replace(struct text *t, size_t start, size_t end, const char *by, size_t length)
{
    size_t tail;

    if (t->length - (end - start) + length > TEXT_LIMIT)
        return -1;
    tail = t->length - end;
    memcpy(t->data + start + length, t->data + end, tail);
    memcpy(t->data + start, by, length);
    t->length = start + length + tail;
    t->data[t->length] = 0;
    return 0;
}

static int is_word(const char *at, size_t size, const char *word)
{
    return size == strlen(word) && !memcmp(at, word, size);
}

int find(const struct text *t, const char *section, const char *key, struct place *found)
{
    size_t at = 0;
    int inside = 0;

    while (at < t->length) {
        const char *line = t->data + at;
        size_t size = strcspn(line, "\n");
        const char *equals = memchr(line, '=', size);

        if (size >= 2 && line[0] == '[' && line[size - 1] == ']') {
            inside = is_word(line + 1, size - 2, section);
        } else if (inside && equals && line[0] != '#' &&
                   is_word(line, (size_t)(equals - line), key)) {
            found->line = at;
            found->value = (size_t)(equals + 1 - t->data);
            found->end = at + size;
            return 0;
        }
        at += size + 1;
    }
    return -1;
}
