// SPDX-License-Identifier: Apache-2.0
// No flaw: every index is checked.
#include <stddef.h>
#include <string.h>

int process(const unsigned char *data, size_t size) {
  char room[32];
  int sum = 0;
  if (size < 6 || memcmp(data, "TOYF", 4) != 0) return 0;
  size_t length = data[4];
  if (length > sizeof room || length > size - 5) return 0;
  memcpy(room, data + 5, length);
  for (size_t i = 0; i < length; i++) sum += room[i];
  return sum >= 0;
}
