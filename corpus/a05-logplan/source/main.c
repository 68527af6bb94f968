/* SPDX-License-Identifier: Apache-2.0 */
/* logplan FILE: read rules, and lines "file NAME SIZE"; print what would be done with each file. */
#include "rules.h"

#include <stdio.h>
#include <string.h>

static int plan(const struct rules *rules, char *words)
{
  const char *name = strtok(words, " ");
  const struct rule *rule = name != NULL ? rules_find(rules, name) : NULL;
  unsigned long size;

  if (rule == NULL || number(strtok(NULL, " "), &size) != 0)
    return -1;
  if (size < rule->size) {
    printf("keep %s\n", name);
    return 0;
  }
  const char *suffix = rule->suffix != NULL ? rule->suffix : "";
  for (unsigned long i = rule->keep; i > 1; i--)
    printf("move %s.%lu%s %s.%lu%s\n", name, i - 1, suffix, name, i, suffix);
  printf("move %s %s.1%s\n", name, name, suffix);
  if (rule->post != NULL)
    printf("run %s\n", rule->post);
  return 0;
}

static int line_read(struct rules *rules, char *line)
{
  line[strcspn(line, "\n")] = '\0';
  if (line[0] == '\0' || line[0] == '#')
    return 0;
  if (strncmp(line, "rule ", 5) == 0)
    return rules_add(rules, line + 5);
  if (strncmp(line, "like ", 5) == 0)
    return rules_add_like(rules, line + 5);
  if (strncmp(line, "file ", 5) == 0)
    return plan(rules, line + 5);
  return -1;
}

int main(int argc, char **argv)
{
  static struct rules rules;
  char line[512];
  size_t lines = 0;
  int wrong = 0;
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: logplan FILE\n");
    return 2;
  }
  while (!wrong && fgets(line, sizeof line, file) != NULL) {
    lines++;
    wrong = line_read(&rules, line);
  }
  if (wrong)
    fprintf(stderr, "logplan: line %zu is wrong\n", lines);
  fclose(file);
  rules_free(&rules);
  return wrong ? 2 : 0;
}
