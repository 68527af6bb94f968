/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "queue.h"

static char *copy(const char *text)
{
    char *made = malloc(strlen(text) + 1);

    if (!made)
        abort();
    return strcpy(made, text);
}

/* Read one line without its end; 0 at a line with a dot or at the end of the file. */
static int body_line(FILE *f, char line[128])
{
    if (!fgets(line, 128, f))
        return 0;
    line[strcspn(line, "\n")] = 0;
    return strcmp(line, ".") != 0;
}

static void skip_body(FILE *f)
{
    char line[128];

    while (body_line(f, line))
        ;
}

/* Read a body, its lines joined by spaces; NULL if it is too long (it is read to its end). */
static char *read_body(FILE *f)
{
    char body[BODY_LIMIT + 1] = "", line[128];
    size_t length = 0;

    while (body_line(f, line)) {
        size_t more = strlen(line);

        if (length + more + 1 > BODY_LIMIT) {
            skip_body(f);
            return NULL;
        }
        memcpy(body + length, line, more);
        length += more;
        body[length++] = ' ';
    }
    body[length ? length - 1 : 0] = 0;
    return copy(body);
}

static int digit(const char *text)
{
    return text[0] >= '0' && text[0] <= '9' && !text[1] ? text[0] - '0' : -1;
}

/* Fill a message from its head and body; -1 if it is bad. */
static int fill(struct message *m, char *head, FILE *f)
{
    char *space = strchr(head, ' ');

    if (!space) {
        skip_body(f);
        return -1;
    }
    *space = 0;
    m->topic = copy(head);
    m->priority = digit(space + 1);
    if (m->priority < 0) {
        free(m->topic);
        skip_body(f);
        return -1;
    }
    m->body = read_body(f);
    if (!m->body) {
        free(m->topic);
        return -1;
    }
    return 0;
}

int queue_push(struct queue *q, char *head, FILE *f)
{
    struct message *m = calloc(1, sizeof *m), **at = &q->first;

    if (!m)
        abort();
    if (fill(m, head, f)) {
        message_free(m);
        q->refused++;
        return -1;
    }
    while (*at && (*at)->priority >= m->priority)
        at = &(*at)->next;
    m->next = *at;
    *at = m;
    q->kept++;
    return 0;
}

struct message *queue_pop(struct queue *q)
{
    struct message *m = q->first;

    if (m) {
        q->first = m->next;
        q->kept--;
    }
    return m;
}

void message_free(struct message *m)
{
    free(m->topic);
    free(m->body);
    free(m);
}
