/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include <string.h>

#define LINE_LENGTH (2 * LEVELS_MAX + TEXT_LENGTH)

/* How many levels an item has below it. */
static size_t depth(const struct tree *tree, size_t item)
{
  size_t most = 0;

  for (size_t child = tree->items[item].first; child != NONE; child = tree->items[child].next) {
    size_t levels = 1 + depth(tree, child);
    if (levels > most)
      most = levels;
  }
  return most;
}

static size_t add_line(struct tree *tree, const char *text, size_t above, size_t level)
{
  if (strlen(text) > TEXT_LENGTH)
    return NONE;
  if (*text != '=')
    return tree_add(tree, above, text);
  size_t from = tree_find(tree, text + 1);
  if (from == NONE || level + depth(tree, from) > LEVELS_MAX)
    return NONE;
  return tree_copy(tree, from, above);
}

unsigned outline_read(struct tree *tree, FILE *file)
{
  char line[LINE_LENGTH + 2];
  size_t path[LEVELS_MAX + 1] = {0}; /* the last item of each level */
  size_t deepest = 0;
  unsigned at = 0;

  while (fgets(line, sizeof line, file) != NULL) {
    size_t length = strcspn(line, "\r\n");
    at++;
    if (length > LINE_LENGTH)
      return at;
    line[length] = '\0';
    size_t blanks = strspn(line, " ");
    if (blanks == length)
      continue;
    size_t level = blanks / 2 + 1;
    if (blanks % 2 != 0 || level > deepest + 1 || level > LEVELS_MAX)
      return at;
    path[level] = add_line(tree, line + blanks, path[level - 1], level);
    if (path[level] == NONE)
      return at;
    deepest = level;
  }
  return 0;
}
