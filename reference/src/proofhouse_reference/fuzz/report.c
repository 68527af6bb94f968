// SPDX-License-Identifier: Apache-2.0
// Runs the search and prints its outcome in one line; the crashing input is the file "crash".
//
// Needs: a search.

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 3;
  search();
  end_child();
  printf("executions %llu found %d refuted %u\n", (unsigned long long)executions, found, refutals);
  return 0;
}
