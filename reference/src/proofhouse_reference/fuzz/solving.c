// SPDX-License-Identifier: Apache-2.0
// The search that patches and solves each kept input once, then varies it.
//
// Needs: records.c, solve.c.

static void search(void) {
  begin_comparing();
  for (;;) {
    struct entry *entry = choose();
    if (!entry->patched ? !patch(entry) : !entry->solved ? !solve(entry) : !vary_records(entry))
      return;
  }
}
