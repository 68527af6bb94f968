/* SPDX-License-Identifier: Apache-2.0 */
/* mboxlist FILE: a line for each message of a mailbox: its number, the number of its subject, whom
 * it is from, its subject and the lines of its body. "-" stands for what is empty or not there.
 * Status 1, behind what could be read, if the mailbox is damaged.
 */
#include "message.h"
#include "threads.h"

#include <string.h>

/* Print whom a message is from: of "Name <address>" the name, without quotes. */
static void print_from(const char *from)
{
  size_t length = strcspn(from, "<");

  if (length == 0)
    length = strlen(from);
  while (length > 0 && from[length - 1] == ' ')
    length--;
  if (length > 1 && from[0] == '"' && from[length - 1] == '"') {
    from++;
    length -= 2;
  }
  if (length == 0)
    putchar('-');
  fwrite(from, 1, length, stdout);
}

static const char *or_empty(const char *text)
{
  return text != NULL ? text : "";
}

int main(int argc, char **argv)
{
  static struct threads threads;
  struct mailbox mailbox;
  struct message message;
  unsigned count = 0;
  int more = -1;
  FILE *file;

  if (argc != 2 || (file = fopen(argv[1], "r")) == NULL) {
    fprintf(stderr, "usage: mboxlist FILE\n");
    return 2;
  }
  if (mailbox_open(&mailbox, file) == 0) {
    while ((more = message_read(&mailbox, &message)) > 0) {
      const char *subject = or_empty(message.subject);
      printf("%u [%u] ", ++count, threads_add(&threads, subject));
      print_from(or_empty(message.from));
      printf(": %s (%u)\n", *subject != '\0' ? subject : "-", message.lines);
      message_free(&message);
    }
    printf("%u messages, %u subjects\n", count, threads.count);
  }
  fclose(file);
  if (more < 0)
    fprintf(stderr, "damaged\n");
  return more < 0 ? 1 : 0;
}
