// SPDX-License-Identifier: Apache-2.0
// Changes lists of timed requests: values, registers, functions, units, times, and whole requests.
//
// Values come from the sources where they are in the dictionary, and from limits; registers from the
// requests at hand and their neighbours, or from the map where there is one. Requests are put in: of
// one register, of several, of coils, to all units. With GRAMMAR also: requests repeated at a pace,
// by steps, moved, taken out and put in from other inputs.
//
// Needs: plant.c.

#define HEAD 3

// Where the records begin; a record that is cut off at the end is left out.
static void tidy(struct input *input) {
  u32 at = 0;
  input->cuts = 0;
  while (at + HEAD <= input->size && input->cuts < CUTS) {
    u32 next = at + HEAD + input->data[at + 2];
    if (next > input->size) break;
    input->cut[input->cuts++] = at, at = next;
  }
  input->size = at;
}

static u32 end_of(const struct input *input, u32 record) {
  return record + 1 < input->cuts ? input->cut[record + 1] : input->size;
}

// Numbers stand in a request from its third byte on, two bytes each, the big end first.
static int at_number(const struct input *input, u32 at, u32 form) {
  u32 record = 0;
  if (!(form & 1)) return 0;
  while (record + 1 < input->cuts && input->cut[record + 1] <= at) record++;
  if (!input->cuts || at < input->cut[record] + HEAD + 2) return 0;
  u32 into = at - input->cut[record] - HEAD;
  return into < 6 ? into % 2 == 0 : into % 2 == 1;
}

#define AT_HOME(input, at, form) at_number(input, at, form)

static void replace_records(struct input *to, u32 at, u32 taken, const u8 *bytes, u32 n) {
  if (to->size - taken + n > LONGEST) return;
  memmove(to->data + at + n, to->data + at + taken, to->size - at - taken);
  memcpy(to->data + at, bytes, n);
  to->size += n - taken;
  tidy(to);
}

static void set_word(u8 *p, u32 value) { p[0] = (u8)(value >> 8), p[1] = (u8)value; }

static u32 word_at(const u8 *p) { return (u32)p[0] << 8 | p[1]; }

static const uint16_t LIMITS[] = {0, 1, 2, 3, 4, 5, 10, 99, 100, 255, 256, 0x7fff, 0x8000, 0xc000, 0xe000, 0xf000, 0xf800, 0xff00, 0xffff};
#define LIMIT_COUNT (sizeof LIMITS / sizeof *LIMITS)

static u32 some_value(u32 own) {
  switch (below(NUMBER_COUNT ? 6 : 3)) {
    case 0: return LIMITS[below(LIMIT_COUNT)];
    case 1: return own + 1 + below(16) - 8;
    case 2: return below(4) ? own * 2 : below(65536);
    default: return (u32)NUMBERS[below(NUMBER_COUNT)] + (below(4) ? 0 : below(3) - 1);
  }
}

#define MAP 96

// The addresses that are answered, as far as that is known (staged.c).
static struct map {
  u32 count;
  uint16_t at[MAP];
} words, coils;

// A register of the map; where there is none that of some request at hand, or one near it.
static u32 some_register(const struct input *input, const struct map *map) {
  u32 record = input->cut[below(input->cuts)];
  if (map->count && below(16)) return map->at[below(map->count)];
  if (input->data[record + 2] < 4) return below(65536);
  u32 number = word_at(input->data + record + HEAD + 2);
  return below(2) ? number : number + below(17) - 8;
}

static void change_time(u8 *record) {
  static const uint16_t WAITS[] = {0, 1, 2, 3, 4, 5, 8, 10, 20, 30, 50, 100, 150, 200, 300, 400};
  u32 wait = word_at(record);
  set_word(record, below(3) ? WAITS[below(16)] : below(2) ? wait / 2 : wait + below(8));
}

static void change_request(struct input *input) {
  u8 *record = input->data + input->cut[below(input->cuts)];
  u32 kind = below(8);
  if (record[2] < 6 || kind == 0) change_time(record);
  else if (kind < 5) set_word(record + HEAD + 4, record[4] == 5 ? below(2) * 0xff00 : some_value(word_at(record + HEAD + 4)));
  else if (kind == 5) set_word(record + HEAD + 2, some_register(input, record[4] == 5 ? &coils : &words));
  else if (kind == 6) record[4] = (u8)(5 + below(2));
  else if (record[2] > 8) set_word(record + HEAD + 7 + 2 * below((record[2] - 7u) / 2), some_value(0));
}

