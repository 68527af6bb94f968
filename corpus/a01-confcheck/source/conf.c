/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"

#include <ctype.h>
#include <string.h>

#define LINE_SIZE 1024

static int fail(struct conf *conf, const char *error)
{
  conf->error = error;
  return -1;
}

const char *conf_get(const struct conf *conf, const char *name)
{
  for (size_t i = conf->count; i > 0; i--)
    if (strcmp(conf->entries[i - 1].name, name) == 0)
      return conf->entries[i - 1].value;
  return NULL;
}

static char *trim(char *text)
{
  while (isspace((unsigned char)*text))
    text++;
  char *end = text + strlen(text);
  while (end > text && isspace((unsigned char)end[-1]))
    *--end = '\0';
  return text;
}

/* The value of the reference at raw ("${name}"), and where the text goes on. */
static const char *reference(const struct conf *conf, const char *raw, const char **rest)
{
  const char *end = strchr(raw, '}');
  size_t length = end ? (size_t)(end - raw - 2) : NAME_SIZE;
  char name[NAME_SIZE];

  if (length >= sizeof name)
    return NULL;
  memcpy(name, raw + 2, length);
  name[length] = '\0';
  *rest = end + 1;
  return conf_get(conf, name);
}

/* Add a setting, its value expanded: "$$" is a dollar, "${name}" an earlier setting. */
static int add(struct conf *conf, const char *name, const char *raw)
{
  char value[VALUE_SIZE];
  size_t used = 0;

  while (*raw != '\0') {
    if (raw[0] == '$' && raw[1] == '{') {
      const char *known = reference(conf, raw, &raw);
      if (known == NULL)
        return fail(conf, "unknown reference");
      memcpy(value + used, known, strlen(known));
      used += strlen(known);
    } else {
      if (raw[0] == '$' && raw[1] == '$')
        raw++;
      value[used++] = *raw++;
    }
  }
  value[used] = '\0';

  struct entry *entry = &conf->entries[conf->count];
  if (conf->count == MAX_ENTRIES)
    return fail(conf, "too many settings");
  strcpy(entry->name, name);
  strcpy(entry->value, value);
  conf->count++;
  return 0;
}

static int read_line(struct conf *conf, char *line, char section[NAME_SIZE])
{
  char name[NAME_SIZE];
  char *comment = strchr(line, '#');
  if (comment != NULL)
    *comment = '\0';
  line = trim(line);
  if (*line == '\0')
    return 0;
  if (*line == '[') {
    char *end = strchr(line, ']');
    if (end == NULL || end[1] != '\0' || end - line > NAME_SIZE - 1)
      return fail(conf, "bad section");
    *end = '\0';
    strcpy(section, line + 1);
    return 0;
  }
  char *equals = strchr(line, '=');
  if (equals == NULL)
    return fail(conf, "no equals sign");
  *equals = '\0';
  if (snprintf(name, sizeof name, "%s.%s", section, trim(line)) >= (int)sizeof name)
    return fail(conf, "name too long");
  return add(conf, name, trim(equals + 1));
}

int conf_read(struct conf *conf, FILE *file)
{
  char line[LINE_SIZE];
  char section[NAME_SIZE] = "";

  memset(conf, 0, sizeof *conf);
  while (fgets(line, sizeof line, file) != NULL) {
    conf->line++;
    if (strchr(line, '\n') == NULL && !feof(file))
      return fail(conf, "line too long");
    if (read_line(conf, line, section) != 0)
      return -1;
  }
  return 0;
}
