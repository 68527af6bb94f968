/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calc.h"

struct parser {
  struct code *code;
  const char *at;
  int nesting;
};

static int sum(struct parser *parser);

static int fail(struct parser *parser, const char *error)
{
  parser->code->error = error;
  return -1;
}

static int emit(struct parser *parser, enum op op, long operand, size_t count)
{
  struct code *code = parser->code;

  if (code->length == CODE_SIZE)
    return fail(parser, "expression too long");
  code->list[code->length++] = (struct instruction){op, operand, count};
  return 0;
}

static char peek(struct parser *parser)
{
  while (isspace((unsigned char)*parser->at))
    parser->at++;
  return *parser->at;
}

static int take(struct parser *parser, char wanted)
{
  if (peek(parser) != wanted)
    return 0;
  parser->at++;
  return 1;
}

static int number(struct parser *parser)
{
  char *end;

  errno = 0;
  long value = strtol(parser->at, &end, 10);
  if (errno != 0)
    return fail(parser, "number too large");
  parser->at = end;
  return emit(parser, OP_NUMBER, value, 0);
}

static int call(struct parser *parser, const char *name)
{
  static const char *const functions[FN_COUNT] = {"min", "max", "sum", "abs"};
  size_t count = 0;
  int function = 0;

  while (function < FN_COUNT && strcmp(functions[function], name) != 0)
    function++;
  if (function == FN_COUNT)
    return fail(parser, "unknown function");
  do {
    if (sum(parser) != 0)
      return -1;
    count++;
  } while (take(parser, ','));
  if (!take(parser, ')'))
    return fail(parser, "call is not closed");
  if (function == FN_ABS && count != 1)
    return fail(parser, "abs takes one value");
  return emit(parser, OP_CALL, function, count);
}

static int name(struct parser *parser)
{
  char text[NAME_SIZE];
  size_t length = 0;

  while (isalnum((unsigned char)parser->at[length]) || parser->at[length] == '_')
    length++;
  if (length >= NAME_SIZE)
    return fail(parser, "name too long");
  memcpy(text, parser->at, length);
  text[length] = '\0';
  parser->at += length;
  if (take(parser, '('))
    return call(parser, text);
  int place = name_find(text);
  if (place < 0)
    return fail(parser, "unknown name");
  return emit(parser, OP_LOAD, place, 0);
}

static int atom(struct parser *parser)
{
  char next = peek(parser);

  if (isdigit((unsigned char)next))
    return number(parser);
  if (isalpha((unsigned char)next) || next == '_')
    return name(parser);
  if (!take(parser, '('))
    return fail(parser, "value expected");
  if (sum(parser) != 0)
    return -1;
  return take(parser, ')') ? 0 : fail(parser, "parenthesis is not closed");
}

static int signed_atom(struct parser *parser)
{
  int wrong;

  if (++parser->nesting > MAX_NESTING)
    return fail(parser, "nested too deeply");
  if (take(parser, '-'))
    wrong = signed_atom(parser) != 0 || emit(parser, OP_NEGATE, 0, 0) != 0;
  else
    wrong = atom(parser) != 0;
  parser->nesting--;
  return wrong ? -1 : 0;
}

static int product(struct parser *parser)
{
  if (signed_atom(parser) != 0)
    return -1;
  for (;;) {
    enum op op;
    if (take(parser, '*'))
      op = OP_MULTIPLY;
    else if (take(parser, '/'))
      op = OP_DIVIDE;
    else if (take(parser, '%'))
      op = OP_REMAINDER;
    else
      return 0;
    if (signed_atom(parser) != 0 || emit(parser, op, 0, 0) != 0)
      return -1;
  }
}

static int sum(struct parser *parser)
{
  if (product(parser) != 0)
    return -1;
  for (;;) {
    enum op op;
    if (take(parser, '+'))
      op = OP_ADD;
    else if (take(parser, '-'))
      op = OP_SUBTRACT;
    else
      return 0;
    if (product(parser) != 0 || emit(parser, op, 0, 0) != 0)
      return -1;
  }
}

int compile(struct code *code, const char *text)
{
  struct parser parser = {code, text, 0};

  code->length = 0;
  code->error = NULL;
  if (sum(&parser) != 0)
    return -1;
  return peek(&parser) == '\0' ? 0 : fail(&parser, "something is left over");
}
