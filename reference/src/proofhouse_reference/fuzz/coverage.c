// SPDX-License-Identifier: Apache-2.0
// Keeps the inputs that reach something new: edges counted in powers of two, as AFL does.
//
// The compiler calls __sanitizer_cov_trace_pc in each block (-fsanitize-coverage=trace-pc).
//
// Needs: executor.c, mutate.c.

#define CORPUS 512
#ifndef COUNTED_ONCE
#define COUNTED_ONCE 0  // whether an edge counts once however often it is taken, as in lists of requests
#endif

struct entry {
  struct input input;
  u32 edge, turns;                // the rarest when it was kept; how often it was chosen for it
  u32 patched, divided, solved;   // whether compare.c, records.c and solve.c have worked on it
  u32 anchors, anchor[8], anchored_by;  // places where its records are read, and the site that does
#ifdef STAGED
  u32 mode;   // in which mode it ended
  long peak;  // how far it drove the plant in that
  u8 tried, placed;  // whether staged.c has tried values after it, and operands before it
#endif
};

static struct entry *corpus;
static u32 entries, samples;  // the samples come first and stay
static KEPT u8 reached[EDGES];     // the counts that were seen, a bit for each power of two
static KEPT u32 visits[EDGES];     // the executions that reached an edge
static u32 rarest;            // the least visited edge of the last execution

void __sanitizer_cov_trace_pc(void) {
  if (!shared) return;  // called by a constructor, before main
  u32 here = place(__builtin_return_address(0)) * 2654435761u >> 16;
  u8 *count = &shared->edges[(here ^ shared->previous) % EDGES];
  if (*count < 255) ++*count;
  shared->previous = here >> 1;
}

static u8 bucket(u8 count) {
  if (COUNTED_ONCE) return 1;
  static const u8 FLOORS[] = {2, 3, 4, 8, 16, 32, 128};
  u8 bit = 1;
  for (u32 i = 0; i < sizeof FLOORS && count >= FLOORS[i]; i++) bit <<= 1;
  return bit;
}

// Whether the last execution reached an edge, or a count of one, that none before it had.
static int reached_more(void) {
  int more = 0;
  if (too_slow) return 0;  // what is made of it would be slow too
  for (u32 i = 0; i < EDGES; i += 8) {
    u64 eight;
    memcpy(&eight, shared->edges + i, 8);
    for (u32 j = i; eight && j < i + 8; j++) {
      u8 seen = shared->edges[j] ? bucket(shared->edges[j]) : 0;
      if (seen && (++visits[j] < visits[rarest] || !shared->edges[rarest])) rarest = j;
      if (seen & ~reached[j]) reached[j] |= seen, more = 1;
    }
  }
#ifdef RESPONSES
  more |= responded_anew();
#endif
  return more;
}

static struct entry *keep(const struct input *input) {
  struct entry *entry = &corpus[entries < CORPUS ? entries++ : CORPUS / 2 + below(CORPUS / 2)];
  memset(entry, 0, sizeof *entry);
  entry->input = *input, entry->edge = rarest;
#ifdef STAGED
  entry->peak = farthest, entry->mode = ends_in;
#endif
  return entry;
}

static void begin(void) {
  static KEPT struct input input;
  corpus = calloc(CORPUS, sizeof *corpus);
  if (!corpus) exit(3);
  for (const struct bytes *sample = SAMPLES; sample < SAMPLES + SAMPLE_COUNT; sample++) {
    input.size = sample->size;
    memcpy(input.data, sample->data, sample->size);
    if (attempt(input.data, input.size) && reached_more()) keep(&input);
  }
  if (!entries) memset(&input, 0, sizeof input), input.size = 16, keep(&input);
  samples = entries;
}

static u64 effort(const struct entry *entry) {
  return (u64)visits[entry->edge] * (1 + entry->turns);
}

// A sample, any entry, or the one for which the visits of its rarest edge, times how often it was chosen
// for that, are fewest: the rare first (Lemieux and Sen, FairFuzz, ASE 2018), and each in its turn.
static struct entry *choose(void) {
  u32 kind = below(8), best = below(kind ? entries : samples);
  u32 other = COUNTED_ONCE ? below(entries) : best;
  if (corpus[other].input.size < corpus[best].input.size) best = other;  // the less, the less in vain
  if (kind < 4) return &corpus[best];
  for (u32 i = 0; i < entries; i++)
    if (effort(&corpus[i]) < effort(&corpus[best])) best = i;
  corpus[best].turns++;
  return &corpus[best];
}

// A new input out of a kept one, now and then crossed with another.
static void vary(struct input *input, const struct entry *entry) {
  *input = entry->input;
  if (below(16) == 0) {
    const struct input *other = &choose()->input;
    u32 at = below(input->size + 1), from = below(other->size + 1), n = other->size - from;
    if (n > LONGEST - at) n = LONGEST - at;
    memcpy(input->data + at, other->data + from, n);
    input->size = at + n;
  }
  mutate(input);
}
