/* SPDX-License-Identifier: Apache-2.0 */
/* csvsum SUM BY FILE: sums of column SUM for each value of column BY; status 2 if it can't be. */
#include "sums.h"

int main(int argc, char **argv)
{
  static struct table table;
  static struct sums sums;
  FILE *file = argc == 4 ? fopen(argv[3], "rb") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: csvsum SUM BY FILE\n");
    return 2;
  }
  int wrong = table_read(&table, file);
  fclose(file);
  int sum = wrong ? -1 : table_column(&table, argv[1]);
  int by = wrong ? -1 : table_column(&table, argv[2]);
  if (sum < 0 || by < 0) {
    fprintf(stderr, "csvsum: %s\n", wrong ? "not a CSV file" : "no such column");
    return 2;
  }
  for (size_t row = 1; row < table.count; row++)
    if (sums_add(&sums, &table, row, sum, by) != 0) {
      fprintf(stderr, "csvsum: row %zu: not a number\n", row);
      return 2;
    }
  for (size_t i = 0; i < sums.count; i++)
    printf("%s: %ld\n", sums.groups[i], sums.amounts[i]);
  printf("total: %ld\n", sums.total);
  return 0;
}
