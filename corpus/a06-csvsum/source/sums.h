/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of one column by the values of another. */
#ifndef SUMS_H
#define SUMS_H

#include "table.h"

struct sums {
  const char *groups[MAX_ROWS];
  long amounts[MAX_ROWS];
  size_t count;
  long total;
};

/* Add one row's amount (empty: 0) to its group; 0, or -1 if it is not a number. */
int sums_add(struct sums *sums, const struct table *table, size_t row, int sum, int by);

#endif
