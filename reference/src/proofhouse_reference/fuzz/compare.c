// SPDX-License-Identifier: Apache-2.0
// Carries the operands of comparisons over into the input, and repairs them when a change breaks them.
//
// Input-to-state correspondence: where an operand of a failing comparison stands in the input, write
// the other operand there (Aschermann et al., REDQUEEN, NDSS 2019). An operand that equals the input's
// length, or nearly, changes the length. A comparison that holds wherever the samples make it is an
// invariant of the format (a checksum, a magic number): when a change breaks it, it is repaired in the
// same way.
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

#define REPAIRS 6  // rounds of repair
#define FORMS 9    // in which an operand may stand in the input: see stands
#define DECIMAL 6
#define HEXADECIMAL 7
#define LEADS 12   // distances from a record's start
#ifndef SPELLED  // numbers are written out in the input, and texts are carried over whole (texts.c)
#define SPELLED 0
#define NOTE_TEXTS(a, m, b, n)
#endif
#ifndef AT_HOME  // whether a number may stand there in that form, where places of numbers are known
#define AT_HOME(input, at, form) 1
#endif

// What is known of the comparisons at one place in the code.
static struct site {
  u8 outcomes;  // 1 a < b seen, 2 equal seen, 4 a > b seen
  u8 nearest;   // 1 + the least number of bits in which the operands differed
  u8 patched;   // how often it was worked on after it had gone each way
  u8 solved;    // how often solve.c worked on it
  u8 repeated;  // whether it is made more than once in an execution
  u8 held;      // whether the samples make it, or a patch has won it
  u8 broken;    // whether it failed in a sample
  u8 way;       // 1 + the way in which it was repaired last: twice the form, plus which operand
  uint16_t lead[LEADS];  // how often a distance was right from a record's start (records.c)
} *sites;

static struct site *site_of(const struct compare *c) { return &sites[c->site % SITES]; }

// Constants of one byte are no invariants: most are return codes and flags, not bytes of the input.
static int is_invariant(const struct compare *c) {
  const struct site *s = site_of(c);
  return s->held && !s->broken && (!c->constant || (c->a > 255 && c->b > 255));
}

static void record(u32 site, u8 width, u8 constant, u64 a, u64 b) {
  int pointers = width == 8 && a >> 32 && b >> 32 && !(a >> 47) && !(b >> 47);
  if (!shared || pointers || shared->compares >= COMPARES) return;
  u8 *turn = &shared->turns[site % SITES];
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
  if (SPELLED) return;
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
  NOTE_TEXTS(a, n, b, n);
  return result;
}

int __wrap_strncmp(const char *a, const char *b, size_t n) {
  int result = __real_strncmp(a, b, n);
  size_t size = strnlen(a, n), other = strnlen(b, n);
  record_bytes(CALLER, a, b, size < other ? size : other);
  NOTE_TEXTS(a, size, b, other);
  return result;
}

int __wrap_strcmp(const char *a, const char *b) {
  int result = __real_strcmp(a, b);
  size_t size = strlen(a), other = strlen(b);
  record_bytes(CALLER, a, b, size < other ? size : other);
  NOTE_TEXTS(a, size, b, other);
  return result;
}

static int closer;  // whether a comparison came closer to equality, since this was cleared, than ever

static void note_outcomes(void) {
  for (const struct compare *c = shared->log; c < shared->log + shared->compares; c++) {
    struct site *s = site_of(c);
    u8 apart = (u8)(1 + (c->constant || c->a == c->b ? __builtin_popcountll(c->a ^ c->b) : 64));
    s->repeated |= c->turn > 0;
    s->outcomes |= (u8)(c->a < c->b ? 1 : c->a > c->b ? 4 : 2);
    if (s->nearest && apart < s->nearest) closer = !COUNTED_ONCE;
    if (!s->nearest || apart < s->nearest) s->nearest = apart;
  }
}

// Whether a comparison has gone each way and was worked on often, as a loop's is.
static int settled(const struct compare *c) {
  struct site *s = site_of(c);
  if (s->outcomes != 7 || s->patched == OFTEN) return s->outcomes == 7;
  s->patched++;
  return 0;
}

// Whether a value compared in `from` bytes can stand in `to` bytes, sign or zeros before it.
static int fits(u64 value, u8 from, u8 to) {
  u64 above = to == 8 ? 0 : value >> 8 * to, ones = (from == 8 ? ~0ULL : (1ULL << 8 * from) - 1);
  return above == 0 || (to < 8 && above == ones >> 8 * to);
}

