/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int number(const char *text, unsigned long *value)
{
  char *end;
  if (text == NULL || !isdigit((unsigned char)*text) || strlen(text) > 12)
    return -1;
  *value = strtoul(text, &end, 10);
  return *end == '\0' ? 0 : -1;
}

static char *copy(const char *text)
{
  return text != NULL ? strdup(text) : NULL;
}

/* Put a copy of a text where another may have been. */
static int replace(char **place, const char *text)
{
  if (text == NULL)
    return -1;
  free(*place);
  *place = copy(text);
  return *place != NULL ? 0 : -1;
}

static int option(struct rule *rule, const char *word, const char *value)
{
  if (strcmp(word, "keep") == 0)
    return number(value, &rule->keep) == 0 && rule->keep > 0 && rule->keep < 100 ? 0 : -1;
  if (strcmp(word, "size") == 0)
    return number(value, &rule->size);
  if (strcmp(word, "suffix") == 0)
    return replace(&rule->suffix, value);
  if (strcmp(word, "post") == 0)
    return replace(&rule->post, value);
  return -1;
}

/* The options that strtok has yet to give. */
static int options(struct rule *rule)
{
  char *word;
  while ((word = strtok(NULL, " ")) != NULL)
    if (option(rule, word, strtok(NULL, " ")) != 0)
      return -1;
  return 0;
}

const struct rule *rules_find(const struct rules *rules, const char *name)
{
  for (size_t i = 0; i < rules->count; i++)
    if (strcmp(rules->rules[i].name, name) == 0)
      return &rules->rules[i];
  return NULL;
}

/* The next free rule, for a name that has none yet. */
static struct rule *fresh(struct rules *rules, const char *name)
{
  if (name == NULL || rules->count == MAX_RULES || rules_find(rules, name) != NULL)
    return NULL;
  return &rules->rules[rules->count];
}

int rules_add(struct rules *rules, char *words)
{
  const char *name = strtok(words, " ");
  struct rule *rule = fresh(rules, name);

  if (rule == NULL)
    return -1;
  rule->keep = 4;
  rule->name = strdup(name);
  rules->count++;
  return options(rule);
}

int rules_add_like(struct rules *rules, char *words)
{
  const char *name = strtok(words, " ");
  const char *model = strtok(NULL, " ");
  struct rule *rule = fresh(rules, name);
  const struct rule *other = model != NULL ? rules_find(rules, model) : NULL;

  if (rule == NULL || other == NULL)
    return -1;
  *rule = *other;
  rule->name = strdup(name);
  rules->count++;
  return options(rule);
}

void rules_free(struct rules *rules)
{
  for (size_t i = 0; i < rules->count; i++) {
    free(rules->rules[i].name);
    free(rules->rules[i].suffix);
    free(rules->rules[i].post);
  }
  rules->count = 0;
}
