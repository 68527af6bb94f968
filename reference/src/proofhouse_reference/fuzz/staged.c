// SPDX-License-Identifier: Apache-2.0
// Searches a plant stage by stage: what there is, what may be written, what drives it farther.
//
// First every address near the sample's is read, many in one run: what is answered is the map that
// requests are drawn from. Then runs that were new are kept, as for services, and of these the one
// that drove the plant farthest is changed most often: a stop is left out, a request put in, a
// register written at a pace, so that each step out of the envelope is won by itself.
//
// With PATCHING a number that a comparison asks for, and that stands in no request, is written to
// each register of the map in turn, before the request that led to the comparison or at the start.
// With SOLVING one that moves when it is written is solved: by sum and by exclusive or.
//
// Needs: trace.c; where PATCHING, compare.c; where SOLVING, solve.c.

#define AROUND 48

// Puts a request of two numbers in a record.
static u32 put_request(u8 *record, u32 wait, u32 unit, u32 function, u32 number, u32 value) {
  set_word(record, wait), record[2] = 6;
  record[HEAD] = (u8)unit, record[HEAD + 1] = (u8)function;
  set_word(record + HEAD + 2, number), set_word(record + HEAD + 4, value);
  return HEAD + 6;
}

static void note_served(const char *line) {
  u32 unit, function, number, answered;
  const char *response = strchr(line, '<');
  if (sscanf(strchr(line, '>'), "> %2x%2x%4x", &unit, &function, &number) != 3) return;
  if (sscanf(response, "< %*2x%2x", &answered) != 1 || answered != function) return;
  struct map *map = function == 1 ? &coils : &words;
  for (u32 i = 0; i < map->count; i++)
    if (map->at[i] == number) return;
  if (map->count < MAP) map->at[map->count++] = (uint16_t)number;
}

// Reads each address around those of the sample's requests; 0 once the search is over.
static int sweep(const struct input *sample, u32 function) {
  static struct input input;
  u32 least = 65535, most = 0;
  for (u32 i = 0; i < sample->cuts; i++) {
    const u8 *record = sample->data + sample->cut[i];
    u32 coil = record[4] == 1 || record[4] == 5 || record[4] == 15, number = word_at(record + HEAD + 2);
    if (record[2] < 6 || record[4] == 2 || record[4] == 4 || coil != (function == 1)) continue;
    if (number < least) least = number;
    if (number > most) most = number;
  }
  if (least > most) return 1;
  input.size = 0;
  for (u32 at = least < AROUND ? 0 : least - AROUND; at < most + AROUND && at < 65536; at++)
    if (input.size + 16 < LONGEST)
      input.size += put_request(input.data + input.size, 0, sample->data[HEAD], function, at, 1);
  if (!attempt(input.data, input.size)) return 0;
  for (char *line = output, *end; (end = strchr(line, '\n')); line = end + 1) {
    *end = 0;
    if (strchr(line, '>') && strchr(line, '<')) note_served(line);
  }
  return 1;
}

// The entry that drove the plant farthest, in any mode or in some mode.
static struct entry *choose_farthest(void) {
  struct entry *best = &corpus[below(entries)];
  u32 any = below(3) == 0;
  for (struct entry *other = corpus; other < corpus + entries; other++)
    if ((any || other->mode == best->mode) &&
        (other->peak > best->peak || (other->peak == best->peak && other->input.size < best->input.size)))
      best = other;
  return best;
}

static int learn_plain(struct input *input) {
#if PATCHING
  return learn_repaired(input, 0);
#else
  if (!attempt(input->data, input->size)) return 0;
  if (reached_more()) keep(input);
  return 1;
#endif
}

static uint16_t pool[LIMIT_COUNT + WORDS];
static u32 pool_size;

static void add_to_pool(u32 value) {
  u32 at = pool_size;
  for (u32 i = 0; i < pool_size; i++)
    if (pool[i] == value) return;
  for (; at && pool[at - 1] > value; at--) pool[at] = pool[at - 1];
  pool[at] = (uint16_t)value, pool_size++;
}

static void fill_pool(void) {
  for (u32 i = 0; i < LIMIT_COUNT; i++) add_to_pool(LIMITS[i]);
  for (u32 i = 0; i < NUMBER_COUNT; i++)
    if (NUMBERS[i] < 65536) add_to_pool((u32)NUMBERS[i]);
}

// Whether the last execution showed something new, of which no note is taken.
static int would_be_new(void) {
  static u8 edges[EDGES], marks[SEEN];
  long least = lowest, most = highest, widths[COLUMNS];
  memcpy(edges, reached, EDGES), memcpy(marks, seen, SEEN), memcpy(widths, widest, sizeof widths);
  int more = reached_more();
  memcpy(reached, edges, EDGES), memcpy(seen, marks, SEEN), memcpy(widest, widths, sizeof widths);
  lowest = least, highest = most;
  return more;
}

// The entry and, at its end, values of the pool for a register in rising order, or a coil switched.
static void append_values(struct input *input, const struct entry *entry, u32 which, u32 from, u32 to) {
  u32 coil = which >= words.count, number = coil ? coils.at[which - words.count] : words.at[which];
  *input = entry->input, tidy(input);
  for (u32 i = from; i < to && input->size + 16 < LONGEST; i++)
    input->size += put_request(input->data + input->size, i == from, entry->input.data[HEAD], coil ? 5 : 6, number,
                               coil ? 0xff00 * (i & 1) : pool[i]);
  tidy(input);
}

