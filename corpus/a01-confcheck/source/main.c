/* SPDX-License-Identifier: Apache-2.0 */
/* confcheck FILE: print every setting of a file, expanded; status 2 if it is not well formed. */
#include "conf.h"

int main(int argc, char **argv)
{
  static struct conf conf;
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: confcheck FILE\n");
    return 2;
  }
  int wrong = conf_read(&conf, file);
  fclose(file);
  if (wrong) {
    fprintf(stderr, "confcheck: line %zu: %s\n", conf.line, conf.error);
    return 2;
  }
  for (size_t i = 0; i < conf.count; i++)
    printf("%s=%s\n", conf.entries[i].name, conf.entries[i].value);
  return 0;
}
