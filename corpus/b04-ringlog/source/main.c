/* SPDX-License-Identifier: Apache-2.0 */
/* ringlog FILE: carry out the file's commands on a log of 16 entries.
 *
 *     add TEXT        add an entry
 *     at POSITION     print an entry: 0 is the oldest, -1 the newest
 *     since POSITION  print an entry and all newer ones
 *
 * Where there is no entry, "none" is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"

static void print_since(const struct ring *r, int position)
{
    const char *entry = ring_at(r, position);

    if (!entry)
        puts("none");
    while (entry) {
        puts(entry);
        entry = position == -1 ? NULL : ring_at(r, ++position);
    }
}

static int carry_out(struct ring *r, const char *line)
{
    int position;
    char rest;

    if (!strncmp(line, "add ", 4)) {
        ring_add(r, line + 4);
        return 0;
    }
    if (sscanf(line, "at %d%c", &position, &rest) == 1) {
        const char *entry = ring_at(r, position);

        puts(entry ? entry : "none");
        return 0;
    }
    if (sscanf(line, "since %d%c", &position, &rest) == 1) {
        print_since(r, position);
        return 0;
    }
    fprintf(stderr, "ringlog: not a command: %s\n", line);
    return 2;
}

int main(int argc, char **argv)
{
    static struct ring ring;
    char line[256];
    FILE *f;
    int status = 0;

    if (argc != 2 || !(f = fopen(argv[1], "r"))) {
        fprintf(stderr, "usage: ringlog FILE\n");
        return 2;
    }
    while (!status && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        status = carry_out(&ring, line);
    }
    fclose(f);
    return status;
}
