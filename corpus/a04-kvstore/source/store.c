/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

/* The entry before the one of this key, or before the end. */
static struct entry *find(struct store *store, const char *key)
{
  struct entry *before = &store->anchor;
  while (before->next != NULL && strcmp(before->next->key, key) != 0)
    before = before->next;
  return before;
}

static void release(struct entry *entry)
{
  free(entry->key);
  free(entry->value);
  free(entry);
}

static int replace(char **text, const char *with)
{
  char *copy = strdup(with);
  if (copy == NULL)
    return -1;
  free(*text);
  *text = copy;
  return 0;
}

int store_set(struct store *store, const char *key, const char *value)
{
  struct entry *before = find(store, key);

  if (before->next != NULL)
    return replace(&before->next->value, value);
  struct entry *entry = calloc(1, sizeof *entry);
  if (entry == NULL)
    return -1;
  if (replace(&entry->key, key) != 0 || replace(&entry->value, value) != 0) {
    release(entry);
    return -1;
  }
  before->next = entry;
  return 0;
}

const char *store_get(struct store *store, const char *key)
{
  struct entry *entry = find(store, key)->next;
  return entry != NULL ? entry->value : NULL;
}

int store_delete(struct store *store, const char *key)
{
  struct entry *before = find(store, key);

  if (before->next == NULL)
    return -1;
  struct entry *entry = before->next;
  before->next = entry->next;
  release(entry);
  return 0;
}

int store_rename(struct store *store, const char *key, const char *new_key)
{
  struct entry *entry = find(store, key)->next;
  struct entry *other = find(store, new_key);

  if (entry == NULL)
    return -1;
  if (other->next != NULL && other->next != entry) {
    struct entry *replaced = other->next;
    other->next = replaced->next;
    release(replaced);
  }
  return replace(&entry->key, new_key);
}

void store_clear(struct store *store)
{
  while (store->anchor.next != NULL) {
    struct entry *entry = store->anchor.next;
    store->anchor.next = entry->next;
    release(entry);
  }
}

void store_begin(struct store *store)
{
  store->cursor = &store->anchor;
}

const struct entry *store_next(struct store *store)
{
  if (store->cursor == NULL || store->cursor->next == NULL)
    return NULL;
  store->cursor = store->cursor->next;
  return store->cursor;
}
