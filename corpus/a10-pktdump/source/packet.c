/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include <string.h>

#define ADDR 1
#define NAME 2
#define TEXT 3

int packet_open(struct packet *packet, FILE *file)
{
  packet->size = fread(packet->bytes, 1, PACKET_MAX, file);
  if (packet->size < 5 || memcmp(packet->bytes, "TPKT", 4) != 0)
    return -1;
  packet->left = packet->bytes[4];
  packet->at = 5;
  return 0;
}

/* How many bytes the name at a place takes there, or 0 if it is damaged. */
static size_t name_length(const struct packet *packet, size_t at)
{
  size_t from = at;

  while (at < packet->size && packet->bytes[at] > 0 && packet->bytes[at] < 64)
    at += packet->bytes[at] + 1u;
  if (at < packet->size && packet->bytes[at] == 0)
    return at + 1 - from;
  return at + 1 < packet->size && packet->bytes[at] >= 0xc0 ? at + 2 - from : 0;
}

/* Put a text before another; -1 if there is no room. */
static int prepend(char name[NAME_SIZE], const unsigned char *label, size_t length)
{
  size_t rest = strlen(name);

  if (length + 1 + rest >= NAME_SIZE)
    return -1;
  memmove(name + length + 1, name, rest + 1);
  memcpy(name, label, length);
  name[length] = '.';
  return 0;
}

/* Read the name at a place, through its pointers. */
static int name_read(const struct packet *packet, size_t at, char name[NAME_SIZE])
{
  if (at >= packet->size)
    return -1;
  unsigned length = packet->bytes[at];
  if (length == 0) {
    name[0] = '\0';
    return 0;
  }
  if (length >= 0xc0) {
    if (at + 1 >= packet->size)
      return -1;
    char tail[NAME_SIZE];
    size_t target = (length & 0x3fu) << 8 | packet->bytes[at + 1];
    if (name_read(packet, target, tail) != 0)
      return -1;
    strcpy(name, tail);
    return 0;
  }
  if (length >= 64 || at + 1 + length > packet->size)
    return -1;
  if (name_read(packet, at + 1 + length, name) != 0)
    return -1;
  return prepend(name, packet->bytes + at + 1, length);
}

int packet_next(struct packet *packet, struct record *record)
{
  if (packet->left == 0)
    return packet->at == packet->size ? 0 : -1;
  size_t length = name_length(packet, packet->at);
  if (length == 0 || name_read(packet, packet->at, record->name) != 0)
    return -1;
  size_t at = packet->at + length;
  if (at + 6 > packet->size)
    return -1;
  const unsigned char *b = packet->bytes + at;
  record->kind = b[0];
  record->ttl = (uint32_t)b[1] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 8 | b[4];
  record->length = b[5];
  record->data = at + 6;
  packet->at = record->data + record->length;
  packet->left--;
  return packet->at <= packet->size ? 1 : -1;
}

int record_print(const struct packet *packet, const struct record *record)
{
  const unsigned char *data = packet->bytes + record->data;
  char name[NAME_SIZE];

  if (record->kind == ADDR && record->length != 4)
    return -1;
  if (record->kind == NAME && name_read(packet, record->data, name) != 0)
    return -1;
  printf("%s %u ", record->name[0] != '\0' ? record->name : ".", record->ttl);
  if (record->kind == ADDR)
    printf("ADDR %u.%u.%u.%u\n", data[0], data[1], data[2], data[3]);
  else if (record->kind == NAME)
    printf("NAME %s\n", name[0] != '\0' ? name : ".");
  else if (record->kind == TEXT)
    printf("TEXT %.*s\n", (int)record->length, (const char *)data);
  else
    printf("DATA %zu bytes\n", record->length);
  return 0;
}
