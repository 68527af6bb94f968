// SPDX-License-Identifier: Apache-2.0
// The search that patches and solves each kept input once, then mutates.
//
// Needs: solve.c.

static void search(void) {
  begin();
  for (;;) {
    struct entry *entry = choose();
    if (entry->patched && !entry->solved ? !solve(entry) : !patch_or_vary()) return;
  }
}
