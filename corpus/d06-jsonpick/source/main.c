/* SPDX-License-Identifier: Apache-2.0 */
/* jsonpick FILE: pick values from JSON texts, one a line. The first line of the file is a path such
 * as "items.0.name" (nothing for the whole text; a "#" at its end for the number of values inside).
 * Each other line is answered with the value as it is written, "-" if there is none at the path, or
 * "?" if the line is not JSON; empty lines are not. Status 1 if any was "?".
 */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *follow(const char *text, const char *path)
{
  while (text != NULL && *path != '\0' && strcmp(path, "#") != 0) {
    size_t length = strcspn(path, ".");
    text = json_inside(text, path, length);
    path += length;
    if (*path == '.')
      path++;
  }
  return text;
}

/* Answer a line: 0, or -1 if it is not JSON. */
static int answer(const char *line, const char *path)
{
  size_t length = strlen(path);
  const char *text = json_blanks(line);
  const char *end = json_end(text);

  if (end == NULL || *json_blanks(end) != '\0') {
    puts("?");
    return -1;
  }
  const char *value = follow(text, path);
  if (value == NULL)
    puts("-");
  else if (length > 0 && path[length - 1] == '#')
    printf("%zu\n", json_count(value));
  else
    printf("%.*s\n", (int)(json_end(value) - value), value);
  return 0;
}

/* The next line without its newline: 1, or 0 at the end. */
static int next_line(char **line, size_t *room, FILE *file)
{
  if (getline(line, room, file) < 0)
    return 0;
  (*line)[strcspn(*line, "\r\n")] = '\0';
  return 1;
}

int main(int argc, char **argv)
{
  char *path = NULL, *line = NULL;
  size_t path_room = 0, line_room = 0;
  int wrong = 0;
  FILE *file;

  if (argc != 2 || (file = fopen(argv[1], "r")) == NULL) {
    fprintf(stderr, "usage: jsonpick FILE\n");
    return 2;
  }
  if (next_line(&path, &path_room, file))
    while (next_line(&line, &line_room, file))
      if (line[0] != '\0' && answer(line, path) != 0)
        wrong = 1;
  free(path);
  free(line);
  fclose(file);
  return wrong;
}
