/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "calc.h"

static struct {
  char name[NAME_SIZE];
  long value;
} known[MAX_NAMES];
static int count;

int name_find(const char *name)
{
  for (int i = 0; i < count; i++)
    if (strcmp(known[i].name, name) == 0)
      return i;
  return -1;
}

int name_add(const char *name)
{
  int place = name_find(name);

  if (place >= 0 || count == MAX_NAMES)
    return place;
  strcpy(known[count].name, name);
  return count++;
}

long name_value(int place)
{
  return known[place].value;
}

void name_set(int place, long value)
{
  known[place].value = value;
}
