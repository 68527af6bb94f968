/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>

#include "dns.h"

static int digit(int character)
{
  if (isdigit(character))
    return character - '0';
  return isxdigit(character) ? tolower(character) - 'a' + 10 : -1;
}

int hex_read(struct message *message, FILE *file)
{
  int character, upper = -1;

  while ((character = getc(file)) != EOF) {
    if (character == ';') {
      while (character != '\n' && character != EOF)
        character = getc(file);
      continue;
    }
    if (isspace(character))
      continue;
    int value = digit(character);
    if (value < 0) {
      message->error = "not hexadecimal";
      return -1;
    }
    if (upper < 0) {
      upper = value;
      continue;
    }
    if (message->length == MAX_MESSAGE) {
      message->error = "message too long";
      return -1;
    }
    message->octets[message->length++] = (uint8_t)(upper << 4 | value);
    upper = -1;
  }
  if (upper >= 0)
    message->error = "half an octet";
  return upper >= 0 ? -1 : 0;
}

int next8(struct message *message)
{
  return message->at < message->length ? message->octets[message->at++] : -1;
}

long next16(struct message *message)
{
  int upper = next8(message), lower = next8(message);

  return upper < 0 || lower < 0 ? -1 : (long)upper << 8 | lower;
}
