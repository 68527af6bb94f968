// SPDX-License-Identifier: Apache-2.0
// Flaw: records of the kind 'W' are copied without a look at their length, behind a magic word.
#include <stddef.h>
#include <string.h>

static int store(const unsigned char *from, size_t length) {
  char room[32];
  memcpy(room, from, length);
  return room[0];
}

int process(const unsigned char *data, size_t size) {
  if (size < 6 || memcmp(data, "TOYF", 4) != 0) return 0;
  if (data[4] == 'W') return store(data + 5, size - 5);
  return 1;
}
