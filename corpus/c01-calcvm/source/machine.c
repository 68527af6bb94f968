/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "calc.h"

static long stack[STACK_SIZE];
static size_t top;

static void push(long value)
{
  stack[top++] = value;
}

static long pop(void)
{
  return stack[--top];
}

static const char *binary(enum op op)
{
  long right = pop(), left = pop(), result = 0;
  int over = 0;

  switch (op) {
  case OP_ADD:
    over = __builtin_add_overflow(left, right, &result);
    break;
  case OP_SUBTRACT:
    over = __builtin_sub_overflow(left, right, &result);
    break;
  case OP_MULTIPLY:
    over = __builtin_mul_overflow(left, right, &result);
    break;
  default:
    if (right == 0)
      return "division by nought";
    over = left == LONG_MIN && right == -1;
    if (!over)
      result = op == OP_DIVIDE ? left / right : left % right;
  }
  push(result);
  return over ? "number too large" : NULL;
}

/* Put a function's value in the place of those it was given. */
static const char *call(enum function function, size_t count)
{
  long result = pop();

  if (function == FN_ABS && result < 0) {
    if (result == LONG_MIN)
      return "number too large";
    result = -result;
  }
  while (--count > 0) {
    long value = pop();
    if (function == FN_SUM && __builtin_add_overflow(result, value, &result))
      return "number too large";
    if ((function == FN_MIN && value < result) || (function == FN_MAX && value > result))
      result = value;
  }
  push(result);
  return NULL;
}

const char *execute(const struct code *code, long *result)
{
  const char *error = NULL;

  top = 0;
  for (size_t i = 0; i < code->length && error == NULL; i++) {
    const struct instruction *now = &code->list[i];
    switch (now->op) {
    case OP_NUMBER:
      push(now->operand);
      break;
    case OP_LOAD:
      stack[top++] = name_value((int)now->operand);
      break;
    case OP_NEGATE:
      if (stack[top - 1] == LONG_MIN)
        return "number too large";
      stack[top - 1] = -stack[top - 1];
      break;
    case OP_CALL:
      error = call((enum function)now->operand, now->count);
      break;
    default:
      error = binary(now->op);
    }
  }
  if (error == NULL)
    *result = pop();
  return error;
}
