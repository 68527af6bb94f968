/* SPDX-License-Identifier: Apache-2.0 */
/* sesscache: commands from standard input: open, show, touch, close, tick, count, list. */
#include "cache.h"

#include <stdio.h>
#include <string.h>

static int answer(int wrong, const char *otherwise)
{
  return puts(wrong ? otherwise : "ok");
}

static int on_session(struct cache *cache, const char *verb, const char *id)
{
  struct session *session = cache_find(cache, id);
  if (session == NULL)
    return puts("none");
  if (strcmp(verb, "show") == 0)
    session_print(session);
  else if (strcmp(verb, "touch") == 0)
    return session->ttl = DEFAULT_TTL, puts("ok");
  else
    return answer(cache_close(cache, id), "none");
  return 0;
}

static int obey(struct cache *cache, const char *verb, char *rest)
{
  if (strcmp(verb, "list") == 0) {
    for (const struct session *session = cache->first; session != NULL; session = session->next)
      session_print(session);
    return 0;
  }
  if (rest == NULL)
    return puts("error");
  if (strcmp(verb, "open") == 0)
    return answer(cache_open(cache, rest), "error");
  if (strcmp(verb, "count") == 0)
    return printf("%zu\n", cache_count(cache, rest));
  if (strcmp(verb, "tick") == 0) {
    long seconds = number(rest);
    if (seconds > 0)
      cache_tick(cache, seconds);
    return answer(seconds < 0, "error");
  }
  if (strcmp(verb, "show") == 0 || strcmp(verb, "touch") == 0 || strcmp(verb, "close") == 0)
    return on_session(cache, verb, rest);
  return puts("error");
}

int main(void)
{
  static struct cache cache;
  char line[256];

  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *rest = strchr(line, ' ');
    if (rest != NULL)
      *rest++ = '\0';
    obey(&cache, line, rest);
  }
  while (cache.first != NULL)
    cache_close(&cache, cache.first->id);
  return 0;
}
