/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include <stdio.h>

static void show_row(const struct letter *letter, unsigned row)
{
  for (unsigned i = letter->width; i > 0; i--)
    putchar(letter->rows[row] >> (i - 1) & 1 ? '#' : '.');
}

void show(struct font *font, const char *text)
{
  for (unsigned row = 0; row < font->height; row++) {
    int shown = 0;
    for (const char *at = text; *at != '\0'; at++) {
      const struct letter *letter = font_letter(font, (unsigned char)*at);
      if (letter == NULL)
        continue;
      if (shown)
        putchar(' ');
      shown = 1;
      show_row(letter, row);
    }
    if (!shown)
      return;
    putchar('\n');
  }
}

void weigh(struct font *font, const char *text)
{
  for (; *text != '\0'; text++) {
    const struct letter *letter = font_letter(font, (unsigned char)*text);
    if (letter != NULL)
      printf("%c %u %u\n", *text, letter->width, letter_weight(font, letter));
  }
}
