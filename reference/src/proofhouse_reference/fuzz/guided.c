// SPDX-License-Identifier: Apache-2.0
// The search that keeps what reaches further and changes it again.
//
// Needs: coverage.c.

static void search(void) {
  static KEPT struct input input;
  begin();
  for (;;) {
    vary(&input, choose());
    if (!attempt(input.data, input.size)) return;
    if (reached_more()) keep(&input);
  }
}
