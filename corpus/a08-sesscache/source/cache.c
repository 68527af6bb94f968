/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const ROLES[] = {"admin", "editor", "guest", NULL};
static const char *const ZONES[] = {"east", "west", "north", NULL};

long number(const char *text)
{
  if (text == NULL || !isdigit((unsigned char)*text) || strlen(text) > 6)
    return -1;
  long value = atol(text);
  return value > 0 ? value : -1;
}

/* The list's own copy of a word, or NULL. */
static const char *known(const char *const *list, const char *word)
{
  while (*list != NULL && strcmp(*list, word) != 0)
    list++;
  return *list;
}

static int option(struct session *session, const char *word)
{
  if (strncmp(word, "role=", 5) == 0)
    return (session->role = known(ROLES, word + 5)) != NULL ? 0 : -1;
  if (strncmp(word, "zone=", 5) == 0)
    return (session->zone = known(ZONES, word + 5)) != NULL ? 0 : -1;
  if (strncmp(word, "ttl=", 4) == 0)
    return (session->ttl = number(word + 4)) > 0 ? 0 : -1;
  return -1;
}

int cache_open(struct cache *cache, char *words)
{
  const char *word = strtok(words, " ");
  struct session **last = &cache->first;

  if (word == NULL || strlen(word) >= sizeof (*last)->id || cache_find(cache, word) != NULL)
    return -1;
  struct session *session = malloc(sizeof *session);
  if (session == NULL)
    return -1;
  strcpy(session->id, word);
  session->ttl = DEFAULT_TTL;
  session->next = NULL;
  while ((word = strtok(NULL, " ")) != NULL)
    if (option(session, word) != 0) {
      free(session);
      return -1;
    }
  while (*last != NULL)
    last = &(*last)->next;
  *last = session;
  return 0;
}

struct session *cache_find(const struct cache *cache, const char *id)
{
  struct session *session = cache->first;
  while (session != NULL && strcmp(session->id, id) != 0)
    session = session->next;
  return session;
}

static void drop(struct session **place)
{
  struct session *session = *place;
  *place = session->next;
  free(session);
}

int cache_close(struct cache *cache, const char *id)
{
  for (struct session **place = &cache->first; *place != NULL; place = &(*place)->next)
    if (strcmp((*place)->id, id) == 0) {
      drop(place);
      return 0;
    }
  return -1;
}

void cache_tick(struct cache *cache, long seconds)
{
  struct session **place = &cache->first;
  while (*place != NULL) {
    (*place)->ttl -= seconds;
    if ((*place)->ttl <= 0)
      drop(place);
    else
      place = &(*place)->next;
  }
}

size_t cache_count(const struct cache *cache, const char *role)
{
  size_t count = 0;
  for (const struct session *session = cache->first; session != NULL; session = session->next)
    count += strcmp(session->role, role) == 0;
  return count;
}

void session_print(const struct session *session)
{
  printf("%s role=%s zone=%s ttl=%ld\n", session->id, session->role, session->zone,
         session->ttl);
}
