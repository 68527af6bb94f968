/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "font.h"

int column_set(uint32_t row, int width, int column)
{
  return row >> (width - 1 - column) & 1;
}

static const struct glyph *find(const struct font *font, char letter)
{
  if (letter < FIRST_LETTER || letter > LAST_LETTER)
    return NULL;
  const struct glyph *glyph = &font->glyphs[letter - FIRST_LETTER];
  return glyph->width > 0 ? glyph : NULL;
}

static void blanks(int count, int *waiting)
{
  *waiting += count;
}

/* Print what is waiting, so that no line ends in blanks. */
static void mark(char ink, int *waiting, FILE *out)
{
  for (; *waiting > 0; --*waiting)
    putc(' ', out);
  putc(ink, out);
}

static void draw_row(const struct font *font, const char *text, int row, FILE *out)
{
  int waiting = 0;

  for (size_t i = 0; text[i] != '\0'; i++) {
    if (i > 0)
      blanks(font->gap, &waiting);
    if (text[i] == '_') {
      blanks(font->width, &waiting);
      continue;
    }
    const struct glyph *glyph = find(font, text[i]);
    for (int column = 0; column < glyph->width; column++) {
      if (column_set(glyph->rows[row], glyph->width, column))
        mark(font->ink, &waiting, out);
      else
        blanks(1, &waiting);
    }
  }
  putc('\n', out);
}

const char *draw(const struct font *font, const char *text, FILE *out)
{
  for (size_t i = 0; text[i] != '\0'; i++)
    if (text[i] != '_' && find(font, text[i]) == NULL)
      return "no such letter";
  for (int row = 0; row < font->height; row++)
    draw_row(font, text, row, out);
  return NULL;
}
