/* SPDX-License-Identifier: Apache-2.0 */
#include "sums.h"

#include <stdlib.h>
#include <string.h>

static int number(const char *text, long *value)
{
  char *end;

  *value = 0;
  if (text[0] == '\0')
    return 0;
  if (strlen(text) > 9)
    return -1;
  *value = strtol(text, &end, 10);
  return *end == '\0' && end != text ? 0 : -1;
}

int sums_add(struct sums *sums, const struct table *table, size_t row, int sum, int by)
{
  const char *group = table_cell(table, row, by);
  const char *amount = table_cell(table, row, sum);
  size_t i = 0;
  long value;

  if (number(amount, &value) != 0)
    return -1;
  while (i < sums->count && strcmp(sums->groups[i], group) != 0)
    i++;
  if (i == sums->count) {
    sums->groups[i] = group;
    sums->amounts[i] = 0;
    sums->count++;
  }
  sums->amounts[i] += value;
  sums->total += value;
  return 0;
}
