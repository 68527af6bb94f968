/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV file: cells by commas, quoted by double quotes (doubled inside); the first row is the
 * header. A row may have fewer cells than the header; those it lacks count as empty. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdio.h>

#define MAX_COLUMNS 16
#define MAX_ROWS 256
#define MAX_TEXT 16384

struct row {
  char *cells[MAX_COLUMNS];
};

struct table {
  char text[MAX_TEXT];
  struct row rows[MAX_ROWS]; /* the header is row 0 */
  size_t count, columns;
};

/* 0, or -1 if the file is not well formed or too large. */
int table_read(struct table *table, FILE *file);

/* The number of a column, or -1. */
int table_column(const struct table *table, const char *name);
const char *table_cell(const struct table *table, size_t row, int column);

#endif
