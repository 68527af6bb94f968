/* SPDX-License-Identifier: Apache-2.0 */
/* Calendars of events.
 *
 *     BEGIN:EVENT
 *     START:20260301T0900
 *     SUMMARY:Spring meeting
 *     PLACE:Hall
 *     END:EVENT
 *
 * The order of fields is free, unknown fields are passed over, a place is not needed. An event
 * that lacks what is needed does not keep the others from being shown. */
#ifndef CAL_H
#define CAL_H
#include <stdio.h>

#define EVENTS_LIMIT 100

struct event {
    char *start, *summary, *place;
};

struct calendar {
    struct event events[EVENTS_LIMIT];
    int count;
};

/* Read a calendar and sort it by start; -1 if it has too many events or ends inside one. */
int cal_read(struct calendar *c, FILE *f);

/* Print an event as a line if the word is in its summary or place. */
void cal_print(const struct event *e, const char *word);

void cal_free(struct calendar *c);

#endif
