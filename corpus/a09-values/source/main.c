/* SPDX-License-Identifier: Apache-2.0 */
/* values FILE: number|text|list NAME ..., add NAME N, append NAME TEXT, push NAME N, length NAME,
 * print NAME; one a line. */
#include "value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 32

struct named {
  char name[16];
  struct value value;
};

static struct named names[MAX_NAMES];
static size_t count;

static struct value *find(const char *name)
{
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i].name, name) == 0)
      return &names[i].value;
  return NULL;
}

static void keep(const char *name, struct value value)
{
  struct value *old = find(name);

  if (old != NULL) {
    value_free(old);
    *old = value;
  } else if (count == MAX_NAMES || strlen(name) >= sizeof names[0].name) {
    puts("error: name");
    value_free(&value);
  } else {
    strcpy(names[count].name, name);
    names[count++].value = value;
  }
}

static int change(struct value *value, const char *verb, const char *rest)
{
  if (strcmp(verb, "add") == 0)
    return value_add(value, atol(rest));
  if (strcmp(verb, "append") == 0)
    return value_append(value, rest);
  if (strcmp(verb, "push") == 0)
    return value_push(value, atol(rest));
  puts("error: what");
  return 0;
}

static void obey(const char *verb, const char *name, const char *rest)
{
  struct value *value = find(name);
  size_t length;
  int wrong = 0;

  if (strcmp(verb, "number") == 0)
    keep(name, value_number(rest));
  else if (strcmp(verb, "text") == 0)
    keep(name, value_text(rest));
  else if (strcmp(verb, "list") == 0)
    keep(name, value_list(rest));
  else if (value == NULL)
    puts("error: name");
  else if (strcmp(verb, "print") == 0) {
    printf("%s = ", name);
    value_print(value);
  } else if (strcmp(verb, "length") == 0) {
    wrong = value_length(value, &length);
    if (!wrong)
      printf("%zu\n", length);
  } else
    wrong = change(value, verb, rest != NULL ? rest : "");
  if (wrong)
    puts(wrong == -2 ? "error: full" : "error: kind");
}

int main(int argc, char **argv)
{
  char line[256];
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: values FILE\n");
    return 2;
  }
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *verb = strtok(line, " ");
    char *name = verb != NULL ? strtok(NULL, " ") : NULL;
    if (name != NULL)
      obey(verb, name, strtok(NULL, ""));
  }
  fclose(file);
  for (size_t i = 0; i < count; i++)
    value_free(&names[i].value);
  return 0;
}
