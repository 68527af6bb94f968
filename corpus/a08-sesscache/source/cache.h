/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that end when their time is over. */
#ifndef CACHE_H
#define CACHE_H

#include <stddef.h>

#define DEFAULT_TTL 60

struct session {
  char id[16];
  const char *role; /* one of ROLES; "-" is shown and counted when none was given */
  const char *zone; /* one of ZONES; likewise */
  long ttl;         /* seconds that are left */
  struct session *next;
};

struct cache {
  struct session *first;
};

/* Open a session from words "ID [role=…] [zone=…] [ttl=…]"; 0, or -1. */
int cache_open(struct cache *cache, char *words);
struct session *cache_find(const struct cache *cache, const char *id);
int cache_close(struct cache *cache, const char *id);

/* Let seconds go by; sessions without time left are closed. */
void cache_tick(struct cache *cache, long seconds);
size_t cache_count(const struct cache *cache, const char *role);
void session_print(const struct session *session);
long number(const char *text); /* 1 to 999999, or -1 */

#endif
