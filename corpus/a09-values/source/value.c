/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
  if (memory == NULL)
    abort();
  return memory;
}

struct value value_number(const char *words)
{
  struct value value = {NUMBER, {.number = words != NULL ? strtol(words, NULL, 10) : 0}};
  return value;
}

struct value value_text(const char *words)
{
  struct value value = {TEXT, {.text = checked(strdup(words != NULL ? words : ""))}};
  return value;
}

struct value value_list(const char *words)
{
  struct value value = {LIST, {.list = checked(calloc(1, sizeof(struct list)))}};
  char *end;

  while (words != NULL && *words != '\0') {
    long number = strtol(words, &end, 10);
    if (end == words || value_push(&value, number) != 0)
      break;
    words = end;
  }
  return value;
}

void value_free(struct value *value)
{
  if (value->kind == TEXT)
    free(value->as.text);
  if (value->kind == LIST) {
    free(value->as.list->items);
    free(value->as.list);
  }
}

int value_add(struct value *value, long number)
{
  if (value->kind != NUMBER)
    return -1;
  value->as.number = (long)((unsigned long)value->as.number + (unsigned long)number);
  return 0;
}

int value_append(struct value *value, const char *more)
{
  size_t length = strlen(value->as.text);

  value->as.text = checked(realloc(value->as.text, length + strlen(more) + 1));
  strcpy(value->as.text + length, more);
  return 0;
}

int value_push(struct value *value, long number)
{
  struct list *list = value->as.list;

  if (list->count >= MAX_ITEMS)
    return -2;
  list->items = checked(realloc(list->items, (list->count + 1) * sizeof *list->items));
  list->items[list->count++] = number;
  return 0;
}

int value_length(const struct value *value, size_t *length)
{
  if (value->kind == NUMBER)
    return -1;
  *length = value->kind == TEXT ? strlen(value->as.text) : value->as.list->count;
  return 0;
}

void value_print(const struct value *value)
{
  switch (value->kind) {
  case NUMBER:
    printf("%ld\n", value->as.number);
    break;
  case TEXT:
    printf("\"%s\"\n", value->as.text);
    break;
  case LIST:
    printf("[");
    for (size_t i = 0; i < value->as.list->count; i++)
      printf("%s%ld", i > 0 ? " " : "", value->as.list->items[i]);
    printf("]\n");
    break;
  }
}
