// SPDX-License-Identifier: Apache-2.0
// Flaw: the first byte is trusted as the length of what is copied to the stack.
#include <stddef.h>

int process(const unsigned char *data, size_t size) {
  char name[24];
  int sum = 0;
  if (size < 2) return 0;
  for (size_t i = 0; i < data[0] && i + 1 < size; i++) name[i] = (char)data[i + 1];
  for (size_t i = 0; i < data[0] && i < sizeof name && i + 1 < size; i++) sum += name[i];
  return sum >= 0;
}
