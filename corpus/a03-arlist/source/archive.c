/* SPDX-License-Identifier: Apache-2.0 */
#include "archive.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "!arc\n"
#define HEADER_SIZE 27
#define TABLE_MAX 65536

int archive_open(struct archive *archive, const char *path)
{
  char magic[sizeof MAGIC - 1];

  memset(archive, 0, sizeof *archive);
  archive->file = fopen(path, "rb");
  if (archive->file == NULL || fread(magic, 1, sizeof magic, archive->file) != sizeof magic)
    return -1;
  return memcmp(magic, MAGIC, sizeof magic) == 0 ? 0 : -1;
}

void archive_close(struct archive *archive)
{
  if (archive->file != NULL)
    fclose(archive->file);
  free(archive->names.data);
}

/* A decimal number that fills the text up to padding by spaces; -1 if it is something else. */
static long number(const char *text)
{
  char *end;
  while (*text == ' ')
    text++;
  if (!isdigit((unsigned char)*text) || strlen(text) > 10)
    return -1;
  long value = strtol(text, &end, 10);
  return *end == '\0' ? value : -1;
}

static int read_table(struct archive *archive, size_t size)
{
  struct names *names = &archive->names;

  if (names->data != NULL || size > TABLE_MAX)
    return -1;
  names->data = malloc(size > 0 ? size : 1);
  if (names->data == NULL || fread(names->data, 1, size, archive->file) != size)
    return -1;
  names->size = size;
  return 0;
}

/* The name that begins at a byte of the table. */
static int long_name(const struct names *names, size_t offset, char name[NAME_MAX_LENGTH + 1])
{
  size_t length = 0;

  if (names->data == NULL)
    return -1;
  if (offset > names->size)
    return -1;
  while (offset + length <= names->size && names->data[offset + length] != '\n')
    length++;
  if (length == 0 || length > NAME_MAX_LENGTH)
    return -1;
  memcpy(name, names->data + offset, length);
  name[length] = '\0';
  return 0;
}

static int skip(FILE *file, size_t size)
{
  while (size > 0 && fgetc(file) != EOF)
    size--;
  return size == 0 ? 0 : -1;
}

int archive_next(struct archive *archive, struct member *member)
{
  char header[HEADER_SIZE + 1];

  for (;;) {
    size_t got = fread(header, 1, HEADER_SIZE, archive->file);
    if (got == 0)
      return 0;
    if (got != HEADER_SIZE || header[HEADER_SIZE - 1] != '\n')
      return -1;
    header[HEADER_SIZE - 1] = '\0';
    long size = number(header + 16);
    header[16] = '\0';
    for (size_t i = 16; i > 0 && header[i - 1] == ' '; i--)
      header[i - 1] = '\0';
    if (size < 0 || header[0] == '\0')
      return -1;
    member->size = (size_t)size;
    if (strcmp(header, "//") != 0)
      break;
    if (read_table(archive, member->size) != 0)
      return -1;
  }
  if (header[0] == '/') {
    long offset = number(header + 1);
    if (offset < 0 || long_name(&archive->names, (size_t)offset, member->name) != 0)
      return -1;
  } else {
    strcpy(member->name, header);
  }
  return skip(archive->file, member->size) == 0 ? 1 : -1;
}