// The bytes of a binary form: as many as are compared, then 4, 2 and 1, the little end first in the
// forms of even number. 0 where the form does not apply.
static u8 width_of(const struct compare *c, u32 form) {
  static const u8 WIDTHS[FORMS] = {0, 0, 4, 4, 2, 2, 0, 0, 1};
  if (form < 2) return form && c->width == 1 ? 0 : c->width;
  return WIDTHS[form] < c->width ? WIDTHS[form] : 0;
}

static int digit(u8 byte, u32 base) {
  int value = byte >= '0' && byte <= '9' ? byte - '0' : (byte | 32) >= 'a' ? (byte | 32) - 'a' + 10 : 99;
  return value < (int)base ? value : -1;
}

// The length of the number of up to 16 digits that starts at an offset and has the value; else 0.
static u32 spells(const struct input *input, u32 at, u64 value, u32 base) {
  u64 sum = 0;
  u32 end = at;
  if (at && digit(input->data[at - 1], base) >= 0) return 0;
  while (end < input->size && end - at < 16 && digit(input->data[end], base) >= 0)
    sum = sum * base + (u64)digit(input->data[end++], base);
  return sum == value ? end - at : 0;
}

// How many bytes of the input, from an offset on, are the value in a form; 0 if it is not there.
static u32 stands(const struct input *input, u32 at, const struct compare *c, u64 value, u32 form) {
  if (form == DECIMAL || form == HEXADECIMAL) return spells(input, at, value, form == DECIMAL ? 10 : 16);
  u8 width = SPELLED ? 0 : width_of(c, form), big = form & 1;
  if (!width || at + width > input->size || !fits(value, c->width, width)) return 0;
  for (u32 i = 0; i < width; i++)
    if (input->data[at + i] != (u8)(value >> 8 * (big ? width - 1 - i : i))) return 0;
  return AT_HOME(input, at, form) ? width : 0;
}

// Writes a value in a form over `taken` bytes; 0 if it does not fit.
static int rewrite(struct input *input, u32 at, u32 taken, const struct compare *c, u64 value,
                   u32 form) {
  char text[24];
  if (form != DECIMAL && form != HEXADECIMAL) {
    u8 width = width_of(c, form), big = form & 1;
    if (!fits(value, c->width, width)) return 0;
    for (u32 i = 0; i < width; i++)
      input->data[at + i] = (u8)(value >> 8 * (big ? width - 1 - i : i));
    return 1;
  }
  int least = input->data[at] == '0' || (SPELLED && form == HEXADECIMAL) ? (int)taken : 1;
  u32 n = (u32)sprintf(text, form == DECIMAL ? "%0*llu" : "%0*llx", least, (unsigned long long)value);
  if (input->size - taken + n > LONGEST) return 0;
  memmove(input->data + at + n, input->data + at + taken, input->size - at - taken);
  memcpy(input->data + at, text, n);
  input->size += n - taken;
  moved(input, at, taken, n);
  return 1;
}

static const struct compare *find_compare(u32 site, u8 turn) {
  for (const struct compare *c = shared->log; c < shared->log + shared->compares; c++)
    if (c->site == site && c->turn == turn) return c;
  return 0;
}

// Notes the comparisons that hold in the samples each time they are made.
static void note_invariants(void) {
  for (const struct compare *c = shared->log; c < shared->log + shared->compares; c++) {
    struct site *s = site_of(c);
    s->broken |= c->a != c->b, s->held = 1;
  }
}

// Writes one operand of a comparison over the other where that stands in the input, in one form; of
// several places one is drawn. An odd way takes the second operand for the one that stands there.
static int replace(struct input *input, const struct compare *c, u32 way) {
  u64 from = way & 1 ? c->b : c->a, to = way & 1 ? c->a : c->b;
  u32 places = 0, place = 0;
  for (u32 at = 0; at < input->size; at++)
    if (stands(input, at, c, from, way / 2) && below(++places) == 0) place = at;
  if (!places) return 0;
  return rewrite(input, place, stands(input, place, c, from, way / 2), c, to, way / 2);
}

// Replaces in the way that has won this comparison before, else in the first there is.
static int repair(struct input *input, const struct compare *c, u32 *way) {
  const struct site *s = site_of(c);
  *way = s->way - 1u;
  if (s->way && replace(input, c, *way)) return 1;
  for (*way = 0; *way < 2 * FORMS; ++*way)
    if (replace(input, c, *way)) return 1;
  return 0;
}

