/* SPDX-License-Identifier: Apache-2.0 */
/* bigfont SCRIPT: obey a script (see font.h); ends with status 2 at the first line that is wrong. */
#include <string.h>

#include "font.h"

#define BLANKS " \t\r\n"

struct script {
  struct font font;
  char letter; /* whose rows are being read */
  int row, rows; /* how many have been, and how many there are */
};

static const char *obey(struct script *script, char *line)
{
  struct font *font = &script->font;
  char *command = strtok(line, BLANKS), *first = strtok(NULL, BLANKS);
  char *second = strtok(NULL, BLANKS), *third = strtok(NULL, BLANKS);

  if (script->row < script->rows) {
    if (command == NULL || first != NULL)
      return "row expected";
    return font_row(font, script->letter, script->row++, command);
  }
  if (command == NULL || *command == ';')
    return NULL;
  if (first == NULL || third != NULL)
    return "one value or two expected";
  if (strcmp(command, "glyph") == 0) {
    const char *error = font_add(font, first, second);
    script->letter = *first;
    script->row = 0;
    script->rows = font->height;
    return error;
  }
  if (strcmp(command, "mirror") == 0)
    return second == NULL ? "two letters expected" : font_mirror(font, first, second);
  if (second != NULL)
    return "one value expected";
  return strcmp(command, "print") == 0 ? draw(font, first, stdout) : font_set(font, command, first);
}

int main(int argc, char **argv)
{
  static struct script script;
  char line[LINE_SIZE];
  int number = 0;
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: bigfont SCRIPT\n");
    return 2;
  }
  font_start(&script.font);
  while (fgets(line, sizeof line, file) != NULL) {
    const char *error = "line too long";
    number++;
    if (strchr(line, '\n') != NULL || feof(file))
      error = obey(&script, line);
    if (error != NULL) {
      fprintf(stderr, "bigfont: line %d: %s\n", number, error);
      fclose(file);
      return 2;
    }
  }
  fclose(file);
  if (script.row < script.rows) {
    fprintf(stderr, "bigfont: the last glyph is not whole\n");
    return 2;
  }
  return 0;
}
