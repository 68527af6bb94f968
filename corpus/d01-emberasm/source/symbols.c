/* SPDX-License-Identifier: Apache-2.0 */
#include "symbols.h"

#include <ctype.h>
#include <string.h>

int symbol_valid(const char *name)
{
  size_t length = strlen(name);

  if (length == 0 || length > NAME_LENGTH || !isalpha((unsigned char)name[0]))
    return 0;
  for (size_t i = 0; i < length; i++)
    if (!isalnum((unsigned char)name[i]) && name[i] != '_')
      return 0;
  return 1;
}

const struct symbol *symbol_find(const struct symbols *symbols, const char *name)
{
  for (size_t i = 0; i < symbols->count; i++)
    if (strcmp(symbols->all[i].name, name) == 0)
      return &symbols->all[i];
  return NULL;
}

int symbol_add(struct symbols *symbols, const char *name, uint16_t address)
{
  if (symbols->count == SYMBOLS_MAX || symbol_find(symbols, name) != NULL)
    return -1;
  strcpy(symbols->all[symbols->count].name, name);
  symbols->all[symbols->count++].address = address;
  return 0;
}
