// SPDX-License-Identifier: Apache-2.0
// The search that keeps what reaches further or is answered anew, and changes it by fields.
//
// Needs: responses.c.

static void search(void) {
  static struct input input;
  begin(), begin_requests();
  for (;;) {
    vary(&input, choose());
    if (!attempt(input.data, input.size)) return;
    if (reached_more()) keep(&input);
  }
}
