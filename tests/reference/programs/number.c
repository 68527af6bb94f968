// SPDX-License-Identifier: Apache-2.0
// Flaw: everything is copied behind one 16-bit number.
#include <stddef.h>
#include <string.h>

int process(const unsigned char *data, size_t size) {
  char room[4] = {0};
  if (size < 3 || (data[0] << 8 | data[1]) != 0xd49b) return 0;
  memcpy(room, data, size);
  return room[2];
}
