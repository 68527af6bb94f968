/* SPDX-License-Identifier: Apache-2.0 */
/* A calculator that compiles each line to code for a small stack machine and runs it.
 *
 *     name = expression     keep a value
 *     expression            print a value
 *
 * An expression has whole numbers, names, + - * / %, parentheses, a sign, and the functions
 * min, max, sum (of one value or more) and abs (of one). */
#ifndef CALC_H
#define CALC_H

#include <stddef.h>

#define LINE_SIZE 4096   /* of a line, with its end */
#define NAME_SIZE 16     /* of a name, with its terminator */
#define MAX_NAMES 64     /* values that can be kept */
#define CODE_SIZE 2048   /* instructions of one line */
#define MAX_NESTING 200  /* of parentheses, calls and signs */
#define STACK_SIZE 64    /* values at once; a line that needs more is an error */

enum op { OP_NUMBER, OP_LOAD, OP_NEGATE, OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE, OP_REMAINDER, OP_CALL };

enum function { FN_MIN, FN_MAX, FN_SUM, FN_ABS, FN_COUNT };

struct instruction {
  enum op op;
  long operand; /* a number, a name's place, or a function */
  size_t count; /* a call's values */
};

struct code {
  struct instruction list[CODE_SIZE];
  size_t length;
  const char *error;
};

/* names.c: where a name's value is kept; -1 if it isn't known, or can't be added. */
int name_find(const char *name);
int name_add(const char *name);
long name_value(int place);
void name_set(int place, long value);

/* compile.c: one expression; 0, or -1 with code->error set. */
int compile(struct code *code, const char *text);

/* machine.c: run the code; NULL, or what is wrong. */
const char *execute(const struct code *code, long *result);

#endif
