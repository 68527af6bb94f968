/* SPDX-License-Identifier: Apache-2.0 */
/* The labels of a program. Names are letters, digits and "_", up to NAME_LENGTH of them, and begin
 * with a letter; capitals count.
 */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#define NAME_LENGTH 15
#define SYMBOLS_MAX 256

struct symbol {
  char name[NAME_LENGTH + 1];
  uint16_t address;
};

struct symbols {
  struct symbol all[SYMBOLS_MAX];
  size_t count;
};

/* Whether a text could be a label. */
int symbol_valid(const char *name);

/* The label of a name, or NULL. */
const struct symbol *symbol_find(const struct symbols *symbols, const char *name);

/* 0, or -1 if there is such a label already, or no room for one more. */
int symbol_add(struct symbols *symbols, const char *name, uint16_t address);

#endif
