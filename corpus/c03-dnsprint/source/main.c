/* SPDX-License-Identifier: Apache-2.0 */
/* dnsprint FILE: print a message that is written in hexadecimal; status 2 if it is not well formed. */
#include "dns.h"

int main(int argc, char **argv)
{
  static struct message message;
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: dnsprint FILE\n");
    return 2;
  }
  int wrong = hex_read(&message, file) != 0 || message_print(&message, stdout) != 0;
  fclose(file);
  if (wrong) {
    fflush(stdout);
    fprintf(stderr, "\ndnsprint: %s at octet %zu\n", message.error, message.at);
    return 2;
  }
  return 0;
}
