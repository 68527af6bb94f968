/* SPDX-License-Identifier: Apache-2.0 */
/* Rules by which logs are rotated:
 *   rule NAME [keep N] [size N] [suffix TEXT] [post COMMAND]
 *   like NAME OTHER [options]      all as for OTHER, unless an option says otherwise
 */
#ifndef RULES_H
#define RULES_H

#include <stddef.h>

#define MAX_RULES 32

struct rule {
  char *name;
  unsigned long keep, size;
  char *suffix, *post; /* NULL: none */
};

struct rules {
  struct rule rules[MAX_RULES];
  size_t count;
};

/* Add a rule from the words after "rule" or "like"; 0, or -1. */
int rules_add(struct rules *rules, char *words);
int rules_add_like(struct rules *rules, char *words);
const struct rule *rules_find(const struct rules *rules, const char *name);
void rules_free(struct rules *rules);

/* A number in decimal: 0, or -1. */
int number(const char *text, unsigned long *value);

#endif
