// SPDX-License-Identifier: Apache-2.0
// The search that patches the comparisons of each kept input once, then varies it.
//
// Needs: records.c.

static void search(void) {
  begin_comparing();
  for (;;) {
    struct entry *entry = choose();
    if (entry->patched ? !vary_records(entry) : !patch(entry)) return;
  }
}
