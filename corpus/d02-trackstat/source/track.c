/* SPDX-License-Identifier: Apache-2.0 */
#include "track.h"
#include "measure.h"

#include <stdlib.h>
#include <string.h>

#define LINE_LENGTH 200

/* The next number of a line, within bounds: 0, or -1. */
static int number(char **text, long low, long high, long *value)
{
  char *end;

  *value = strtol(*text, &end, 10);
  if (end == *text || (*end != '\0' && *end != ' ') || *value < low || *value > high)
    return -1;
  *text = end;
  return 0;
}

static struct lap *lap_new(struct track *track, const char *name)
{
  if (track->count == LAPS_MAX || strlen(name) > NAME_LENGTH || *name == '\0')
    return NULL;
  struct lap *lap = &track->laps[track->count++];
  memset(lap, 0, sizeof *lap);
  strcpy(lap->name, name);
  return lap;
}

static int point_add(struct track *track, char *text)
{
  struct point point;

  if (number(&text, 0, 9999999, &point.seconds) != 0 ||
      number(&text, -1000000, 1000000, &point.east) != 0 ||
      number(&text, -1000000, 1000000, &point.north) != 0 ||
      number(&text, -1000, 10000, &point.height) != 0 || *text != '\0')
    return -1;
  if (track->begun && point.seconds < track->last.seconds)
    return -1;
  if (track->count == 0 && lap_new(track, "start") == NULL)
    return -1;
  struct lap *lap = &track->laps[track->count - 1];
  lap->points++;
  if (track->begun)
    leg_add(lap, &track->last, &point);
  track->last = point;
  track->begun = 1;
  return 0;
}

unsigned track_read(struct track *track, FILE *file)
{
  char line[LINE_LENGTH + 2];
  unsigned at = 0;

  memset(track, 0, sizeof *track);
  while (fgets(line, sizeof line, file) != NULL) {
    size_t length = strcspn(line, "\r\n");
    at++;
    if (length > LINE_LENGTH)
      return at;
    line[length] = '\0';
    if (length == 0 || line[0] == '#')
      continue;
    if (strncmp(line, "p ", 2) == 0) {
      if (point_add(track, line + 2) != 0)
        return at;
    } else if (strncmp(line, "lap ", 4) != 0 || lap_new(track, line + 4) == NULL) {
      return at;
    }
  }
  return 0;
}
