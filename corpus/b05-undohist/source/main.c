/* SPDX-License-Identifier: Apache-2.0 */
/* undohist FILE: carry out the file's commands, one a line.
 *
 *     ins WORD | again | times N | undo | redo | show | count
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"

static int show(const struct history *h)
{
    size_t i;

    for (i = 0; i < h->kept; i++)
        printf("%s ", h->steps[i].text);
    putchar('\n');
    return 0;
}

static int carry_out(struct history *h, const char *line)
{
    if (!strncmp(line, "ins ", 4))
        return hist_insert(h, line + 4);
    if (!strcmp(line, "again"))
        return hist_again(h);
    if (!strncmp(line, "times ", 6))
        return hist_times(h, atoi(line + 6));
    if (!strcmp(line, "undo"))
        return hist_undo(h);
    if (!strcmp(line, "redo"))
        return hist_redo(h);
    if (!strcmp(line, "show"))
        return show(h);
    if (!strcmp(line, "count"))
        return printf("%zu\n", h->kept) < 0;
    return -1;
}

int main(int argc, char **argv)
{
    struct history history = {0};
    char line[128];
    FILE *f;
    int bad = 0;

    if (argc != 2 || !(f = fopen(argv[1], "r"))) {
        fprintf(stderr, "usage: undohist FILE\n");
        return 2;
    }
    while (!bad && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        bad = carry_out(&history, line);
        if (bad)
            fprintf(stderr, "undohist: cannot: %s\n", line);
    }
    fclose(f);
    free(history.steps);
    return bad ? 2 : 0;
}
