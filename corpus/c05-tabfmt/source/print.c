/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define RULE '-'

/* How many characters a line of the table has, without its end. */
static uint16_t line_width(const struct table *table)
{
  uint16_t width = 0;

  for (size_t i = 0; i < table->column_count; i++) {
    if (i > 0)
      width += strlen(DIVIDER);
    width += table->columns[i].width;
  }
  return width;
}

/* A cell to the left of its column; where the next begins. */
static char *put_left(char *at, const char *cell, size_t width)
{
  size_t length = strlen(cell);

  memcpy(at, cell, length);
  return at + width;
}

static char *put_right(char *at, const char *cell, size_t width)
{
  size_t length = strlen(cell);

  memcpy(at + width - length, cell, length);
  return at + width;
}

/* The line of a row, made in a buffer of blanks. */
static void make_line(const struct table *table, const struct row *row, char *line)
{
  char *at = line;

  for (size_t i = 0; i < row->count; i++) {
    const struct column *column = &table->columns[i];
    if (i > 0)
      at += strlen(DIVIDER);
    if (column->side == LEFT)
      at = put_left(at, row->cells[i], column->width);
    else
      at = put_right(at, row->cells[i], column->width);
  }
}

static void make_rule(const struct table *table, char *line)
{
  for (size_t i = 0; i < table->column_count; i++) {
    memset(line, RULE, table->columns[i].width);
    line += table->columns[i].width + strlen(DIVIDER);
  }
}

/* Print a line without the blanks at its end, and make it blank again. */
static void put_line(char *line, size_t width, FILE *out)
{
  size_t length = width;

  while (length > 0 && line[length - 1] == ' ')
    length--;
  fwrite(line, 1, length, out);
  putc('\n', out);
  memset(line, ' ', width);
}

int table_print(const struct table *table, int bare, FILE *out)
{
  uint16_t width = line_width(table);
  char *line = malloc((size_t)width + 1);

  if (line == NULL)
    return -1;
  memset(line, ' ', width);
  for (size_t r = bare ? 1 : 0; r < table->row_count; r++) {
    make_line(table, &table->rows[r], line);
    put_line(line, width, out);
    if (r == 0) {
      make_rule(table, line);
      put_line(line, width, out);
    }
  }
  free(line);
  return 0;
}
