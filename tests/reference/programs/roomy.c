// SPDX-License-Identifier: Apache-2.0
// Reads up to 8 bytes past the input, which this program's main gives it room for: no flaw there.
// The flaw behind it writes past its own buffer.
#include <stddef.h>
#include <stdio.h>

int process(const unsigned char *data, size_t size) {
  char room[8] = {0};
  int sum = 0;
  for (size_t i = 0; i < size + 8; i++) sum += data[i];
  if (size > 1 && data[0] == 'r') room[data[1] & 15] = 1;
  return sum + room[0];
}

int main(int argc, char **argv) {
  static unsigned char buffer[8192];
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) return 2;
  size_t size = fread(buffer, 1, 4096, file);
  fclose(file);
  return process(buffer, size) < 0;
}
