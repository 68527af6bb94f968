// SPDX-License-Identifier: Apache-2.0
// Flaw: an index of the body is not checked. Before it: a magic number, a length, a 16-bit sum.
#include <stddef.h>
#include <stdint.h>

static uint32_t four(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int process(const unsigned char *data, size_t size) {
  int table[16] = {0};
  uint16_t sum = 0x1d;
  if (size < 12 || four(data) != 0x50a7c31eu) return 0;
  size_t length = (size_t)data[4] | (size_t)data[5] << 8;
  if (length != size - 8 || length > 512) return 0;
  for (size_t i = 0; i < length; i++) sum = (uint16_t)(sum * 3 + (data[8 + i] ^ 0x5a));
  if (sum != ((unsigned)data[6] | (unsigned)data[7] << 8)) return 0;
  if (data[8] != 0x83 || data[9] != 0xee) return 1;
  table[data[10] & 31] = 1;
  return table[3];
}
