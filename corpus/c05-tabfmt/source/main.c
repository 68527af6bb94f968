/* SPDX-License-Identifier: Apache-2.0 */
/* tabfmt [-b] [-s COLUMN] FILE: print a table in columns; status 2 if it is not well formed.
 *
 *   -b          bare: without the columns' names
 *   -s COLUMN   in the order of this column, the first being 1; rows without it come first */
#include <stdlib.h>
#include <string.h>

#include "table.h"

static size_t sort_column;

static int compare(const void *left, const void *right)
{
  const struct row *a = left, *b = right;
  const char *one = sort_column < a->count ? a->cells[sort_column] : "";
  const char *other = sort_column < b->count ? b->cells[sort_column] : "";

  return strcmp(one, other);
}

static int usage(void)
{
  fprintf(stderr, "usage: tabfmt [-b] [-s COLUMN] FILE\n");
  return 2;
}

static int run(struct table *table, FILE *file, int bare, int sort)
{
  if (table_read(table, file) != 0)
    return -1;
  if (sort > 0) {
    if ((size_t)sort > table->column_count) {
      table->error = "no such column";
      return -1;
    }
    sort_column = (size_t)sort - 1;
    qsort(table->rows + 1, table->row_count - 1, sizeof *table->rows, compare);
  }
  layout(table);
  return table_print(table, bare, stdout);
}

int main(int argc, char **argv)
{
  static struct table table;
  int at = 1, bare = 0, sort = 0;

  for (; at < argc - 1; at++) {
    if (strcmp(argv[at], "-b") == 0)
      bare = 1;
    else if (strcmp(argv[at], "-s") == 0 && at < argc - 2)
      sort = atoi(argv[++at]);
    else
      return usage();
  }
  FILE *file = at < argc ? fopen(argv[at], "r") : NULL;
  if (file == NULL || sort < 0)
    return usage();
  int wrong = run(&table, file, bare, sort);
  if (wrong)
    fprintf(stderr, "tabfmt: row %zu: %s\n", table.row_count, table.error ? table.error : "out of memory");
  fclose(file);
  table_free(&table);
  return wrong ? 2 : 0;
}
