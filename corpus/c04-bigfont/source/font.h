/* SPDX-License-Identifier: Apache-2.0 */
/* Big letters from a font of bit rows. A script has one command a line:
 *
 *     height ROWS           of all glyphs, 1 to 16; once, before the first glyph
 *     width COLUMNS         of the glyphs that don't say theirs; 8 at first
 *     glyph C [COLUMNS]     a letter; as many lines follow as the height says, each a row in
 *                           hexadecimal, its lowest bit the rightmost column
 *     mirror C D            letter D is letter C seen in a mirror
 *     gap COLUMNS           between letters, 0 to 9; 1 at first
 *     ink I                 what a set bit is printed as; # at first
 *     print TEXT            print a text, in which _ stands for a blank of the width that holds
 *
 * A glyph has 1 to MAX_WIDTH columns, and no bits beyond them. */
#ifndef FONT_H
#define FONT_H

#include <stdint.h>
#include <stdio.h>

#define MAX_WIDTH 32
#define MAX_HEIGHT 16
#define FIRST_LETTER '!'
#define LAST_LETTER '~'
#define LETTERS (LAST_LETTER - FIRST_LETTER + 1)
#define LINE_SIZE 256

struct glyph {
  int width; /* 0: there is no such letter */
  uint32_t rows[MAX_HEIGHT];
};

struct font {
  struct glyph glyphs[LETTERS];
  int height, width, gap;
  char ink;
};

/* font.c. Each gives NULL, or what is wrong. */
void font_start(struct font *font);
const char *font_set(struct font *font, const char *what, const char *value);
const char *font_add(struct font *font, const char *letter, const char *width);
const char *font_row(struct font *font, char letter, int row, const char *text);
const char *font_mirror(struct font *font, const char *from, const char *to);

/* draw.c: print a text; NULL, or what is wrong. */
const char *draw(const struct font *font, const char *text, FILE *out);

/* draw.c: whether a column of a row, counted from the left, is set. */
int column_set(uint32_t row, int width, int column);

#endif
