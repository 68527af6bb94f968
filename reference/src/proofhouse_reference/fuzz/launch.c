// SPDX-License-Identifier: Apache-2.0
// Reads what it is started with, runs the search and prints its outcome in one line.
//
// Needs: a search; READ_SOURCE(text), which learns from a source; PREPARE(), which learns the rest.

static char *load(const char *path, u32 *size) {
  FILE *file = fopen(path, "rb");
  char *text = calloc(1, OUTPUT + 1);
  if (!file || !text) exit(3);
  *size = (u32)fread(text, 1, OUTPUT, file);
  fclose(file);
  return text;
}

int main(int count, char **arguments) {
  struct rlimit most = {OUTPUT, OUTPUT};
  u32 size;
  if (count < 3) return 2;
  budget = strtoull(arguments[1], 0, 10);
  shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  output_file = memfd_create("output", 0);
  candidate_file = open(CANDIDATE, O_RDWR | O_CREAT | O_TRUNC, 0600);
  candidate = realpath(CANDIDATE, 0);
  quiet = open("/dev/null", O_RDWR);
  if (shared == MAP_FAILED || output_file < 0 || candidate_file < 0 || !candidate) return 3;
  signal(SIGXFSZ, SIG_IGN), setrlimit(RLIMIT_FSIZE, &most);
  SAMPLES[0].data = (const u8 *)load(arguments[2], &size), SAMPLES[0].size = size;
  for (int i = 3; i < count; i++) READ_SOURCE(load(arguments[i], &size));
  for (u32 i = 0; i < SAMPLES[0].size; i++) stream = (stream ^ SAMPLES[0].data[i]) * 0x100000001b3ULL;
  stream |= 1;
  PREPARE();
  if (SAMPLES[0].size > LONGEST) SAMPLES[0].size = LONGEST;
  SAMPLE_COUNT = SAMPLES[0].size > 0;
  search();
  printf("executions %llu found %d\n", (unsigned long long)executions, found);
  return 0;
}
