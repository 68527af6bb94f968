// SPDX-License-Identifier: Apache-2.0
// Learns from what the program prints: where requests end, which responses are new, words it gives.
//
// A response is told by its shape, the first four of its words; those that the dictionary does not
// have, numbers too, count as one another. An input is kept if the shape of a line is new.
//
// Needs: coverage.c, fields.c.

#define SHAPES 8192
#define DIVIDED 600  // the longest sample that is divided by its responses

static u8 shapes[SHAPES];

static int known_word(const u8 *text, u32 size) {
  for (u32 i = 0; i < STRING_COUNT; i++)
    if (STRINGS[i].size == size && same(STRINGS[i].data, text, size)) return 1;
  return 0;
}

static u32 shape_of(const u8 *line, u32 size) {
  static struct field fields[FIELDS];
  u32 hash = 2166136261u, count = fields_of(line, size, fields, 0);
  for (u32 i = 0; i < count && i < 4; i++) {
    const u8 *word = line + fields[i].at;
    u32 n = known_word(word, fields[i].size) ? fields[i].size : 0;
    for (u32 j = 0; j < n; j++) hash = (hash ^ word[j]) * 16777619u;
    hash = (hash ^ (n ? 1 : 2)) * 16777619u;
  }
  return hash;
}

static void note_words(const u8 *line, u32 size) {
  static struct field fields[FIELDS];
  u32 count = fields_of(line, size, fields, 0);
  for (u32 i = 0; i < count; i++) {
    const u8 *word = line + fields[i].at;
    u32 n = fields[i].size;
    if (n < 3 || n > LONGEST_STRING || known_word(word, n)) continue;
    struct bytes *slot = &spoken[below(64)];
    if (spoken_count < 64) slot = &spoken[spoken_count++];
    else free((void *)slot->data);
    u8 *copy = malloc(n);
    if (!copy) exit(3);
    memcpy(copy, word, n);
    *slot = (struct bytes){n, copy};
  }
}

static int responded_anew(void) {
  u32 fresh = 0;
  for (u32 at = 0, lines = 0; at < printed && lines < 400; lines++) {
    const char *stop = memchr(output + at, '\n', printed - at);
    u32 end = stop ? (u32)(stop - output) : printed;
    u32 shape = shape_of((u8 *)output + at, end - at) % SHAPES;
    if (!shapes[shape]) shapes[shape] = 1, fresh = 1, note_words((u8 *)output + at, end - at);
    at = end + 1;
  }
  return (int)fresh;
}

static u32 responses(const struct input *input, u32 size) {
  u32 lines = 0;
  if (!attempt(input->data, size)) return 0;
  for (u32 i = 0; i < printed; i++) lines += output[i] == '\n';
  return lines;
}

// Finds where requests end by executing each beginning of a sample: one more response, one more
// request. A program that answers the first byte answers each request as soon as it begins.
static void divide_requests(struct input *input) {
  u32 before = 0, early = responses(input, 1) > 0;
  input->cuts = 0;
  if (input->size > DIVIDED) return;
  input->cut[input->cuts++] = 0;
  for (u32 size = 1; size < input->size && input->cuts < CUTS; size++) {
    u32 now = responses(input, size), at = size - early;
    if (now > before && at) input->cut[input->cuts++] = at;
    before = now > before ? now : before;
  }
}

static const struct input *some_input(void) { return &corpus[below(entries)].input; }

static void begin_requests(void) {
  for (u32 i = 0; i < entries; i++) divide_requests(&corpus[i].input);
}
