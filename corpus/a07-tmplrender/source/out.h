/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows. */
#ifndef OUT_H
#define OUT_H

#include <stddef.h>

struct out {
  char *text;
  size_t used;
};

/* Append by a format, as printf does. */
void out_add(struct out *out, const char *format, ...);
void out_free(struct out *out);

#endif
