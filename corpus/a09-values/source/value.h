/* SPDX-License-Identifier: Apache-2.0 */
/* Values of three kinds. What does not fit a value's kind is an error and leaves the value alone. */
#ifndef VALUE_H
#define VALUE_H

#include <stddef.h>

#define MAX_ITEMS 16

enum kind { NUMBER, TEXT, LIST };

struct list {
  long *items;
  size_t count;
};

struct value {
  enum kind kind;
  union {
    long number;
    char *text;
    struct list *list;
  } as;
};

/* Make a value from its words (may be NULL or empty). */
struct value value_number(const char *words);
struct value value_text(const char *words);
struct value value_list(const char *words);
void value_free(struct value *value);

/* 0; -1 if the value is of another kind, -2 if it is full. */
int value_add(struct value *value, long number);
int value_append(struct value *value, const char *more);
int value_push(struct value *value, long number);
int value_length(const struct value *value, size_t *length);
void value_print(const struct value *value);

#endif
