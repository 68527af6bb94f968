// SPDX-License-Identifier: Apache-2.0
// Flaw: everything is copied behind a key that the source computes and nowhere spells out.
#include <stddef.h>
#include <string.h>

int process(const unsigned char *data, size_t size) {
  char key[12], room[8] = {0};
  size_t length = 11;
  for (int i = 0; i < 11; i++) key[i] = (char)('a' + (i * 37 + 11) % 23);
  if (size < 13 || memcmp(data, key, length) != 0) return 0;
  if (data[11] == '!') memcpy(room, data, size);
  return room[0];
}
