/* SPDX-License-Identifier: Apache-2.0 */
/* How many subjects there are, where "Re: x" is the same as "x", and capitals do not count. */
#ifndef THREADS_H
#define THREADS_H

#include "message.h"

#define THREADS_MAX 200

struct threads {
  char known[THREADS_MAX][FIELD_SIZE];
  unsigned count;
};

/* Count a subject: its number, from 1, or 0 if there are too many. */
unsigned threads_add(struct threads *threads, const char *subject);

#endif
