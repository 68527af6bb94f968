/* SPDX-License-Identifier: Apache-2.0 */
/* calc FILE: work out every line of a file; ends with status 2 at the first that is wrong. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "calc.h"

/* The name before a lone equals sign, if the line has one; NULL if it is too long or no name. */
static const char *assigned(const char *line, char name[NAME_SIZE], int *wrong)
{
  const char *equals = strchr(line, '=');
  size_t length = 0;

  *wrong = 0;
  if (equals == NULL)
    return NULL;
  while (isspace((unsigned char)*line))
    line++;
  while (isalnum((unsigned char)line[length]) || line[length] == '_')
    length++;
  const char *rest = line + length;
  while (isspace((unsigned char)*rest))
    rest++;
  *wrong = rest != equals || length == 0 || length >= NAME_SIZE || isdigit((unsigned char)*line);
  if (*wrong)
    return NULL;
  memcpy(name, line, length);
  name[length] = '\0';
  return equals + 1;
}

static const char *work_out(const char *line)
{
  static struct code code;
  char name[NAME_SIZE];
  long value;
  int wrong;
  const char *expression = assigned(line, name, &wrong);

  if (wrong)
    return "can't assign to that";
  if (compile(&code, expression ? expression : line) != 0)
    return code.error;
  const char *error = execute(&code, &value);
  if (error != NULL)
    return error;
  if (expression == NULL) {
    printf("%ld\n", value);
    return NULL;
  }
  int place = name_add(name);
  if (place < 0)
    return "too many names";
  name_set(place, value);
  return NULL;
}

int main(int argc, char **argv)
{
  char line[LINE_SIZE];
  size_t number = 0;
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: calc FILE\n");
    return 2;
  }
  while (fgets(line, sizeof line, file) != NULL) {
    const char *error = NULL;
    number++;
    if (strchr(line, '\n') == NULL && !feof(file))
      error = "line too long";
    else if (line[strspn(line, " \t\r\n")] != '\0' && line[0] != '#')
      error = work_out(line);
    if (error != NULL) {
      fprintf(stderr, "calc: line %zu: %s\n", number, error);
      fclose(file);
      return 2;
    }
  }
  fclose(file);
  return 0;
}
