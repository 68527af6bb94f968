/* SPDX-License-Identifier: Apache-2.0 */
/* msgq FILE: carry out the file's commands on a queue.
 *
 *     push TOPIC PRIORITY   a message; its body follows, up to a line with a dot
 *     pop                   print the first message and take it out, or "empty"
 *     count                 print how many messages are kept and were refused
 */
#include <stdio.h>
#include <string.h>

#include "queue.h"

static void pop(struct queue *q)
{
    struct message *m = queue_pop(q);

    if (!m) {
        puts("empty");
        return;
    }
    printf("%s: %s\n", m->topic, m->body);
    message_free(m);
}

int main(int argc, char **argv)
{
    struct queue queue = {0};
    struct message *m;
    char line[128];
    FILE *f;
    int status = 0;

    if (argc != 2 || !(f = fopen(argv[1], "r"))) {
        fprintf(stderr, "usage: msgq FILE\n");
        return 2;
    }
    while (!status && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "push ", 5)) {
            if (queue_push(&queue, line + 5, f))
                fprintf(stderr, "msgq: a message was refused\n");
        } else if (!strcmp(line, "pop")) {
            pop(&queue);
        } else if (!strcmp(line, "count")) {
            printf("%u kept, %u refused\n", queue.kept, queue.refused);
        } else {
            fprintf(stderr, "msgq: not a command: %s\n", line);
            status = 2;
        }
    }
    fclose(f);
    while ((m = queue_pop(&queue)))
        message_free(m);
    return status;
}
