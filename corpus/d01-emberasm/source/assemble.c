/* SPDX-License-Identifier: Apache-2.0 */
#include "assemble.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char full[] = "program does not fit";
static const char operand[] = "wrong operand";

static const struct operation {
  const char *name;
  uint8_t code;
  int bytes; /* of its operand */
} operations[] = {
  {"nop", 0x00, 0}, {"ldi", 0x11, 1}, {"lda", 0x12, 2}, {"sta", 0x13, 2},
  {"add", 0x24, 2}, {"jmp", 0x35, 2}, {"hlt", 0xff, 0},
};

/* The text without blanks before and behind it. */
static char *trim(char *text)
{
  while (isspace((unsigned char)*text))
    text++;
  size_t length = strlen(text);
  while (length > 0 && isspace((unsigned char)text[length - 1]))
    text[--length] = '\0';
  return text;
}

/* The number that a text is, or -1. In the first pass a label not yet known is nought. */
static long value(const struct assembly *assembly, const char *text)
{
  char *end;

  if (isdigit((unsigned char)text[0])) {
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    unsigned long number = strtoul(text, &end, base);
    return *end == '\0' && number <= 0xffff ? (long)number : -1;
  }
  if (!symbol_valid(text))
    return -1;
  const struct symbol *symbol = symbol_find(&assembly->symbols, text);
  if (symbol == NULL)
    return assembly->pass == 1 ? 0 : -1;
  return symbol->address;
}

static const char *emit(struct assembly *assembly, long byte)
{
  if (byte < 0 || byte > 0xff)
    return operand;
  if (assembly->here >= IMAGE_SIZE)
    return full;
  assembly->image[assembly->here++] = (uint8_t)byte;
  return NULL;
}

static const char *bytes(struct assembly *assembly, char *list)
{
  for (char *next; list != NULL; list = next) {
    next = strchr(list, ',');
    if (next != NULL)
      *next++ = '\0';
    const char *wrong = emit(assembly, value(assembly, trim(list)));
    if (wrong != NULL)
      return wrong;
  }
  return NULL;
}

static const char *fill(struct assembly *assembly, char *text)
{
  char *second = text + strcspn(text, " \t");

  if (*second != '\0')
    *second++ = '\0';
  long count = value(assembly, text);
  long byte = value(assembly, trim(second));
  if (count < 0 || byte < 0 || byte > 0xff)
    return operand;
  uint16_t end = assembly->here + count;
  if (end > IMAGE_SIZE)
    return full;
  memset(assembly->image + assembly->here, (int)byte, (size_t)count);
  assembly->here = end;
  return NULL;
}

static const char *align(struct assembly *assembly, const char *text)
{
  long unit = value(assembly, text);

  if (unit < 1 || unit > 0x8000)
    return operand;
  uint16_t count = (unit - assembly->here % unit) % unit;
  uint16_t end = assembly->here + count;
  if (end > IMAGE_SIZE)
    return full;
  memset(assembly->image + assembly->here, 0, count);
  assembly->here = end;
  return NULL;
}

static const char *origin(struct assembly *assembly, const char *text)
{
  long address = value(assembly, text);

  if (address < assembly->here)
    return operand;
  if (address > IMAGE_SIZE)
    return full;
  memset(assembly->image + assembly->here, 0, (size_t)(address - assembly->here));
  assembly->here = (uint16_t)address;
  return NULL;
}

static const char *instruction(struct assembly *assembly, const char *name, const char *text)
{
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    const struct operation *operation = &operations[i];
    if (strcmp(operation->name, name) != 0)
      continue;
    if (operation->bytes == 0)
      return *text == '\0' ? emit(assembly, operation->code) : operand;
    long number = value(assembly, text);
    if (number < 0 || (operation->bytes == 1 && number > 0xff))
      return operand;
    const char *wrong = emit(assembly, operation->code);
    if (wrong == NULL)
      wrong = emit(assembly, number & 0xff);
    if (wrong == NULL && operation->bytes == 2)
      wrong = emit(assembly, number >> 8);
    return wrong;
  }
  return "no such instruction";
}

const char *assemble_line(struct assembly *assembly, char *line)
{
  line[strcspn(line, ";")] = '\0';
  char *colon = strchr(line, ':');
  if (colon != NULL) {
    *colon = '\0';
    const char *name = trim(line);
    if (!symbol_valid(name))
      return "not a label";
    if (assembly->pass == 1 && symbol_add(&assembly->symbols, name, assembly->here) != 0)
      return "label not free, or too many";
    line = colon + 1;
  }
  char *name = trim(line);
  if (*name == '\0')
    return NULL;
  char *text = name + strcspn(name, " \t");
  if (*text != '\0')
    *text++ = '\0';
  text = trim(text);
  if (strcmp(name, ".byte") == 0)
    return bytes(assembly, text);
  if (strcmp(name, ".fill") == 0)
    return fill(assembly, text);
  if (strcmp(name, ".align") == 0)
    return align(assembly, text);
  if (strcmp(name, ".org") == 0)
    return origin(assembly, text);
  return instruction(assembly, name, text);
}
