/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>

#include "dns.h"

static int fail(struct message *message, const char *error)
{
  message->error = error;
  return -1;
}

static const char *type_name(long type)
{
  switch (type) {
  case TYPE_A: return "A";
  case TYPE_NS: return "NS";
  case TYPE_CNAME: return "CNAME";
  case TYPE_PTR: return "PTR";
  case TYPE_MX: return "MX";
  case TYPE_TXT: return "TXT";
  default: return NULL;
  }
}

static void print_type(long type, FILE *out)
{
  if (type_name(type) != NULL)
    fprintf(out, " %s", type_name(type));
  else
    fprintf(out, " TYPE%ld", type);
}

/* A name and a type and a class, as questions and records begin; the type, or -1. */
static long print_head(struct message *message, FILE *out)
{
  char name[MAX_NAME];

  if (name_read(message, name) != 0)
    return -1;
  long type = next16(message), class = next16(message);
  if (class < 0)
    return fail(message, "cut off");
  fputs(name, out);
  if (class == 1)
    fputs(" IN", out);
  else
    fprintf(out, " CLASS%ld", class);
  print_type(type, out);
  return type;
}

static int print_text(struct message *message, size_t end, FILE *out)
{
  while (message->at < end) {
    size_t length = (size_t)next8(message);
    if (length > end - message->at)
      return fail(message, "text is cut off");
    fputs(" \"", out);
    for (; length > 0; length--) {
      int octet = next8(message);
      if (isprint(octet) && octet != '"' && octet != '\\')
        putc(octet, out);
      else
        fprintf(out, "\\%03d", octet);
    }
    putc('"', out);
  }
  return 0;
}

/* What a record says; its end is inside the message. */
static int print_data(struct message *message, long type, size_t end, FILE *out)
{
  char name[MAX_NAME];

  switch (type) {
  case TYPE_A:
    if (end - message->at != 4)
      return fail(message, "not an address");
    for (int i = 0; i < 4; i++)
      fprintf(out, "%c%d", i == 0 ? ' ' : '.', next8(message));
    return 0;
  case TYPE_MX:
    if (end - message->at < 3)
      return fail(message, "cut off");
    fprintf(out, " %ld", next16(message));
    /* fall through */
  case TYPE_NS:
  case TYPE_CNAME:
  case TYPE_PTR:
    if (name_read(message, name) != 0)
      return -1;
    fprintf(out, " %s", name);
    return message->at == end ? 0 : fail(message, "name is not as long as its record");
  case TYPE_TXT:
    return print_text(message, end, out);
  default:
    fprintf(out, " \\# %zu ", end - message->at);
    while (message->at < end)
      fprintf(out, "%02x", (unsigned)next8(message));
    return 0;
  }
}

static int print_record(struct message *message, FILE *out)
{
  long type = print_head(message, out);

  if (type < 0)
    return -1;
  long upper = next16(message), lower = next16(message), length = next16(message);
  if (length < 0 || (size_t)length > message->length - message->at)
    return fail(message, "cut off");
  fprintf(out, " %lu", (unsigned long)upper << 16 | (unsigned long)lower);
  if (print_data(message, type, message->at + (size_t)length, out) != 0)
    return -1;
  putc('\n', out);
  return 0;
}

int message_print(struct message *message, FILE *out)
{
  long id = next16(message), flags = next16(message);
  long questions = next16(message), records = 0;

  for (int i = 0; i < 3; i++) {
    long count = next16(message);
    if (count < 0)
      return fail(message, "cut off");
    records += count;
  }
  fprintf(out, "%s %ld status %ld\n", flags & 0x8000 ? "answer" : "query", id, flags & 15);
  for (; questions > 0; questions--) {
    fputs("? ", out);
    if (print_head(message, out) < 0)
      return -1;
    putc('\n', out);
  }
  for (; records > 0; records--)
    if (print_record(message, out) != 0)
      return -1;
  return message->at == message->length ? 0 : fail(message, "something is left over");
}
