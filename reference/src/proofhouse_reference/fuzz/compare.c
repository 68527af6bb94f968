// SPDX-License-Identifier: Apache-2.0
// Carries the operands of comparisons over into the input, and repairs them when a change breaks them.
//
// Input-to-state correspondence: where an operand of a failing comparison stands in the input, write
// the other operand there (Aschermann et al., REDQUEEN, NDSS 2019). An operand that equals the input's
// length, or nearly, changes the length. A comparison of two computed values that was won like this
// (a checksum, a length field) is remembered with the input and won again after each mutation.
//
// The compiler calls __sanitizer_cov_trace_cmp* at comparisons (-fsanitize-coverage=trace-cmp); the
// linker leads memcmp, strncmp and strcmp through here (--wrap).
//
// Limits: an operand that the program computes from the input by more than a copy is not found.
//
// Needs: coverage.c.

#define PATCHES 12  // places tried for one pair of operands
#define OFTEN 24    // how often a comparison that has gone each way is worked on
#define NEAR 16     // how far an operand may lie from the input's length to be taken for it

static u8 outcomes[65536];  // by site: 1 a < b seen, 2 equal seen, 4 a > b seen

static void record(u32 site, u8 width, u8 constant, u64 a, u64 b) {
  int pointers = width == 8 && a >> 32 && b >> 32 && !(a >> 47) && !(b >> 47);
  if (!shared || pointers || shared->compares >= COMPARES) return;
  u8 *turn = &shared->turns[site % sizeof shared->turns];
  if (*turn >= 8) return;
  shared->log[shared->compares++] = (struct compare){site, width, constant, (*turn)++, a, b};
}

#define CALLER place(__builtin_return_address(0))
#define HOOKS(width, type)                                                                      \
  void __sanitizer_cov_trace_cmp##width(type a, type b) { record(CALLER, width, 0, a, b); }     \
  void __sanitizer_cov_trace_const_cmp##width(type a, type b) { record(CALLER, width, 1, b, a); }
HOOKS(1, u8)
HOOKS(2, uint16_t)
HOOKS(4, u32)
HOOKS(8, u64)
void __sanitizer_cov_trace_cmpf(float a, float b) { (void)a, (void)b; }
void __sanitizer_cov_trace_cmpd(double a, double b) { (void)a, (void)b; }

void __sanitizer_cov_trace_switch(u64 value, u64 *cases) {  // their number, their bits, each case
  for (u64 i = 0; i < cases[0]; i++)
    record(CALLER + (u32)i * 7919, (u8)(cases[1] / 8), 1, value, cases[2 + i]);
}

static void record_bytes(u32 site, const void *first, const void *second, size_t size) {
  const u8 *a = first, *b = second;
  for (size_t i = 0; i < size && i < 64; i += 8) {
    u64 x = 0, y = 0;
    u8 width = (u8)(size - i < 8 ? size - i : 8);
    memcpy(&x, a + i, width), memcpy(&y, b + i, width);
    record(site + (u32)i, width, 1, x, y);
    record(site + (u32)i + 1, width, 1, y, x);
  }
}

int __real_memcmp(const void *a, const void *b, size_t n);
int __real_strncmp(const char *a, const char *b, size_t n);
int __real_strcmp(const char *a, const char *b);

int __wrap_memcmp(const void *a, const void *b, size_t n) {
  int result = __real_memcmp(a, b, n);
  record_bytes(CALLER, a, b, n);
  return result;
}

int __wrap_strncmp(const char *a, const char *b, size_t n) {
  int result = __real_strncmp(a, b, n);
  size_t size = strnlen(a, n), other = strnlen(b, n);
  record_bytes(CALLER, a, b, size < other ? size : other);
  return result;
}

int __wrap_strcmp(const char *a, const char *b) {
  int result = __real_strcmp(a, b);
  size_t size = strlen(a), other = strlen(b);
  record_bytes(CALLER, a, b, size < other ? size : other);
  return result;
}

static int won_more;  // whether a comparison held since this was cleared that had never held before

static void note_outcomes(void) {
  for (const struct compare *c = shared->log; c < shared->log + shared->compares; c++) {
    u8 *seen = &outcomes[c->site % sizeof outcomes];
    u8 outcome = (u8)(c->a < c->b ? 1 : c->a > c->b ? 4 : 2);
    if (outcome == 2 && *seen && !(*seen & 2)) won_more = 1;
    *seen |= outcome;
  }
}

// Whether a comparison has gone each way and was worked on often, as a loop's is.
static int settled(const struct compare *c) {
  static u8 turns[sizeof outcomes];
  u32 at = c->site % sizeof outcomes;
  if (outcomes[at] != 7 || turns[at] == OFTEN) return outcomes[at] == 7;
  turns[at]++;
  return 0;
}

static void put(struct input *input, u32 at, u64 value, u8 width, u8 big) {
  for (u32 i = 0; i < width; i++)
    input->data[at + i] = (u8)(value >> 8 * (big ? width - 1 - i : i));
}

static int holds(const struct input *input, u32 at, u64 value, u8 width, u8 big) {
  for (u32 i = 0; i < width; i++)
    if (input->data[at + i] != (u8)(value >> 8 * (big ? width - 1 - i : i))) return 0;
  return 1;
}

