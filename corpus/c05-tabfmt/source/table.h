/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of cells that tabs divide, printed in columns.
 *
 * The first line of a file names the columns; a name that ends in > is of a column that is set
 * to the right, and is printed without it. The other lines are the rows. A row may have fewer
 * cells than there are columns, not more. Whole rows are printed as they are read, with spaces to
 * the width of each column, which is that of its longest cell; a line has no spaces at its end. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MAX_COLUMNS 64
#define MAX_CELL 1023    /* characters of a cell */
#define MAX_LINE 65600   /* characters of a line that is read */
#define DIVIDER "  "     /* between columns */

enum side { LEFT, RIGHT };

struct column {
  uint8_t width; /* of its longest cell */
  enum side side;
};

struct row {
  char *text; /* the line, its tabs made terminators */
  char *cells[MAX_COLUMNS];
  size_t count;
};

struct table {
  struct column columns[MAX_COLUMNS];
  size_t column_count;
  struct row *rows; /* the first has the names */
  size_t row_count;
  const char *error;
};

/* read.c: read a file into an empty table; 0, or -1 with table->error set. */
int table_read(struct table *table, FILE *file);
void table_free(struct table *table);

/* layout.c: set the columns' widths. */
void layout(struct table *table);

/* print.c: print the table, with a line under the names; -1 if there is no memory. */
int table_print(const struct table *table, int bare, FILE *out);

#endif
