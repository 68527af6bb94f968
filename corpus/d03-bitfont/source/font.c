/* SPDX-License-Identifier: Apache-2.0 */
#include "font.h"

#include <stddef.h>

struct letter *font_letter(struct font *font, int code)
{
  if (code < FIRST || code > LAST || font->letters[code - FIRST].width == 0)
    return NULL;
  return &font->letters[code - FIRST];
}

struct letter *font_add(struct font *font, int code, unsigned width)
{
  if (code < FIRST || code > LAST || font_letter(font, code) != NULL)
    return NULL;
  if (width < 1 || width > SIDE_MAX)
    return NULL;
  struct letter *letter = &font->letters[code - FIRST];
  letter->width = width;
  for (unsigned row = 0; row < SIDE_MAX; row++)
    letter->rows[row] = 0;
  return letter;
}

int letter_set(struct letter *letter, unsigned row, uint32_t dots)
{
  if (dots >> letter->width != 0)
    return -1;
  letter->rows[row] = dots;
  return 0;
}

void letter_invert(const struct font *font, struct letter *letter)
{
  uint32_t every = (1u << letter->width) - 1;

  for (unsigned row = 0; row < font->height; row++)
    letter->rows[row] ^= every;
}

void letter_mirror(const struct font *font, struct letter *letter)
{
  for (unsigned row = 0; row < font->height; row++) {
    uint32_t from = letter->rows[row], to = 0;
    for (unsigned i = 0; i < letter->width; i++, from >>= 1)
      to = to << 1 | (from & 1);
    letter->rows[row] = to;
  }
}

unsigned letter_weight(const struct font *font, const struct letter *letter)
{
  unsigned count = 0;

  for (unsigned row = 0; row < font->height; row++)
    for (uint32_t dots = letter->rows[row]; dots != 0; dots &= dots - 1)
      count++;
  return count;
}
