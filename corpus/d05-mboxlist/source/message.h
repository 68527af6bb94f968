/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a mailbox. One begins with a line "From ", at the beginning of the file or behind an
 * empty line; then come its header, an empty line and its body. What the header's fields From and
 * Subject say is kept up to FIELD_SIZE - 1 bytes, and what goes beyond is cut off. A field goes on
 * in lines that begin with a blank; those are joined by one blank each. Of two equal fields the
 * first counts, and capitals in their names do not.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdio.h>

#define FIELD_SIZE 128
#define LINE_SIZE 1000

struct message {
  char *from;    /* NULL if there is no such field */
  char *subject; /* the same */
  unsigned lines; /* of its body, without the empty line before the next message */
};

struct mailbox {
  FILE *file;
  char line[LINE_SIZE]; /* the next line, without its newline */
  int more;             /* whether there is one */
};

/* 0, or -1 if the file does not begin as a mailbox does; an empty one is fine. */
int mailbox_open(struct mailbox *mailbox, FILE *file);

/* The next message: 1, or 0 at the end, or -1 if it is damaged. Call message_free after a 1. */
int message_read(struct mailbox *mailbox, struct message *message);
void message_free(struct message *message);

#endif
