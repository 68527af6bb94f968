// SPDX-License-Identifier: Apache-2.0
// Carries whole texts over: where one text of a comparison is a field of the input, put the other.
//
// Needs: compare.c, noted.c, fields.c.

#define TRIES 6  // inputs in which one pair of texts is carried over

static int text_tried(const struct texts *t, int way) {
  static u8 *turns;
  u32 hash = 2166136261u + (u32)way;
  if (!turns && !(turns = calloc(SITES, 1))) exit(3);
  for (u32 side = 0; side < 2; side++)
    for (u32 i = 0; i < t->sizes[side]; i++) hash = (hash ^ t->text[side][i]) * 16777619u;
  u8 *turn = &turns[hash % SITES];
  return *turn >= TRIES || ++*turn == 0;
}

static int is_edge(const struct input *input, u32 at) {
  return at >= input->size || !in_name((char)input->data[at]);
}

static int carry_text(const struct input *base, const struct texts *t, int way) {
  static struct input input;
  u32 n = t->sizes[way], m = t->sizes[!way];
  for (u32 at = 0; at + n <= base->size; at++) {
    if ((at && !is_edge(base, at - 1)) || !is_edge(base, at + n)) continue;
    if (!same(base->data + at, t->text[way], n)) continue;
    input = *base;
    put(&input, at, n, t->text[!way], m);
    if (!learn(&input)) return 0;
  }
  return 1;
}

// Tries each pair of texts that an input made the program compare; 0 once the search is over.
static int patch_texts(const struct entry *entry) {
  static struct texts noted[TEXTS];
  static struct input base;
  base = entry->input;
  if (!attempt_repaired(&base, REPAIRS)) return 0;
  u32 count = shared->texts;
  memcpy(noted, shared->text, sizeof noted);
  for (u32 i = 0; i < count; i++)
    for (int way = 0; way < 2; way++)
      if (!text_tried(&noted[i], way) && !carry_text(&base, &noted[i], way)) return 0;
  return 1;
}
