// SPDX-License-Identifier: Apache-2.0
// The search that patches and, where it is a tool, solves kept inputs, and varies them by fields.
//
// Needs: texts.c; where SOLVING, solve.c.

static void search(void) {
  static struct input input;
  begin_comparing(), begin_requests();
  for (;;) {
    struct entry *entry = choose();
    if (!entry->patched && below(2)) {
      if (!patch_texts(entry) || !patch(entry)) return;
    } else if (SOLVING && entry->patched && !entry->solved && below(4) == 0) {
#if SOLVING
      if (!solve(entry)) return;
#endif
    } else {
      vary(&input, entry);
      if (!learn_repaired(&input, below(8) ? REPAIRS : 0)) return;
    }
  }
}
