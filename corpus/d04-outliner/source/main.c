/* SPDX-License-Identifier: Apache-2.0 */
/* outliner FILE: print an outline with numbers, "2.1 TEXT", and how many items are below those that
 * have some. Status 1, with "line N: wrong" on stderr and nothing else, if a line is.
 */
#include "reader.h"

static void print_items(const struct tree *tree, size_t above, char *number, size_t length)
{
  unsigned place = 0;

  for (size_t item = tree->items[above].first; item != NONE; item = tree->items[item].next) {
    size_t weight = tree_weight(tree, item);
    size_t more = (size_t)sprintf(number + length, "%s%u", length > 0 ? "." : "", ++place);
    printf("%s %s", number, tree->items[item].text);
    if (weight > 0)
      printf(" (%zu)", weight);
    putchar('\n');
    print_items(tree, item, number, length + more);
    number[length] = '\0';
  }
}

int main(int argc, char **argv)
{
  char number[LEVELS_MAX * 12] = "";
  struct tree tree;
  unsigned wrong = 1;
  FILE *file;

  if (argc != 2 || (file = fopen(argv[1], "r")) == NULL) {
    fprintf(stderr, "usage: outliner FILE\n");
    return 2;
  }
  if (tree_init(&tree) == 0)
    wrong = outline_read(&tree, file);
  fclose(file);
  if (wrong == 0)
    print_items(&tree, 0, number, 0);
  else
    fprintf(stderr, "line %u: wrong\n", wrong);
  tree_free(&tree);
  return wrong == 0 ? 0 : 1;
}
