/* SPDX-License-Identifier: Apache-2.0 */
/* Bitmap fonts. The letters of a font are equally high, and each has its own width; a row of a
 * letter is a number whose lowest WIDTH bits are its dots, the leftmost dot the highest of them.
 */
#ifndef FONT_H
#define FONT_H

#include <stdint.h>

#define SIDE_MAX 32 /* dots, of width and height; the smallest is 1 */
#define FIRST 33    /* the codes of letters, from "!" */
#define LAST 126    /* to "~" */

struct letter {
  unsigned width; /* nought if the font has no such letter */
  uint32_t rows[SIDE_MAX];
};

struct font {
  unsigned height; /* nought before it is known */
  struct letter letters[LAST - FIRST + 1];
};

/* The letter of a code, or NULL if the font has none. */
struct letter *font_letter(struct font *font, int code);

/* Begin a letter, with empty rows: NULL if there is one of the code, or it may not be so wide. */
struct letter *font_add(struct font *font, int code, unsigned width);

/* Set a row of a letter: 0, or -1 if dots lie outside its width. */
int letter_set(struct letter *letter, unsigned row, uint32_t dots);

/* Turn dots into gaps and gaps into dots. */
void letter_invert(const struct font *font, struct letter *letter);

/* Swap left and right. */
void letter_mirror(const struct font *font, struct letter *letter);

/* The number of a letter's dots. */
unsigned letter_weight(const struct font *font, const struct letter *letter);

#endif
