/* SPDX-License-Identifier: Apache-2.0 */
#include "font.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_WIDTH 8
#define MAX_GAP 9

void font_start(struct font *font)
{
  memset(font, 0, sizeof *font);
  font->width = FIRST_WIDTH;
  font->gap = 1;
  font->ink = '#';
}

/* A number of one to three digits, or -1. */
static int number(const char *text)
{
  size_t length = strspn(text, "0123456789");

  return length == 0 || length > 3 || text[length] != '\0' ? -1 : atoi(text);
}

/* Where a letter's glyph is kept; NULL if the text is not one letter. */
static struct glyph *place(struct font *font, const char *letter)
{
  if (*letter < FIRST_LETTER || *letter > LAST_LETTER || letter[1] != '\0' || *letter == '_')
    return NULL;
  return &font->glyphs[*letter - FIRST_LETTER];
}

static int has_glyphs(const struct font *font)
{
  for (int i = 0; i < LETTERS; i++)
    if (font->glyphs[i].width > 0)
      return 1;
  return 0;
}

const char *font_set(struct font *font, const char *what, const char *value)
{
  int count = number(value);

  if (strcmp(what, "ink") == 0) {
    if (strlen(value) != 1)
      return "one character expected";
    font->ink = *value;
    return NULL;
  }
  if (count < 0)
    return "not a number";
  if (strcmp(what, "gap") == 0) {
    if (count > MAX_GAP)
      return "gap too wide";
    font->gap = count;
  } else if (strcmp(what, "height") == 0) {
    if (count == 0 || count > MAX_HEIGHT || has_glyphs(font))
      return "not a height, or too late";
    font->height = count;
  } else if (strcmp(what, "width") == 0) {
    if (count == 0)
      return "not a width";
    font->width = count;
  } else {
    return "unknown command";
  }
  return NULL;
}

const char *font_add(struct font *font, const char *letter, const char *width)
{
  struct glyph *glyph = place(font, letter);
  int count = width != NULL ? number(width) : font->width;

  if (font->height == 0)
    return "height is not set";
  if (glyph == NULL)
    return "not a letter";
  if (count <= 0)
    return "not a width";
  memset(glyph, 0, sizeof *glyph);
  glyph->width = count;
  return NULL;
}

const char *font_row(struct font *font, char letter, int row, const char *text)
{
  struct glyph *glyph = &font->glyphs[letter - FIRST_LETTER];
  char *end;

  errno = 0;
  unsigned long bits = strtoul(text, &end, 16);
  if (strspn(text, "0123456789abcdefABCDEF") != strlen(text) || end == text || errno != 0)
    return "not a row";
  if (bits > UINT32_MAX || (glyph->width < MAX_WIDTH && bits >> glyph->width != 0))
    return "row is wider than its glyph";
  glyph->rows[row] = (uint32_t)bits;
  return NULL;
}

const char *font_mirror(struct font *font, const char *from, const char *to)
{
  const struct glyph *old = place(font, from);
  struct glyph *new = place(font, to);
  struct glyph made = {0};

  if (old == NULL || new == NULL || old->width == 0)
    return "no such letter";
  made.width = old->width;
  for (int row = 0; row < font->height; row++)
    for (int column = 0; column < old->width; column++)
      if (column_set(old->rows[row], old->width, column))
        made.rows[row] |= UINT32_C(1) << column;
  *new = made;
  return NULL;
}
