// SPDX-License-Identifier: Apache-2.0
// Flaw: open, fill, close, then read uses what close has freed. Each order is one byte.
#include <stddef.h>
#include <stdlib.h>

static unsigned char *page;
static int opened, filled, closed;

static void one(unsigned char order) {
  if (order == 0x21 && !opened) page = malloc(16), opened = page != 0;
  else if (order == 0x47 && opened && !closed) page[3] = 1, filled = 1;
  else if (order == 0x5e && filled && !closed) free(page), closed = 1;
}

int process(const unsigned char *data, size_t size) {
  int sum = 0;
  for (size_t i = 0; i < size && i < 64; i++) {
    one(data[i]);
    if (data[i] == 0x72 && filled) sum += page[3];
  }
  if (opened && !closed) free(page);
  return sum;
}
