/* SPDX-License-Identifier: Apache-2.0 */
/* The assembler of the Ember, a made-up machine with one register.
 *
 * A line is an optional "label:", then an instruction or a directive or nothing; ";" begins a
 * comment. Numbers are decimal or "0x" and hexadecimal, 0 to 65535; a label stands for its address.
 *
 *   nop, hlt                one byte
 *   ldi BYTE                two bytes
 *   lda, sta, add, jmp ADDRESS   three bytes, the address low byte first
 *   .byte N, N, ...         those bytes
 *   .fill COUNT BYTE        a byte COUNT times; COUNT may be nought
 *   .align N                noughts up to the next address that N (1 to 32768) divides
 *   .org ADDRESS            noughts up to the address, which may not be behind
 *
 * Programs begin at address 0. The first IMAGE_SIZE bytes of the address space are memory, and a
 * program may fill all of it; one that does not fit is an error. A label may stand at the end.
 */
#ifndef ASSEMBLE_H
#define ASSEMBLE_H

#include "symbols.h"

#define IMAGE_SIZE 0xe000
#define LINE_LENGTH 200

struct assembly {
  uint8_t *image; /* of IMAGE_SIZE bytes */
  uint16_t here;  /* the address of the next byte */
  int pass;       /* 1: labels are collected, 2: they are known */
  struct symbols symbols;
};

/* One line (without its newline; it is changed): NULL, or what is wrong with it. */
const char *assemble_line(struct assembly *assembly, char *line);

#endif
