/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of messages: higher priority first, older first among equals. */
#ifndef QUEUE_H
#define QUEUE_H
#include <stdio.h>

#define BODY_LIMIT 960 /* characters of a body, one for the end of each line included */

struct message {
    char *topic, *body;
    int priority; /* 0 to 9 */
    struct message *next;
};

struct queue {
    struct message *first;
    unsigned kept, refused;
};

/* Read a message whose head ("TOPIC PRIORITY") was read already and whose body follows in f up
 * to a line with a dot, and add it. A bad message is passed over, body and all, and counted in
 * `refused`; then -1 is returned. */
int queue_push(struct queue *q, char *head, FILE *f);

/* Take the first message out; NULL if there is none. Free it with message_free. */
struct message *queue_pop(struct queue *q);

void message_free(struct message *m);

#endif
