/* SPDX-License-Identifier: Apache-2.0 */
/* trackstat FILE: a line of numbers for each lap that has a point, and one for the whole track.
 * Status 1, with "line N: wrong" on stderr and nothing else, if the track is not in order.
 */
#include "measure.h"

static void number(const char *what, long value, const char *unit)
{
  if (value == NONE)
    printf(", %s -", what);
  else
    printf(", %s %ld%s", what, value, unit);
}

static void report(const struct lap *lap)
{
  printf("%s: %u points, %ld m, %ld s", lap->name, lap->points, lap->metres, lap->seconds);
  number("speed", lap_speed(lap), " m/h");
  number("top", lap->top, " m/h");
  number("climb", lap->climbed, " m");
  number("grade", lap_grade(lap), "/1000");
  putchar('\n');
}

int main(int argc, char **argv)
{
  static struct track track;
  struct lap all = {"all", 0, 0, 0, 0, 0};
  FILE *file;

  if (argc != 2 || (file = fopen(argv[1], "r")) == NULL) {
    fprintf(stderr, "usage: trackstat FILE\n");
    return 2;
  }
  unsigned wrong = track_read(&track, file);
  fclose(file);
  if (wrong != 0) {
    fprintf(stderr, "line %u: wrong\n", wrong);
    return 1;
  }
  for (size_t i = 0; i < track.count; i++) {
    if (track.laps[i].points == 0)
      continue;
    report(&track.laps[i]);
    lap_join(&all, &track.laps[i]);
  }
  if (all.points > 0)
    report(&all);
  return 0;
}
