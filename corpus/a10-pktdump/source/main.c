/* SPDX-License-Identifier: Apache-2.0 */
/* pktdump FILE: print the records of a packet; status 2 if it is damaged. */
#include "packet.h"

#include <stdio.h>

int main(int argc, char **argv)
{
  static struct packet packet;
  struct record record;
  int more = -1;
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: pktdump FILE\n");
    return 2;
  }
  if (packet_open(&packet, file) == 0)
    while ((more = packet_next(&packet, &record)) > 0)
      if (record_print(&packet, &record) != 0) {
        more = -1;
        break;
      }
  fclose(file);
  if (more < 0) {
    fprintf(stderr, "pktdump: damaged, or not a packet\n");
    return 2;
  }
  return 0;
}
