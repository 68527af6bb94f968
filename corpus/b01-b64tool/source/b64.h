/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 in lines, as mail has it: 76 characters (57 bytes) a line, spaces ignored. */
#ifndef B64_H
#define B64_H
#include <stddef.h>

#define LINE_BYTES 57  /* bytes that one line stands for */
#define LINE_TEXT 256  /* characters we read at once, spaces included */

/* Write n <= LINE_BYTES bytes as text to out (with a final 0); returns its length. */
int encode_line(const unsigned char *in, size_t n, char *out);

/* Write a line's bytes to out; returns how many, or -1 if the line is not base64. */
int decode_line(const char *line, unsigned char *out);

/* How many characters of a line are not spaces or tabs. */
int significant(const char *line);

#endif
