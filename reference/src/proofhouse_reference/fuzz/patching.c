// SPDX-License-Identifier: Apache-2.0
// The search that patches the comparisons of each kept input once, then mutates.
//
// Needs: compare.c.

static void search(void) {
  begin();
  while (patch_or_vary()) continue;
}
