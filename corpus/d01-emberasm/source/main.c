/* SPDX-License-Identifier: Apache-2.0 */
/* emberasm FILE: assemble a program and dump its bytes, sixteen a line; lines like the one before
 * are left out, with one "*" in their place. Then the labels, then the number of bytes. Status 1,
 * and nothing but "line N: ..." on stderr, if there is an error in it.
 */
#include "assemble.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run_pass(struct assembly *assembly, FILE *file)
{
  char line[LINE_LENGTH + 2];
  unsigned number = 0;

  rewind(file);
  assembly->here = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    const char *wrong = "line too long";
    size_t length = strcspn(line, "\n");
    number++;
    if (line[length] == '\n' || length <= LINE_LENGTH) {
      line[length] = '\0';
      wrong = assemble_line(assembly, line);
    }
    if (wrong != NULL) {
      fprintf(stderr, "line %u: %s\n", number, wrong);
      return -1;
    }
  }
  return 0;
}

static void dump(const struct assembly *assembly)
{
  const uint8_t *image = assembly->image;
  int left_out = 0;

  for (unsigned at = 0; at < assembly->here; at += 16) {
    unsigned length = assembly->here - at < 16 ? assembly->here - at : 16;
    if (at > 0 && length == 16 && memcmp(image + at, image + at - 16, 16) == 0) {
      if (!left_out)
        puts("*");
      left_out = 1;
      continue;
    }
    left_out = 0;
    printf("%04x:", at);
    for (unsigned i = 0; i < length; i++)
      printf(" %02x", image[at + i]);
    putchar('\n');
  }
  for (size_t i = 0; i < assembly->symbols.count; i++)
    printf("%s = %04x\n", assembly->symbols.all[i].name, assembly->symbols.all[i].address);
  printf("%u bytes\n", (unsigned)assembly->here);
}

int main(int argc, char **argv)
{
  static struct assembly assembly;
  FILE *file;
  int status = 1;

  if (argc != 2 || (file = fopen(argv[1], "rb")) == NULL) {
    fprintf(stderr, "usage: emberasm FILE\n");
    return 2;
  }
  assembly.image = malloc(IMAGE_SIZE);
  if (assembly.image != NULL) {
    status = 0;
    for (assembly.pass = 1; status == 0 && assembly.pass <= 2; assembly.pass++)
      status = run_pass(&assembly, file) != 0;
    if (status == 0)
      dump(&assembly);
  }
  free(assembly.image);
  fclose(file);
  return status;
}
