/* SPDX-License-Identifier: Apache-2.0 */
/* Outlines as text: an item a line, two blanks before it for each level it is deeper, at most one
 * level deeper than the line before and LEVELS_MAX levels in all. A line "=2.1" is no item but a
 * copy of an item further up, with all that is below it; what follows may be below the copy itself,
 * but not below its items. Empty lines do not count; texts have up to TEXT_LENGTH bytes.
 */
#ifndef READER_H
#define READER_H

#include "tree.h"

#include <stdio.h>

/* 0, or the number of the first line that is wrong or has no room. */
unsigned outline_read(struct tree *tree, FILE *file);

#endif