// Executes, then repairs the first broken invariant and executes again, in a number of rounds.
// The input is left as it was executed last; 0 once the search is over.
static int attempt_repaired(struct input *input, u32 rounds) {
  struct compare broken = {0};
  u32 way = 0;
  for (u32 round = 0;; round++) {
    if (!attempt(input->data, input->size)) return 0;
    note_outcomes();
    const struct compare *won = find_compare(broken.site, broken.turn);
    if (round && won && won->a == won->b) site_of(won)->way = (u8)(way + 1);
    const struct compare *c = shared->log, *end = shared->log + shared->compares;
    while (c < end && (c->a == c->b || !is_invariant(c))) c++;
    if (c == end || round == rounds) return 1;
    broken = *c;
    if (!repair(input, c, &way)) return 1;
  }
}

static int learn_repaired(struct input *input, u32 rounds) {
  closer = 0;
  if (!attempt_repaired(input, rounds)) return 0;
  if (!too_slow && (reached_more() || closer)) keep(input);
  return 1;
}

static int learn(struct input *input) { return learn_repaired(input, REPAIRS); }

// A comparison of two computed values that is made once, that no sample wins and that a patch has won
// is an invariant from now on.
static void note_won(const struct compare *lost) {
  struct site *s = site_of(lost);
  const struct compare *c = find_compare(lost->site, 0);
  if (lost->constant || s->repeated || !c || c->a != c->b || find_compare(lost->site, 1)) return;
  s->held = 1, s->broken = 0;
}

static int write_operand(const struct entry *base, const struct compare *c, int forward) {
  static KEPT struct input input;
  u64 from = forward ? c->a : c->b, to = forward ? c->b : c->a;
  u32 patches = 0;
  for (u32 form = 0; form < FORMS; form++)
    for (u32 at = 0; at < base->input.size && patches < PATCHES; at++) {
      u32 taken = stands(&base->input, at, c, from, form);
      patches += taken > 0;
      for (u64 step = 0; taken && step < (c->constant ? 3 : 1); step++) {  // equal, one more or less
        input = base->input;
        if (!rewrite(&input, at, taken, c, to + (step == 2 ? ~0ULL : step), form)) continue;
        if (!learn(&input)) return 0;
        if (!step) note_won(c);
      }
    }
  return 1;
}

static int write_length(const struct entry *base, const struct compare *c) {
  static KEPT struct input input;
  u32 size = base->input.size;
  for (int forward = 0; forward < 2; forward++) {
    u64 from = forward ? c->a : c->b, to = forward ? c->b : c->a;
    if (SPELLED || c->width < 4 || from > size || from + NEAR < size || to > LONGEST) continue;
    for (u64 step = 0; step < 3; step++) {
      u64 wanted = size + (to - from) + (step == 2 ? ~0ULL : step);
      if (!wanted || wanted > LONGEST) continue;
      input = base->input;
      for (u32 i = size; i < wanted; i++) input.data[i] = (u8)below(256);
      input.size = (u32)wanted;
      if (!learn(&input)) return 0;
    }
  }
  return 1;
}

// Whether a comparison was worked on with these operands before, in whatever inputs: twice is enough.
static int tried(const struct compare *c) {
  static u8 *turns;
  if (!turns && !(turns = calloc(SITES, 1))) exit(3);
  u8 *turn = &turns[((c->site * 31 + c->a) * 2654435761u + c->b * 40503u) >> 7 & (SITES - 1)];
  return *turn >= 2 || ++*turn == 0;
}

static void begin_comparing(void) {
  sites = calloc(SITES, sizeof *sites);
  if (!sites) exit(3);
  begin();
  for (u32 i = 0; SAMPLE_COUNT && i < entries; i++)
    if (attempt(corpus[i].input.data, corpus[i].input.size)) note_invariants();
}

// Tries each failing comparison of a kept input; 0 once the search is over.
static int patch(struct entry *entry) {
  static KEPT struct compare log[COMPARES];
  static KEPT struct entry base;
  entry->patched = 1, base = *entry;
  if (!attempt_repaired(&base.input, REPAIRS)) return 0;
  u32 compares = shared->compares;
  memcpy(log, shared->log, sizeof log);
  for (u32 i = 0; i < compares; i++) {
    const struct compare *c = &log[i];
    if (c->a == c->b || is_invariant(c) || tried(c) || settled(c)) continue;
    if (!write_operand(&base, c, 1) || !write_length(&base, c)) return 0;
    if (!c->constant && !write_operand(&base, c, 0)) return 0;
  }
  return 1;
}
