/* SPDX-License-Identifier: Apache-2.0 */
#include "threads.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The subject in small letters, without the "Re:" before it. */
static void plain(char to[FIELD_SIZE], const char *subject)
{
  size_t length = 0;

  while (strncasecmp(subject, "re:", 3) == 0)
    subject += 3 + strspn(subject + 3, " \t");
  for (; *subject != '\0'; subject++)
    to[length++] = (char)tolower((unsigned char)*subject);
  to[length] = '\0';
}

unsigned threads_add(struct threads *threads, const char *subject)
{
  char text[FIELD_SIZE];
  unsigned at = 0;

  plain(text, subject);
  while (at < threads->count && strcmp(threads->known[at], text) != 0)
    at++;
  if (at == THREADS_MAX)
    return 0;
  if (at == threads->count)
    strcpy(threads->known[threads->count++], text);
  return at + 1;
}
