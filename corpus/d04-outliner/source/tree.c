/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 32

/* Take the next item, with a text and nothing below it; the items may move. */
static size_t take(struct tree *tree, size_t above, const char *text)
{
  if (tree->count > ITEMS_MAX)
    return NONE;
  if (tree->count == tree->room) {
    size_t room = tree->room > 0 ? tree->room * 2 : ROOM_FIRST;
    struct item *items = realloc(tree->items, room * sizeof *items);
    if (items == NULL)
      return NONE;
    tree->items = items;
    tree->room = room;
  }
  struct item *item = &tree->items[tree->count];
  strncpy(item->text, text, TEXT_LENGTH);
  item->text[TEXT_LENGTH] = '\0';
  item->above = above;
  item->first = item->last = item->next = NONE;
  return tree->count++;
}

int tree_init(struct tree *tree)
{
  memset(tree, 0, sizeof *tree);
  return take(tree, NONE, "") == 0 ? 0 : -1;
}

void tree_free(struct tree *tree)
{
  free(tree->items);
}

size_t tree_add(struct tree *tree, size_t above, const char *text)
{
  struct item *parent = &tree->items[above];
  size_t item = take(tree, above, text);

  if (item == NONE)
    return NONE;
  if (parent->first == NONE)
    parent->first = item;
  else
    tree->items[parent->last].next = item;
  parent->last = item;
  return item;
}

static size_t copy_below(struct tree *tree, size_t item, size_t above)
{
  const struct item *from = &tree->items[item];
  size_t copy = tree_add(tree, above, from->text);

  if (copy == NONE)
    return NONE;
  for (size_t child = from->first; child != NONE; child = tree->items[child].next)
    if (copy_below(tree, child, copy) == NONE)
      return NONE;
  return copy;
}

size_t tree_copy(struct tree *tree, size_t item, size_t above)
{
  for (size_t at = above; at != NONE; at = tree->items[at].above)
    if (at == item)
      return NONE;
  return copy_below(tree, item, above);
}

size_t tree_weight(const struct tree *tree, size_t item)
{
  size_t weight = 0;

  for (size_t child = tree->items[item].first; child != NONE; child = tree->items[child].next)
    weight += 1 + tree_weight(tree, child);
  return weight;
}

size_t tree_find(const struct tree *tree, const char *number)
{
  size_t item = 0;

  for (;;) {
    char *end;
    unsigned long place = strtoul(number, &end, 10);
    if (end == number || place == 0)
      return NONE;
    item = tree->items[item].first;
    while (item != NONE && --place > 0)
      item = tree->items[item].next;
    if (item == NONE || *end == '\0')
      return item;
    if (*end != '.')
      return NONE;
    number = end + 1;
  }
}