// Whether a value compared in `from` bytes can stand in `to` bytes, sign or zeros before it.
static int fits(u64 value, u8 from, u8 to) {
  u64 above = to == 8 ? 0 : value >> 8 * to, ones = (from == 8 ? ~0ULL : (1ULL << 8 * from) - 1);
  return above == 0 || (to < 8 && above == ones >> 8 * to);
}

static const struct compare *find_compare(u32 site, u8 turn) {
  for (const struct compare *c = shared->log; c < shared->log + shared->compares; c++)
    if (c->site == site && c->turn == turn) return c;
  return 0;
}

// Executes, then wins again the comparisons that the entry is known to win, in at most four rounds.
// The input is left as it was executed last; 0 once the search is over.
static int attempt_repaired(const struct entry *entry, struct input *input) {
  for (int round = 0;; round++) {
    int changed = 0;
    if (!attempt(input->data, input->size)) return 0;
    note_outcomes();
    for (u32 i = 0; round < 4 && i < entry->repairs; i++) {
      const struct repair *r = &entry->repair[i];
      const struct compare *c = find_compare(r->site, 0);
      if (!c || c->a == c->b || r->at + r->width > input->size) continue;
      if (!holds(input, r->at, r->forward ? c->a : c->b, r->width, r->big)) continue;
      put(input, r->at, r->forward ? c->b : c->a, r->width, r->big);
      changed = 1;
    }
    if (!changed) return 1;
  }
}

static struct entry *keep_heir(const struct entry *parent, const struct input *input) {
  u32 repairs = parent->repairs;
  struct repair repair[8];
  memcpy(repair, parent->repair, sizeof repair);  // parent may be the slot that is taken
  struct entry *heir = keep(input);
  heir->repairs = repairs;
  memcpy(heir->repair, repair, sizeof repair);
  return heir;
}

static int learn(const struct entry *parent, struct input *input, const struct repair *won) {
  won_more = 0;
  if (!attempt_repaired(parent, input)) return 0;
  if (too_slow || (!reached_more() && !won_more)) return 1;
  struct entry *heir = keep_heir(parent, input);
  const struct compare *c = won ? find_compare(won->site, 0) : 0;
  if (c && !c->constant && c->a == c->b && heir->repairs < 8) heir->repair[heir->repairs++] = *won;
  return 1;
}

static int write_operand(const struct entry *base, const struct compare *c, int forward) {
  static const u8 WIDTHS[] = {0, 4, 2, 1};
  static struct input input;
  u64 from = forward ? c->a : c->b, to = forward ? c->b : c->a;
  u32 patches = 0;
  for (u32 w = 0; w < sizeof WIDTHS; w++) {
    u8 width = w ? WIDTHS[w] : c->width;
    if ((w && width >= c->width) || !fits(from, c->width, width) || !fits(to, c->width, width))
      continue;
    for (u32 at = 0; at + width <= base->input.size; at++)
      for (u8 big = 0; big < (width > 1 ? 2 : 1) && patches < PATCHES; big++) {
        if (!holds(&base->input, at, from, width, big)) continue;
        patches++;
        for (u64 step = 0; step < (c->constant ? 3 : 1); step++) {  // equal, one more, one less
          struct repair won = {c->site, at, width, big, (u8)forward};
          input = base->input;
          put(&input, at, to + (step == 2 ? ~0ULL : step), width, big);
          if (!learn(base, &input, &won)) return 0;
        }
      }
  }
  return 1;
}

static int write_length(const struct entry *base, const struct compare *c) {
  static struct input input;
  u32 size = base->input.size;
  for (int forward = 0; forward < 2; forward++) {
    u64 from = forward ? c->a : c->b, to = forward ? c->b : c->a;
    if (c->width < 4 || from > size || from + NEAR < size || to > LONGEST) continue;
    for (u64 step = 0; step < 3; step++) {
      u64 wanted = size + (to - from) + (step == 2 ? ~0ULL : step);
      if (!wanted || wanted > LONGEST) continue;
      input = base->input;
      for (u32 i = size; i < wanted; i++) input.data[i] = (u8)below(256);
      input.size = (u32)wanted;
      if (!learn(base, &input, 0)) return 0;
    }
  }
  return 1;
}

static int seen_before(const struct compare *log, u32 i) {
  for (u32 j = 0; j < i; j++)
    if (log[j].a == log[i].a && log[j].b == log[i].b && log[j].site == log[i].site) return 1;
  return 0;
}

// Tries each failing comparison of a kept input; 0 once the search is over.
static int patch(struct entry *entry) {
  static struct compare log[COMPARES];
  static struct entry base;
  entry->patched = 1, base = *entry;
  if (!attempt_repaired(&base, &base.input)) return 0;
  u32 compares = shared->compares;
  memcpy(log, shared->log, sizeof log);
  for (u32 i = 0; i < compares; i++) {
    const struct compare *c = &log[i];
    if (c->a == c->b || seen_before(log, i) || settled(c)) continue;
    if (!write_operand(&base, c, 1) || !write_length(&base, c)) return 0;
    if (!c->constant && !write_operand(&base, c, 0)) return 0;
  }
  return 1;
}

static int patch_or_vary(void) {
  static struct input input;
  struct entry *entry = choose();
  if (!entry->patched) return patch(entry);
  vary(&input, entry);
  return learn(entry, &input, 0);
}
