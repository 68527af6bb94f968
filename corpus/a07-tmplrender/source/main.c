/* SPDX-License-Identifier: Apache-2.0 */
/* tmplrender FILE: lines "name=value", a line "---", then the template. */
#include "template.h"

#include <stdio.h>
#include <string.h>

#define MAX_TEXT 65536

/* Read the values before the line "---"; the text after it, or NULL. */
static char *read_values(struct values *values, char *text)
{
  for (;;) {
    char *end = strchr(text, '\n');
    if (end == NULL)
      return NULL;
    *end = '\0';
    if (strcmp(text, "---") == 0)
      return end + 1;
    char *equals = strchr(text, '=');
    if (equals == NULL || values->count == MAX_VALUES)
      return NULL;
    *equals = '\0';
    values->names[values->count] = text;
    values->values[values->count++] = equals + 1;
    text = end + 1;
  }
}

int main(int argc, char **argv)
{
  static char text[MAX_TEXT];
  static struct values values;
  struct out out = {NULL, 0};
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: tmplrender FILE\n");
    return 2;
  }
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  char *template = read_values(&values, text);
  int wrong = template == NULL || template_render(&out, &values, template) != 0;
  if (wrong)
    fprintf(stderr, "tmplrender: the template is not well formed\n");
  else if (out.text != NULL)
    fwrite(out.text, 1, out.used, stdout);
  out_free(&out);
  return wrong ? 2 : 0;
}
