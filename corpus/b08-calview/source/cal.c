/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cal.h"

static char *copy(const char *text)
{
    char *made = malloc(strlen(text) + 1);

    if (!made)
        abort();
    return strcpy(made, text);
}

static void field(struct event *e, const char *line)
{
    char **to = NULL;
    const char *colon = strchr(line, ':');

    if (!strncmp(line, "START:", 6) && strlen(line) == 19)
        to = &e->start;
    else if (!strncmp(line, "SUMMARY:", 8))
        to = &e->summary;
    else if (!strncmp(line, "PLACE:", 6))
        to = &e->place;
    if (to) {
        free(*to);
        *to = copy(colon + 1);
    }
}

/* Compare two starts, character by character. */
static int compare_starts(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static int by_start(const void *a, const void *b)
{
    return compare_starts(((const struct event *)a)->start, ((const struct event *)b)->start);
}

int cal_read(struct calendar *c, FILE *f)
{
    char line[256];
    int inside = 0;

    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!strcmp(line, "BEGIN:EVENT")) {
            if (inside || c->count == EVENTS_LIMIT)
                return -1;
            inside = 1;
            continue;
        }
        if (!inside)
            continue;
        if (!strcmp(line, "END:EVENT")) {
            c->count++;
            inside = 0;
            continue;
        }
        field(&c->events[c->count], line);
    }
    qsort(c->events, (size_t)c->count, sizeof c->events[0], by_start);
    return inside ? -1 : 0;
}

/* Whether a word is in a text. */
static int has_word(const char *text, const char *word)
{
    size_t size = strlen(word);

    for (; *text; text++)
        if (!strncmp(text, word, size))
            return 1;
    return size == 0;
}

void cal_print(const struct event *e, const char *word)
{
    const char *s = e->start;

    if (!has_word(e->summary, word) && !(e->place && has_word(e->place, word)))
        return;
    printf("%.4s-%.2s-%.2s %.2s:%.2s %s", s, s + 4, s + 6, s + 9, s + 11, e->summary);
    if (e->place)
        printf(" (%s)", e->place);
    putchar('\n');
}

void cal_free(struct calendar *c)
{
    int i;

    for (i = 0; i < EVENTS_LIMIT; i++) {
        free(c->events[i].start);
        free(c->events[i].summary);
        free(c->events[i].place);
    }
}
