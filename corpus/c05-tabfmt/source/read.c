/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "table.h"

static int fail(struct table *table, const char *error)
{
  table->error = error;
  return -1;
}

/* Cut a row's text at its tabs. */
static int cut(struct table *table, struct row *row)
{
  char *at = row->text;

  for (;;) {
    size_t length = strcspn(at, "\t");
    if (row->count == MAX_COLUMNS)
      return fail(table, "too many columns");
    if (length > MAX_CELL)
      return fail(table, "cell too long");
    row->cells[row->count++] = at;
    if (at[length] == '\0')
      return 0;
    at[length] = '\0';
    at += length + 1;
  }
}

static int add_row(struct table *table, const char *line)
{
  struct row *rows = realloc(table->rows, (table->row_count + 1) * sizeof *rows);

  if (rows == NULL)
    return fail(table, "out of memory");
  table->rows = rows;
  struct row *row = &rows[table->row_count];
  memset(row, 0, sizeof *row);
  row->text = strdup(line);
  if (row->text == NULL)
    return fail(table, "out of memory");
  table->row_count++;
  if (cut(table, row) != 0)
    return -1;
  return row->count > rows[0].count ? fail(table, "more cells than columns") : 0;
}

/* Take the marks off the columns' names. */
static void set_sides(struct table *table)
{
  for (size_t i = 0; i < table->column_count; i++) {
    char *name = table->rows[0].cells[i];
    size_t length = strlen(name);
    if (length > 0 && name[length - 1] == '>') {
      name[length - 1] = '\0';
      table->columns[i].side = RIGHT;
    }
  }
}

int table_read(struct table *table, FILE *file)
{
  static char line[MAX_LINE + 2];

  while (fgets(line, sizeof line, file) != NULL) {
    size_t length = strcspn(line, "\r\n");
    if (line[length] == '\0' && !feof(file))
      return fail(table, "line too long");
    line[length] = '\0';
    if (add_row(table, line) != 0)
      return -1;
  }
  if (table->row_count == 0)
    return fail(table, "no columns");
  table->column_count = table->rows[0].count;
  set_sides(table);
  return 0;
}

void table_free(struct table *table)
{
  for (size_t i = 0; i < table->row_count; i++)
    free(table->rows[i].text);
  free(table->rows);
}
