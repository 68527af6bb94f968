/* SPDX-License-Identifier: Apache-2.0 */
/* Text in which {{name}}, {{name|upper}} and {{name|length}} stand for values. Nothing else has a
 * meaning: all other text comes out as it went in. */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "out.h"

#define MAX_VALUES 32

struct values {
  char *names[MAX_VALUES], *values[MAX_VALUES];
  size_t count;
};

/* Append the text with its values filled in; it is used up. 0, or -1 if it is not well formed. */
int template_render(struct out *out, struct values *values, char *text);

#endif
