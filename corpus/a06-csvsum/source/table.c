/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <string.h>

/* Cut the cell at *text out, unquoted; the character that ended it, or -1 for an open quote. */
static int cut(char **text, char **cell)
{
  char *from = *text, *to = *text;
  int quoted = 0;

  *cell = to;
  while (*from != '\0' && (quoted || (*from != ',' && *from != '\n'))) {
    if (*from == '"' && quoted && from[1] == '"') {
      *to++ = '"';
      from += 2;
    } else if (*from == '"') {
      quoted = !quoted;
      from++;
    } else {
      *to++ = *from++;
    }
  }
  int end = quoted ? -1 : *from;
  *text = *from != '\0' ? from + 1 : from;
  *to = '\0';
  return end;
}

/* Read one row at *text. */
static int read_row(struct table *table, char **text)
{
  size_t n = 0;
  int end = ',';

  if (table->count == MAX_ROWS)
    return -1;
  while (end == ',') {
    if (n == MAX_COLUMNS)
      return -1;
    end = cut(text, &table->rows[table->count].cells[n++]);
  }
  if (end == -1 || (table->columns != 0 && n > table->columns))
    return -1;
  if (table->columns == 0)
    table->columns = n;
  for (; n < MAX_COLUMNS; n++)
    table->rows[table->count].cells[n] = NULL;
  table->count++;
  return 0;
}

int table_read(struct table *table, FILE *file)
{
  char *text = table->text;
  size_t size = fread(text, 1, MAX_TEXT - 1, file);

  text[size] = '\0';
  table->count = table->columns = 0;
  if (size == MAX_TEXT - 1 || strlen(text) != size)
    return -1;
  while (*text != '\0') {
    if (*text == '\n') {
      text++;
      continue;
    }
    if (read_row(table, &text) != 0)
      return -1;
  }
  return table->count > 0 ? 0 : -1;
}

int table_column(const struct table *table, const char *name)
{
  for (size_t i = 0; i < table->columns; i++)
    if (strcmp(table->rows[0].cells[i], name) == 0)
      return (int)i;
  return -1;
}

const char *table_cell(const struct table *table, size_t row, int column)
{
  return table->rows[row].cells[column];
}
