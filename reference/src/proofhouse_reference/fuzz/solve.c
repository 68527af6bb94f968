// SPDX-License-Identifier: Apache-2.0
// Solves comparisons of computed values by asking the program how they move.
//
// One probe per byte shows which bytes a comparison depends on (taint inference, Gan et al., GREYONE,
// USENIX Security 2020). Then three models of its difference are tried, each proven by executing:
//
//   sum      the difference is d + sum of slope x change, modulo 2^width; the greatest slope first
//   carry    bit k depends on the input's bits up to k only (sums, products by odd numbers, exclusive
//            ors and their mixtures): settle the bits upwards, one execution each
//   parity   the exclusive or is affine over GF(2) (CRCs, shifts, rotations): one execution a bit,
//            then Gaussian elimination
//
// A comparison that depends on one byte is tried with all 256. Limits: what mixes carries with
// rotations or right shifts, as a cryptographic hash does, follows none of the models.
//
// Needs: compare.c.

#define TARGETS 16
#define OFTEN_ENOUGH 6  // inputs in which one comparison is worked on
#define PROBED 256  // bytes of the input that are probed
#define FIELD 8     // bytes a target may depend on for carry and parity

struct target {
  struct compare compare;
  u32 bytes;
  u32 at[PROBED];
  u64 slope[PROBED];
};

static KEPT struct target targets[TARGETS];
static u32 goals;

static u64 within(u64 value, u8 width) { return width == 8 ? value : value & ((1ULL << 8 * width) - 1); }

// The comparison as the last execution left it; the target's own where it was not reached.
static const struct compare *now(const struct target *target) {
  const struct compare *c = find_compare(target->compare.site, target->compare.turn);
  return c ? c : &target->compare;
}

static void choose_targets(void) {
  goals = 0;
  for (u32 i = 0; i < shared->compares && goals < TARGETS; i++) {
    const struct compare *c = &shared->log[i];
    if (c->a == c->b || c->turn || site_of(c)->outcomes & 2) continue;
    if (site_of(c)->solved == OFTEN_ENOUGH) continue;
    site_of(c)->solved++;
    targets[goals].compare = *c, targets[goals++].bytes = 0;
  }
}

static int probe(const struct entry *base) {
  static KEPT struct input input;
  for (u32 at = 0; at < base->input.size && at < PROBED; at++) {
    u8 step = base->input.data[at] == 255 ? 255 : 1;
    input = base->input, input.data[at] += step;
    if (!learn(&input)) return 0;
    for (struct target *t = targets; t < targets + goals; t++) {
      const struct compare *c = now(t);
      u64 slope = (c->a - c->b) - (t->compare.a - t->compare.b);
      if (!within(slope, c->width)) continue;
      t->slope[t->bytes] = step == 1 ? slope : 0 - slope, t->at[t->bytes++] = at;
    }
  }
  return 1;
}

static int64_t as_signed(u64 value, u8 width) {
  u32 shift = 64 - 8 * width;
  return (int64_t)(value << shift) >> shift;
}

static int solve_sum(const struct entry *base, const struct target *t) {
  static KEPT struct input input;
  static KEPT u8 used[PROBED];
  u8 width = t->compare.width;
  int64_t rest = as_signed(t->compare.a - t->compare.b, width);
  input = base->input, memset(used, 0, sizeof used);
  for (u32 turn = 0; turn < t->bytes && rest; turn++) {
    u32 best = PROBED;
    int64_t slope = 0;
    for (u32 i = 0; i < t->bytes; i++) {
      int64_t s = as_signed(t->slope[i], width);
      if (!used[i] && (s < 0 ? -s : s) > (slope < 0 ? -slope : slope)) best = i, slope = s;
    }
    if (best == PROBED) break;
    u8 *byte = &input.data[t->at[best]];
    int64_t value = *byte - rest / slope;
    value = value < 0 ? 0 : value > 255 ? 255 : value;
    rest += (value - *byte) * slope, *byte = (u8)value, used[best] = 1;
  }
  return rest ? 1 : learn(&input);
}

static int solve_carry(const struct entry *base, const struct target *t, int big) {
  static KEPT struct input input;
  u32 bits = 8 * t->bytes;
  u64 rest = t->compare.a ^ t->compare.b;
  input = base->input;
  for (u32 k = 0; k < bits && k < 8u * t->compare.width; k++) {
    if (!(rest >> k & 1)) continue;
    u32 byte = big ? t->bytes - 1 - k / 8 : k / 8;
    input.data[t->at[byte]] ^= (u8)(1u << k % 8);
    if (!learn(&input)) return 0;
    rest = now(t)->a ^ now(t)->b;
    if (rest & ((2ULL << k) - 1)) return 1;
  }
  return 1;
}

static int solve_parity(const struct entry *base, const struct target *t) {
  static KEPT struct input input;
  u64 column[8 * FIELD], chosen[8 * FIELD], start = t->compare.a ^ t->compare.b;
  u64 rest = start, wanted = 0;
  u32 bits = 8 * t->bytes;
  for (u32 k = 0; k < bits; k++) {
    input = base->input, input.data[t->at[k / 8]] ^= (u8)(1u << k % 8);
    if (!learn(&input)) return 0;
    column[k] = now(t)->a ^ now(t)->b ^ start, chosen[k] = 1ULL << k;
  }
  for (u32 k = 0; k < bits; k++) {
    if (!column[k]) continue;
    u64 pivot = column[k] & (0 - column[k]);
    for (u32 j = k + 1; j < bits; j++)
      if (column[j] & pivot) column[j] ^= column[k], chosen[j] ^= chosen[k];
    if (rest & pivot) rest ^= column[k], wanted ^= chosen[k];
  }
  input = base->input;
  for (u32 k = 0; k < bits; k++) input.data[t->at[k / 8]] ^= (u8)((wanted >> k & 1) << k % 8);
  return rest ? 1 : learn(&input);
}

static int solve_byte(const struct entry *base, const struct target *t) {
  static KEPT struct input input;
  for (u32 value = 0; value < 256; value++) {
    input = base->input, input.data[t->at[0]] = (u8)value;
    if (!learn(&input)) return 0;
  }
  return 1;
}

static int solved(const struct target *t) {
  return site_of(&t->compare)->outcomes & 2;
}

// Probes one kept input and works on each comparison that has never held; 0 once the search is over.
static int solve(struct entry *entry) {
  static KEPT struct entry base;
  entry->solved = 1, base = *entry;
  if (!attempt_repaired(&base.input, REPAIRS)) return 0;
  choose_targets();
  if (goals && !probe(&base)) return 0;
  for (const struct target *t = targets; t < targets + goals; t++) {
    if (!t->bytes || solved(t)) continue;
    if (!solve_sum(&base, t)) return 0;
    if (t->bytes == 1 && !solved(t) && !solve_byte(&base, t)) return 0;
    for (int big = 0; big < 2; big++)
      if (t->bytes <= FIELD && !solved(t) && !solve_carry(&base, t, big)) return 0;
    if (t->bytes <= FIELD && !solved(t) && !solve_parity(&base, t)) return 0;
  }
  return 1;
}