// Tries values in a register, all in one run; where that shows something new each half by itself.
static int try_range(const struct entry *entry, u32 which, u32 from, u32 to) {
  static struct input input;
  u32 middle = (from + to) / 2;
  append_values(&input, entry, which, from, to);
  if (to - from < 2) return learn_plain(&input);
  if (!attempt(input.data, input.size)) return 0;
  if (!would_be_new()) return 1;
  if (!try_range(entry, which, from, middle) || !try_range(entry, which, middle, to)) return 0;
  append_values(&input, entry, which, from, to);
  return learn_plain(&input);
}

// Tries every value in every register, and every coil, after a kept run; 0 once the search is over.
static int try_values(struct entry *kept) {
  struct entry *entry = malloc(sizeof *entry);
  int going = entry != 0;
  if (entry) kept->tried = 1, *entry = *kept;
  for (u32 i = 0; going && i < words.count + coils.count; i++)
    going = try_range(entry, i, 0, i < words.count ? pool_size : 2);
  free(entry);
  return going;
}
#if PATCHING

// Writes a value to a register in a request of its own before a record; 0 once the search is over.
static int write_before(const struct entry *base, u32 record, u32 number, u32 value) {
  static struct input input;
  u8 request[HEAD + 6];
  const u8 *next = base->input.data + base->input.cut[record];
  input = base->input;
  put_request(request, word_at(next), next[HEAD], 6, number, value);
  set_word(input.data + input.cut[record], 0);
  replace_records(&input, input.cut[record], 0, request, sizeof request);
  return learn_repaired(&input, 0);
}

static int met(const struct compare *c) { return site_of(c)->outcomes & 2; }

// Tries the number that a comparison asks for in each register; 0 once the search is over.
static int place_operand(const struct entry *base, const struct compare *c, u32 record) {
  u32 own = (u32)(c->constant ? c->a : c->b), wanted = (u32)(c->constant ? c->b : c->a);
  for (u32 i = 0; i < words.count && !met(c); i++) {
    if (!write_before(base, record, words.at[i], wanted)) return 0;
    const struct compare *now = find_compare(c->site, 0);
    u32 moved = !now ? own : (u32)(c->constant ? now->a : now->b);
    if (!SOLVING || met(c) || !now || moved == own || wanted > 65535) continue;
    if (!write_before(base, record, words.at[i], moved)) return 0;
    if (!met(c) && !write_before(base, record, words.at[i], (2 * wanted - moved) & 65535)) return 0;
  }
  return 1;
}

// Works on the comparisons of a kept run that were never met; 0 once the search is over.
static int place_operands(struct entry *entry) {
  static struct compare log[COMPARES];
  static struct entry base;
  static u8 turns[SITES];
  entry->placed = 1, base = *entry, tidy(&base.input);
  if (!base.input.cuts) return 1;
  if (!attempt_repaired(&base.input, 0)) return 0;
  u32 compares = shared->compares;
  memcpy(log, shared->log, sizeof log);
  for (u32 i = 0; i < compares; i++) {
    const struct compare *c = &log[i];
    if (c->turn || c->width < 2 || met(c) || c->a == c->b || (c->a < 16 && c->b < 16)) continue;
    if (c->a > 65535 || c->b > 65535 || turns[c->site % SITES] >= 2) continue;
    turns[c->site % SITES]++;
    if (!place_operand(&base, c, base.input.cuts - 1) || !place_operand(&base, c, 0)) return 0;
  }
  return 1;
}
#endif

static int vary_plant(void) {
  static struct input input;
  u32 farthest = below(8) < 5;
  const struct entry *entry = farthest ? choose_farthest() : choose();
  input = entry->input;
  for (u32 turns = 1u << below(farthest ? 3 : 4); turns; turns--) change_once(&input);
  return learn_plain(&input);
}


static u64 spent[3];  // on values, on comparisons, on solving them

static int may_spend(u32 which, u32 share) { return share * spent[which] <= executions; }

// The first kept run after which no values were tried, one that ended in another mode than all others
// before any other.
static struct entry *to_be_tried(void) {
  struct entry *first = 0;
  for (struct entry *entry = corpus; entry < corpus + entries; entry++) {
    int fresh = !entry->tried;
    if (fresh && !first) first = entry;
    for (struct entry *other = corpus; fresh && other < corpus + entries; other++)
      fresh = !other->tried || other->mode != entry->mode;
    if (fresh) return entry;
  }
  return first;
}

// One thing that is done in order: values, with a third of the executions; comparisons and solving, with
// a quarter each. 0 once the search is over.
static int work_on(void) {
  u64 before = executions;
  struct entry *entry = may_spend(0, 3) ? to_be_tried() : 0;
  int going = 1;
  if (entry) {
    going = try_values(entry), spent[0] += executions - before;
    return going;
  }
#if PATCHING
  for (entry = corpus; entry < corpus + entries && entry->placed; entry++) {}
  if (entry < corpus + entries && may_spend(1, 4)) {
    going = place_operands(entry), spent[1] += executions - before;
    return going;
  }
  for (entry = corpus; entry < corpus + entries && entry->patched; entry++) {}
  if (entry < corpus + entries && may_spend(1, 4)) {
    going = patch(entry), spent[1] += executions - before;
    return going;
  }
#endif
#if SOLVING
  for (entry = corpus; entry < corpus + entries && entry->solved; entry++) {}
  if (entry < corpus + entries && entry->patched && may_spend(2, 4)) going = solve(entry), spent[2] += executions - before;
#endif
  return going;
}

static void search(void) {
#if PATCHING
  begin_comparing();
#else
  begin();
#endif
  begin_requests(), fill_pool();
  if (!sweep(&corpus[0].input, 3) || !sweep(&corpus[0].input, 1)) return;
  while (work_on() && vary_plant()) {}
}
