/* SPDX-License-Identifier: Apache-2.0 */
/* bitfont SHEET: read a font and show texts in it. A sheet's lines are
 *
 *   height N          first, once
 *   letter C WIDTH    a letter; as many lines of hexadecimal rows (up to 8 digits) follow
 *   show TEXT         print the text
 *   weigh TEXT        print what its letters weigh
 *   invert TEXT       invert each letter of the text, from here on
 *   mirror TEXT       the same, swapped
 *
 * and empty ones. The text of invert and mirror may not name letters that the font has not. What is
 * wrong ends the program with "line N: wrong" on stderr and status 1.
 */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LENGTH 200

struct sheet {
  struct font font;
  struct letter *open; /* the letter whose rows are read */
  unsigned rows;       /* how many it has so far */
};

/* The number that a text is, up to a greatest one; -1 if it is something else. */
static long number(const char *text, int base, unsigned long greatest)
{
  const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
  size_t length = strlen(text);

  if (length == 0 || length > 8 || strspn(text, digits) != length)
    return -1;
  unsigned long value = strtoul(text, NULL, base);
  return value <= greatest ? (long)value : -1;
}

static int change(struct font *font, const char *text,
                  void (*how)(const struct font *, struct letter *))
{
  for (; *text != '\0'; text++) {
    struct letter *letter = font_letter(font, (unsigned char)*text);
    if (letter == NULL)
      return -1;
    how(font, letter);
  }
  return 0;
}

static int row_line(struct sheet *sheet, const char *line)
{
  long dots = number(line, 16, 0xffffffff);

  if (dots < 0 || letter_set(sheet->open, sheet->rows, (uint32_t)dots) != 0)
    return -1;
  if (++sheet->rows == sheet->font.height)
    sheet->open = NULL;
  return 0;
}

static int sheet_line(struct sheet *sheet, const char *line)
{
  struct font *font = &sheet->font;

  if (sheet->open != NULL)
    return row_line(sheet, line);
  if (*line == '\0')
    return 0;
  if (strncmp(line, "height ", 7) == 0) {
    long height = number(line + 7, 10, SIDE_MAX);
    if (height < 1 || font->height != 0)
      return -1;
    font->height = (unsigned)height;
    return 0;
  }
  if (font->height == 0)
    return -1;
  if (strncmp(line, "letter ", 7) == 0 && line[7] != '\0' && line[8] == ' ') {
    long width = number(line + 9, 10, SIDE_MAX);
    if (width < 0)
      return -1;
    sheet->rows = 0;
    sheet->open = font_add(font, (unsigned char)line[7], (unsigned)width);
    return sheet->open != NULL ? 0 : -1;
  }
  if (strncmp(line, "show ", 5) == 0)
    show(font, line + 5);
  else if (strncmp(line, "weigh ", 6) == 0)
    weigh(font, line + 6);
  else if (strncmp(line, "invert ", 7) == 0)
    return change(font, line + 7, letter_invert);
  else if (strncmp(line, "mirror ", 7) == 0)
    return change(font, line + 7, letter_mirror);
  else
    return -1;
  return 0;
}

int main(int argc, char **argv)
{
  static struct sheet sheet;
  char line[LINE_LENGTH + 2];
  unsigned at = 0;
  int wrong = 0;
  FILE *file;

  if (argc != 2 || (file = fopen(argv[1], "r")) == NULL) {
    fprintf(stderr, "usage: bitfont SHEET\n");
    return 2;
  }
  while (!wrong && fgets(line, sizeof line, file) != NULL) {
    size_t length = strcspn(line, "\r\n");
    at++;
    line[length] = '\0';
    wrong = length > LINE_LENGTH || sheet_line(&sheet, line) != 0;
  }
  fclose(file);
  if (wrong || sheet.open != NULL) {
    fprintf(stderr, "line %u: wrong\n", at);
    return 1;
  }
  return 0;
}
