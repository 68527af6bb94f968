/* SPDX-License-Identifier: Apache-2.0 */
/* A message of the domain name system, as RFC 1035 (4.1) lays it out, and how it is printed. */
#ifndef DNS_H
#define DNS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MAX_MESSAGE 4096 /* octets */
#define MAX_NAME 256     /* characters of a printed name, with its terminator */
#define HEADER_SIZE 12

enum type { TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_PTR = 12, TYPE_MX = 15, TYPE_TXT = 16 };

struct message {
  uint8_t octets[MAX_MESSAGE];
  size_t length;
  size_t at; /* how far it has been read */
  const char *error;
};

/* hex.c: octets as pairs of hexadecimal digits, blanks between them, comments from ; to the end
 * of a line. 0, or -1 with message->error set. */
int hex_read(struct message *message, FILE *file);

/* name.c: the name that begins at message->at, which goes on behind it. 0, or -1 with
 * message->error set.
 *
 * A name is labels up to an empty one, or up to a pointer: two octets, the upper bits 11, the
 * others the place of what it goes on with. A pointer points back, to what was there before it;
 * that may be a pointer too, any number of times. */
int name_read(struct message *message, char name[MAX_NAME]);

/* record.c: print the whole message. 0, or -1 with message->error set. */
int message_print(struct message *message, FILE *out);

/* The next one or two octets; -1 at the end of the message. */
int next8(struct message *message);
long next16(struct message *message);

#endif
