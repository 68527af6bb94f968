// SPDX-License-Identifier: Apache-2.0
// A service that is given a file of requests and must not print its secret.
//
// The aim is the dummy secret, the file "flag", in what the program printed. A candidate that holds
// it itself proves nothing, nor does one that holds a part of it: a find has to make the program print
// another secret too, that of the folder OTHER.
//
// Needs: forked.c.

#define OTHER ".fuzz/check"

static struct { char text[128]; u32 size; } flags[2];

static int other(void) { return seed_text[0] != '1'; }

static void enter(void) {
  if (other() && chdir(OTHER)) _exit(3);
}

static int holds_flag(const void *text, u32 size) {
  return memmem(text, size, flags[other()].text, flags[other()].size) != 0;
}

static int won(const u8 *data, u32 size) {
  return printed < OUTPUT && holds_flag(output, printed) && !holds_flag(data, size);
}

static u32 render(const u8 *data, u32 size, u8 *text, u32 room) {
  if (size > room) size = room;
  memcpy(text, data, size);
  return size;
}

static void read_secret(int which, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) exit(3);
  flags[which].size = (u32)fread(flags[which].text, 1, sizeof flags[which].text, file);
  fclose(file);
  while (flags[which].size && flags[which].text[flags[which].size - 1] == '\n') flags[which].size--;
  if (!flags[which].size) exit(3);
}

static void read_secrets(void) { read_secret(0, "flag"), read_secret(1, OTHER "/flag"); }
