/* SPDX-License-Identifier: Apache-2.0 */
#include "template.h"

#include <ctype.h>
#include <string.h>

static char *lookup(const struct values *values, const char *name)
{
  for (size_t i = values->count; i > 0; i--)
    if (strcmp(values->names[i - 1], name) == 0)
      return values->values[i - 1];
  return NULL;
}

static void literal(struct out *out, char *text)
{
  out_add(out, text);
}

static void upper(struct out *out, const char *value)
{
  for (; *value != '\0'; value++)
    out_add(out, "%c", toupper((unsigned char)*value));
}

/* What stands between the braces. */
static int insert(struct out *out, const struct values *values, char *tag)
{
  char *filter = strchr(tag, '|');
  if (filter != NULL)
    *filter++ = '\0';
  char *value = lookup(values, tag);
  if (value == NULL)
    return -1;
  if (filter == NULL)
    out_add(out, value);
  else if (strcmp(filter, "upper") == 0)
    upper(out, value);
  else if (strcmp(filter, "length") == 0)
    out_add(out, "%zu", strlen(value));
  else
    return -1;
  return 0;
}

int template_render(struct out *out, struct values *values, char *text)
{
  char *open;

  while ((open = strstr(text, "{{")) != NULL) {
    char *close = strstr(open, "}}");
    if (close == NULL)
      return -1;
    *open = *close = '\0';
    literal(out, text);
    if (insert(out, values, open + 2) != 0)
      return -1;
    text = close + 2;
  }
  literal(out, text);
  return 0;
}
