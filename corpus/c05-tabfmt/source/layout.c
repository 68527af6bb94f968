/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "table.h"

/* Let every column be as wide as its longest cell. */
void layout(struct table *table)
{
  for (size_t i = 0; i < table->column_count; i++)
    table->columns[i].width = 0;
  for (size_t r = 0; r < table->row_count; r++) {
    const struct row *row = &table->rows[r];
    for (size_t i = 0; i < row->count; i++) {
      struct column *column = &table->columns[i];
      size_t length = strlen(row->cells[i]);
      if (length > column->width)
        column->width = length;
    }
  }
}
