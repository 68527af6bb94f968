/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the form "[section]", "key = value", with ${section.key} expanded. */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>
#include <stdio.h>

#define NAME_SIZE 64   /* "section.key" and its terminator */
#define VALUE_SIZE 128 /* an expanded value and its terminator; what does not fit is an error */
#define MAX_ENTRIES 64

struct entry {
  char name[NAME_SIZE];
  char value[VALUE_SIZE];
};

struct conf {
  struct entry entries[MAX_ENTRIES];
  size_t count;
  size_t line;
  const char *error;
};

/* Read a whole file; 0, or -1 with conf->error and conf->line set. */
int conf_read(struct conf *conf, FILE *file);

/* The value of "section.key", or NULL. */
const char *conf_get(const struct conf *conf, const char *name);

#endif
