// SPDX-License-Identifier: Apache-2.0
// Notes the texts that the program compares, for texts.c.
//
// Needs: forked.c.

static void note_texts(const void *a, size_t m, const void *b, size_t n) {
  if (!shared || shared->texts == TEXTS || m > TEXT || n > TEXT || !m || !n) return;
  if (m == n && same(a, b, (u32)m)) return;
  for (u32 i = 0; i < shared->texts; i++) {
    const struct texts *t = &shared->text[i];
    if (t->sizes[0] == m && t->sizes[1] == n && same(t->text[0], a, (u32)m) && same(t->text[1], b, (u32)n))
      return;
  }
  struct texts *t = &shared->text[shared->texts++];
  t->sizes[0] = (u8)m, t->sizes[1] = (u8)n;
  memcpy(t->text[0], a, m), memcpy(t->text[1], b, n);
}

int __real_strcasecmp(const char *a, const char *b);

int __wrap_strcasecmp(const char *a, const char *b) {
  note_texts(a, strlen(a), b, strlen(b));
  return __real_strcasecmp(a, b);
}

#define SPELLED 1
#define NOTE_TEXTS(a, m, b, n) note_texts(a, m, b, n)
