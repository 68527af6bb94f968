/* SPDX-License-Identifier: Apache-2.0 */
#include "out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void out_add(struct out *out, const char *format, ...)
{
  va_list list;

  va_start(list, format);
  int length = vsnprintf(NULL, 0, format, list);
  va_end(list);
  char *text = length < 0 ? NULL : realloc(out->text, out->used + (size_t)length + 1);
  if (text == NULL)
    return;
  out->text = text;
  va_start(list, format);
  vsnprintf(out->text + out->used, (size_t)length + 1, format, list);
  va_end(list);
  out->used += (size_t)length;
}

void out_free(struct out *out)
{
  free(out->text);
  out->text = NULL;
  out->used = 0;
}
