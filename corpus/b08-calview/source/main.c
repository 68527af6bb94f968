/* SPDX-License-Identifier: Apache-2.0 */
/* calview list|find:WORD FILE: the events of a calendar by start, all or those with a word. */
#include <stdio.h>
#include <string.h>

#include "cal.h"

int main(int argc, char **argv)
{
    static struct calendar calendar;
    const char *word;
    FILE *f;
    int i, bad;

    if (argc != 3 || (strcmp(argv[1], "list") && strncmp(argv[1], "find:", 5))) {
        fprintf(stderr, "usage: calview list|find:WORD FILE\n");
        return 2;
    }
    word = strcmp(argv[1], "list") ? argv[1] + 5 : "";
    f = fopen(argv[2], "r");
    if (!f) {
        fprintf(stderr, "calview: cannot read %s\n", argv[2]);
        return 2;
    }
    bad = cal_read(&calendar, f);
    fclose(f);
    if (bad)
        fprintf(stderr, "calview: not a calendar: %s\n", argv[2]);
    for (i = 0; !bad && i < calendar.count; i++)
        cal_print(&calendar.events[i], word);
    cal_free(&calendar);
    return bad ? 2 : 0;
}
