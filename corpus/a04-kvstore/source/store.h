/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and values in the order in which the keys were first set, and one walk through them. */
#ifndef STORE_H
#define STORE_H

struct entry {
  char *key, *value;
  struct entry *next;
};

struct store {
  struct entry anchor;  /* before the first entry */
  struct entry *cursor; /* the entry shown last, the anchor, or NULL: no walk was begun */
};

/* All return 0, or -1 if there is no such key (or no memory). */
int store_set(struct store *store, const char *key, const char *value);
int store_delete(struct store *store, const char *key);

/* Give an entry another key; an entry that had it is removed. */
int store_rename(struct store *store, const char *key, const char *new_key);
const char *store_get(struct store *store, const char *key);
void store_clear(struct store *store);

/* Begin a walk; go on with the entry after the one shown last, or, if that one was removed since,
 * with the one that followed it. NULL at the end; what is added later is still shown. */
void store_begin(struct store *store);
const struct entry *store_next(struct store *store);

#endif
