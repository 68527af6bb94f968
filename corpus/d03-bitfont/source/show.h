/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHOW_H
#define SHOW_H

#include "font.h"

/* Print a text, "#" for a dot and "." for a gap, with a blank column between letters. Letters that
 * the font has not are left out; nothing is printed if none remain.
 */
void show(struct font *font, const char *text);

/* Print width and number of dots of each letter of a text that the font has. */
void weigh(struct font *font, const char *text);

#endif
