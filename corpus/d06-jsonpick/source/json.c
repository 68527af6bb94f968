/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *value_end(const char *text);

const char *json_blanks(const char *text)
{
  return text + strspn(text, " \t\r\n");
}

static const char *string_end(const char *text)
{
  for (text++; *text != '"'; text++) {
    if ((unsigned char)*text < ' ')
      return NULL;
    if (*text != '\\')
      continue;
    text++;
    if (*text == 'u') {
      for (int i = 0; i < 4; i++)
        if (!isxdigit((unsigned char)*++text))
          return NULL;
    } else if (*text == '\0' || strchr("\"\\/bfnrt", *text) == NULL) {
      return NULL;
    }
  }
  return text + 1;
}

static const char *digits_end(const char *text)
{
  return isdigit((unsigned char)*text) ? text + strspn(text, "0123456789") : NULL;
}

static const char *number_end(const char *text)
{
  if (*text == '-')
    text++;
  text = *text == '0' ? text + 1 : digits_end(text);
  if (text != NULL && *text == '.')
    text = digits_end(text + 1);
  if (text != NULL && (*text == 'e' || *text == 'E')) {
    text++;
    text = digits_end(*text == '-' || *text == '+' ? text + 1 : text);
  }
  return text;
}

static const char *word_end(const char *text)
{
  static const char *const words[] = {"true", "false", "null"};

  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strncmp(text, words[i], strlen(words[i])) == 0)
      return text + strlen(words[i]);
  return NULL;
}

static const char *array_end(const char *text)
{
  text = json_blanks(text + 1);
  if (*text == ']')
    return text + 1;
  for (;;) {
    text = value_end(text);
    if (text == NULL)
      return NULL;
    text = json_blanks(text);
    if (*text == ']')
      return text + 1;
    if (*text != ',')
      return NULL;
    text++;
  }
}

static const char *object_end(const char *text)
{
  text = json_blanks(text + 1);
  if (*text == '}')
    return text + 1;
  for (;;) {
    text = json_blanks(text);
    if (*text != '"' || (text = string_end(text)) == NULL)
      return NULL;
    text = json_blanks(text);
    if (*text != ':')
      return NULL;
    text = value_end(text + 1);
    if (text == NULL)
      return NULL;
    text = json_blanks(text);
    if (*text == '}')
      return text + 1;
    if (*text != ',')
      return NULL;
    text++;
  }
}

static const char *value_end(const char *text)
{
  text = json_blanks(text);
  switch (*text) {
  case '[':
    return array_end(text);
  case '{':
    return object_end(text);
  case '"':
    return string_end(text);
  case '-': case '0': case '1': case '2': case '3': case '4':
  case '5': case '6': case '7': case '8': case '9':
    return number_end(text);
  default:
    return word_end(text);
  }
}

const char *json_end(const char *text)
{
  return value_end(text);
}

/* The value behind a key, in an object. */
static const char *behind_key(const char *text)
{
  return json_blanks(json_blanks(string_end(text)) + 1);
}

/* The first value or key inside, or NULL. */
static const char *first_inside(const char *text)
{
  if (*text != '[' && *text != '{')
    return NULL;
  text = json_blanks(text + 1);
  return *text == ']' || *text == '}' ? NULL : text;
}

/* The value or key behind a value, or NULL. */
static const char *next_inside(const char *value)
{
  value = json_blanks(json_end(value));
  return *value == ',' ? json_blanks(value + 1) : NULL;
}

const char *json_inside(const char *text, const char *key, size_t length)
{
  int object = *text == '{';
  unsigned long index = 0;

  if (!object) {
    if (length == 0 || length > 9 || strspn(key, "0123456789") < length)
      return NULL;
    index = strtoul(key, NULL, 10);
  }
  for (const char *at = first_inside(text); at != NULL; index--) {
    const char *value = object ? behind_key(at) : at;
    if (object && (size_t)(string_end(at) - at) == length + 2 && memcmp(at + 1, key, length) == 0)
      return value;
    if (!object && index == 0)
      return value;
    at = next_inside(value);
  }
  return NULL;
}

size_t json_count(const char *text)
{
  size_t count = 0;

  for (const char *at = first_inside(text); at != NULL; count++)
    at = next_inside(*text == '{' ? behind_key(at) : at);
  return count;
}