// A request: most often to write a register or a coil or several of them, now and then of all units.
static u32 make_request(const struct input *input, u8 *record) {
  u32 kind = below(8), coil = kind >= 5, count = kind == 4 || kind == 7 ? 1 + below(4) : 1, n = 6;
  u8 *p = record + HEAD;
  set_word(record, 0);
  if (below(2)) change_time(record);
  p[0] = below(8) ? input->data[input->cut[below(input->cuts)] + HEAD] : 0;
  p[1] = kind < 4 ? 6 : kind == 4 ? 16 : kind < 7 ? 5 : 15;
  set_word(p + 2, some_register(input, coil ? &coils : &words));
  if (kind == 0 && below(4) == 0) p[1] = 3, set_word(p + 4, 1);
  if (p[1] == 6) set_word(p + 4, some_value(0));
  if (p[1] == 5) set_word(p + 4, below(4) ? 0xff00 : 0);
  if (p[1] > 6) set_word(p + 4, count), p[6] = (u8)(p[1] == 16 ? 2 * count : 1), n = 7u + p[6];
  for (u32 i = 7; i < n; i += 2) set_word(p + i, some_value(0));
  if (p[1] == 15) p[7] = (u8)below(256);
  record[2] = (u8)n;
  return HEAD + n;
}

static void put_in(struct input *input) {
  u8 record[HEAD + 32];
  u32 n = make_request(input, record);
  replace_records(input, below(2) ? input->size : input->cut[below(input->cuts)], 0, record, n);
}

static void leave_out(struct input *input, u32 which) {
  if (input->cuts > 1) replace_records(input, input->cut[which], end_of(input, which) - input->cut[which], 0, 0);
}
#if GRAMMAR

static const struct input *some_input(void);

// Joins a request to write one register with others: several registers in one request.
static void join_requests(struct input *input, u32 which) {
  u8 copy[HEAD + 32];
  const u8 *record = input->data + input->cut[which];
  u32 count = 2 + below(3), front = below(2);
  if (record[2] != 6 || record[4] != 6) return;
  memcpy(copy, record, HEAD + 4);
  copy[2] = (u8)(7 + 2 * count), copy[4] = 16;
  if (front) set_word(copy + HEAD + 2, word_at(record + HEAD + 2) - (count - 1));
  set_word(copy + HEAD + 4, count), copy[HEAD + 6] = (u8)(2 * count);
  for (u32 i = 0; i < count; i++) set_word(copy + HEAD + 7 + 2 * i, some_value(0));
  memcpy(copy + HEAD + 7 + (front ? 2 * (count - 1) : 0), record + HEAD + 4, 2);
  replace_records(input, input->cut[which], end_of(input, which) - input->cut[which], copy, HEAD + copy[2]);
}

// Repeats requests at a pace, up to two hundred times, now and then by steps of a value.
static void repeat(struct input *input, u32 first, u32 last) {
  static u8 copy[LONGEST];
  u32 start = input->cut[first], n = end_of(input, last) - start, size = 0;
  u32 times = 1 + below(below(2) ? 8 : 200), pace = below(3) ? 1 + below(8) : 0, step = below(4) ? 0 : some_value(0);
  for (u32 i = 1; i <= times && size + n < LONGEST - input->size; i++, size += n) {
    memcpy(copy + size, input->data + start, n);
    if (pace) set_word(copy + size, pace);
    if (first == last && n == HEAD + 6) set_word(copy + size + HEAD + 4, word_at(copy + size + HEAD + 4) + i * step);
  }
  replace_records(input, end_of(input, last), 0, copy, size);
}

static void change_list(struct input *input) {
  static u8 copy[LONGEST];
  static struct input other;
  u32 first = below(input->cuts), last = first + below(3), n;
  if (last >= input->cuts) last = first;
  u32 where = below(2) ? input->size : input->cut[below(input->cuts)], start = input->cut[first];
  n = end_of(input, last) - start;
  memcpy(copy, input->data + start, n);
  switch (below(8)) {
    case 0: leave_out(input, first); break;
    case 1: replace_records(input, where, 0, copy, n), leave_out(input, first); break;
    case 2:
    case 3: repeat(input, first, last); break;
    case 4: join_requests(input, first); break;
    case 5: input->data[start + HEAD] = below(2) ? 0 : input->data[input->cut[below(input->cuts)] + HEAD]; break;
    case 6: input->data[start + HEAD + 1] = (u8)(1 + below(6)); break;
    default:
      other = *some_input(), tidy(&other);
      if (!other.cuts) break;
      first = below(other.cuts), last = first + below(other.cuts - first);
      start = other.cut[first];
      replace_records(input, where, 0, other.data + start, end_of(&other, last) - start);
  }
}
#endif

static void change_once(struct input *input) {
  u32 kind = below(8);
  tidy(input);
  if (!input->cuts || below(64) == 0) mutate(input);
  else if (kind < 3) put_in(input);
  else if (kind == 3) leave_out(input, below(input->cuts));
#if GRAMMAR
  else if (kind < 6) change_list(input);
#endif
  else change_request(input);
  tidy(input);
}

static void mutate_requests(struct input *input) {
  for (u32 turns = 1u << below(4); turns; turns--) change_once(input);
}
#define mutate mutate_requests
