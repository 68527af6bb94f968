/* SPDX-License-Identifier: Apache-2.0 */
/* Tracks, one thing a line:
 *
 *   p SECONDS EAST NORTH HEIGHT   a point: time since the start, place and height in metres
 *   lap NAME                      a lap begins; its first point is the last of the lap before
 *   # ...                         a comment; empty lines do not count either
 *
 * Seconds are 0 to 9999999 and do not go back; two points may have the same second, as a receiver
 * writes them that measures more often. Places are -1000000 to 1000000, heights -1000 to 10000.
 * Lap names have up to NAME_LENGTH letters. Points before the first lap make a lap named "start".
 */
#ifndef TRACK_H
#define TRACK_H

#include <stddef.h>
#include <stdio.h>

#define NAME_LENGTH 23
#define LAPS_MAX 100

struct point {
  long seconds, east, north, height;
};

struct lap {
  char name[NAME_LENGTH + 1];
  unsigned points;
  long metres;  /* all legs together */
  long seconds;
  long climbed; /* metres upwards */
  long top;     /* metres an hour of its fastest leg, see leg_add */
};

struct track {
  struct lap laps[LAPS_MAX];
  size_t count;
  struct point last;
  int begun; /* whether there was a point */
};

/* 0, or the number of the first wrong line. */
unsigned track_read(struct track *track, FILE *file);

#endif
