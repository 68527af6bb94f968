// SPDX-License-Identifier: Apache-2.0
// Flaw: too much is copied once a product, mixed with a second field, has one value in 2^32.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static uint32_t four(const unsigned char *p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int process(const unsigned char *data, size_t size) {
  char room[8];
  if (size < 12 || data[0] != 'k') return 0;
  uint32_t mixed = (four(data + 1) ^ 0x3c6ef35fu) * 0x19660du + 0x2545f491u;
  if (mixed != 0x6d2b79f5u) return 1;
  uint32_t folded = four(data + 5);
  folded ^= folded << 13;
  folded ^= folded >> 17;
  if (folded != 0x91e10da5u) return 2;
  memcpy(room, data + 4, data[9]);
  return room[1];
}
