// SPDX-License-Identifier: Apache-2.0
// No flaw when run by main.c, which never passes more than 4,096 bytes of a file: but it ends the
// process, aborts and loops on some inputs, and prints on all.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

int process(const unsigned char *data, size_t size) {
  puts("processing");
  if (size && data[0] % 16 == 1) exit(3);
  if (size && data[0] % 64 == 2) abort();
  volatile unsigned turns = size > 1 && data[0] == 3 && data[1] == 3;
  while (turns) turns++;
  return 0;
}
