/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "dns.h"

#define POINTER 0xc0

static int fail(struct message *message, const char *error)
{
  message->error = error;
  return -1;
}

/* Add one label and a dot; what can't be read well is written as \DDD. */
static int add_label(struct message *message, size_t at, size_t length, char name[MAX_NAME], size_t *used)
{
  for (size_t i = 0; i < length; i++) {
    uint8_t octet = message->octets[at + i];
    int plain = isgraph(octet) && octet != '.' && octet != '\\';
    if (*used + (plain ? 1 : 4) >= MAX_NAME - 1)
      return fail(message, "name too long");
    if (plain)
      name[(*used)++] = (char)octet;
    else
      *used += (size_t)sprintf(name + *used, "\\%03u", octet);
  }
  name[(*used)++] = '.';
  return 0;
}

/* Add the labels from a place on; how many octets they take there, or -1. */
static int add_labels(struct message *message, size_t start, char name[MAX_NAME], size_t *used)
{
  size_t at = start;

  for (;;) {
    if (at >= message->length)
      return fail(message, "name is cut off");
    uint8_t length = message->octets[at++];
    if (length == 0)
      return (int)(at - start);
    if ((length & POINTER) == POINTER) {
      if (at >= message->length)
        return fail(message, "name is cut off");
      size_t target = (size_t)(length & ~POINTER) << 8 | message->octets[at++];
      int taken = add_labels(message, target, name, used);
      return taken < 0 ? -1 : (int)(at - start);
    }
    if ((length & POINTER) != 0)
      return fail(message, "unknown kind of label");
    if (length > message->length - at)
      return fail(message, "name is cut off");
    if (add_label(message, at, length, name, used) != 0)
      return -1;
    at += length;
  }
}

int name_read(struct message *message, char name[MAX_NAME])
{
  size_t used = 0;
  int taken = add_labels(message, message->at, name, &used);

  if (taken < 0)
    return -1;
  if (used == 0)
    name[used++] = '.';
  name[used] = '\0';
  message->at += (size_t)taken;
  return 0;
}
