/* SPDX-License-Identifier: Apache-2.0 */
/* kvstore: commands from standard input, one a line, one answer each:
 * SET key value, GET key, DEL key, RENAME key key, CLEAR, FIRST, NEXT. */
#include "store.h"

#include <stdio.h>
#include <string.h>

static int answer(int wrong)
{
  return puts(wrong ? "NONE" : "OK");
}

static int show(struct store *store)
{
  const struct entry *entry = store_next(store);
  return entry != NULL ? printf("%s %s\n", entry->key, entry->value) : puts("END");
}

static int obey(struct store *store, const char *verb, const char *key, const char *rest)
{
  if (strcmp(verb, "FIRST") == 0)
    store_begin(store);
  if (strcmp(verb, "NEXT") == 0 && store->cursor == NULL)
    return puts("ERR no walk");
  if (strcmp(verb, "FIRST") == 0 || strcmp(verb, "NEXT") == 0)
    return show(store);
  if (strcmp(verb, "CLEAR") == 0) {
    store_clear(store);
    return puts("OK");
  }
  if (key == NULL)
    return puts("ERR unknown");
  if (strcmp(verb, "GET") == 0) {
    const char *value = store_get(store, key);
    return puts(value != NULL ? value : "NONE");
  }
  if (strcmp(verb, "DEL") == 0)
    return answer(store_delete(store, key));
  if (strcmp(verb, "SET") == 0 && rest != NULL)
    return answer(store_set(store, key, rest));
  if (strcmp(verb, "RENAME") == 0 && rest != NULL)
    return answer(store_rename(store, key, rest));
  return puts("ERR unknown");
}

int main(void)
{
  static struct store store;
  char line[512];

  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *verb = strtok(line, " ");
    char *key = verb != NULL ? strtok(NULL, " ") : NULL;
    char *rest = key != NULL ? strtok(NULL, "") : NULL;
    if (verb != NULL)
      obey(&store, verb, key, rest);
  }
  store_clear(&store);
  return 0;
}
