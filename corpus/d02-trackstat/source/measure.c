/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

/* The root of a number, rounded down. */
static long root(long number)
{
  long low = 0, high = 4000000;

  while (low < high) {
    long middle = (low + high + 1) / 2;
    if (middle * middle <= number)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

static long length(const struct point *from, const struct point *to)
{
  long east = to->east - from->east;
  long north = to->north - from->north;

  return root(east * east + north * north);
}

void leg_add(struct lap *lap, const struct point *from, const struct point *to)
{
  long metres = length(from, to);
  long seconds = to->seconds - from->seconds;
  long speed = metres * 3600 / seconds;

  lap->metres += metres;
  lap->seconds += seconds;
  if (to->height > from->height)
    lap->climbed += to->height - from->height;
  if (speed > lap->top)
    lap->top = speed;
}

long lap_speed(const struct lap *lap)
{
  return lap->metres * 3600 / lap->seconds;
}

long lap_grade(const struct lap *lap)
{
  if (lap->metres == 0)
    return NONE;
  return lap->climbed * 1000 / lap->metres;
}

void lap_join(struct lap *sum, const struct lap *lap)
{
  sum->points += lap->points;
  sum->metres += lap->metres;
  sum->seconds += lap->seconds;
  sum->climbed += lap->climbed;
  if (lap->top > sum->top)
    sum->top = lap->top;
}
