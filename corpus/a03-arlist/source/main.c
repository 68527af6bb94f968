/* SPDX-License-Identifier: Apache-2.0 */
/* arlist FILE: list the members of an archive with their sizes; status 2 if it is damaged. */
#include "archive.h"

int main(int argc, char **argv)
{
  struct archive archive;
  struct member member;
  size_t members = 0, bytes = 0;
  int more = -1;

  if (argc != 2) {
    fprintf(stderr, "usage: arlist FILE\n");
    return 2;
  }
  if (archive_open(&archive, argv[1]) == 0)
    while ((more = archive_next(&archive, &member)) > 0) {
      printf("%zu %s\n", member.size, member.name);
      members++;
      bytes += member.size;
    }
  archive_close(&archive);
  if (more < 0) {
    fprintf(stderr, "arlist: damaged, or not an archive\n");
    return 2;
  }
  printf("%zu members, %zu bytes\n", members, bytes);
  return 0;
}
