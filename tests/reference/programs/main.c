// SPDX-License-Identifier: Apache-2.0
// Shows one file to process(): the same for every fixture.
#include <stdio.h>
#include <stdlib.h>

int process(const unsigned char *data, size_t size);

int main(int argc, char **argv) {
  static unsigned char buffer[4096];
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) return 2;
  size_t size = fread(buffer, 1, sizeof buffer, file);
  fclose(file);
  unsigned char *data = malloc(size ? size : 1);
  if (!data) return 2;
  for (size_t i = 0; i < size; i++) data[i] = buffer[i];
  int result = process(data, size);
  free(data);
  return result < 0;
}
