/* SPDX-License-Identifier: Apache-2.0 */
/* The items of an outline. They are told by numbers that never change; number 0 is the outline
 * itself, which holds those of the first level. An outline may have ITEMS_MAX items besides it.
 */
#ifndef TREE_H
#define TREE_H

#include <stddef.h>

#define ITEMS_MAX 4096
#define LEVELS_MAX 20
#define TEXT_LENGTH 79
#define NONE ((size_t)-1)

struct item {
  char text[TEXT_LENGTH + 1];
  size_t above, first, last, next; /* items, or NONE */
};

struct tree {
  struct item *items;
  size_t count, room;
};

/* 0, or -1. Call tree_free in either case. */
int tree_init(struct tree *tree);
void tree_free(struct tree *tree);

/* Add an item behind the others below an item: its number, or NONE if there is no room for it. */
size_t tree_add(struct tree *tree, size_t above, const char *text);

/* Add a copy of an item, with all that is below it, below another item. NONE if there is no room,
 * or if that is the item itself or below it; the tree is as before then, or has part of the copy.
 */
size_t tree_copy(struct tree *tree, size_t item, size_t above);

/* The number of items below an item, on all levels. */
size_t tree_weight(const struct tree *tree, size_t item);

/* The item of a number such as "2.1.4", or NONE. */
size_t tree_find(const struct tree *tree, const char *number);

#endif
