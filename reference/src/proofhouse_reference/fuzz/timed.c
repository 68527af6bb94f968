// SPDX-License-Identifier: Apache-2.0
// Changes lists of timed requests: values, registers, functions, units, times, and whole requests.
//
// Values come from the sources where they are in the dictionary, and from limits; registers from the
// requests at hand and their neighbours. With GRAMMAR also: several registers in one request, requests
// to all units, requests repeated at a pace, moved, taken out and put in from other inputs.
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

static u32 some_value(u32 own) {
  static const uint16_t LIMITS[] = {0, 1, 2, 3, 4, 5, 10, 99, 100, 255, 256, 0x7fff, 0x8000, 0xff00, 0xffff};
  switch (below(NUMBER_COUNT ? 6 : 3)) {
    case 0: return LIMITS[below(sizeof LIMITS / sizeof *LIMITS)];
    case 1: return own + 1 + below(16) - 8;
    case 2: return below(4) ? own * 2 : below(65536);
    default: return (u32)NUMBERS[below(NUMBER_COUNT)] + (below(4) ? 0 : below(3) - 1);
  }
}

// The register of some request at hand, or one near it.
static u32 some_register(const struct input *input) {
  u32 record = input->cut[below(input->cuts)];
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
  else if (kind == 5) set_word(record + HEAD + 2, some_register(input));
  else if (kind == 6) record[4] = (u8)(5 + below(2));
  else if (record[2] > 8) set_word(record + HEAD + 7 + 2 * below((record[2] - 7u) / 2), some_value(0));
}
#if GRAMMAR

static const struct input *some_input(void);

// A request to write: of one register or coil or of several, now and then to all units.
static u32 make_request(const struct input *input, u8 *record) {
  u8 unit = input->data[input->cut[below(input->cuts)] + HEAD];
  u32 number = some_register(input), kind = below(6), count = 1 + below(4), n = 6;
  u8 *p = record + HEAD;
  set_word(record, 0), change_time(record);
  p[0] = below(8) ? unit : 0, p[1] = kind < 3 ? 6 : kind == 3 ? 5 : kind == 4 ? 16 : 15;
  set_word(p + 2, number);
  if (p[1] == 6) set_word(p + 4, some_value(0));
  if (p[1] == 5) set_word(p + 4, below(3) ? 0xff00 : 0);
  if (p[1] > 6) set_word(p + 4, count), p[6] = (u8)(p[1] == 16 ? 2 * count : 1), n = 7u + p[6];
  for (u32 i = 7; i < n; i += 2) set_word(p + i, some_value(0));
  if (p[1] == 15) p[7] = (u8)below(256);
  record[2] = (u8)n;
  return HEAD + n;
}

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

// Repeats requests at a pace, up to forty times.
static void repeat(struct input *input, u32 first, u32 last) {
  static u8 copy[LONGEST];
  u32 start = input->cut[first], n = end_of(input, last) - start, times = 1 + below(below(2) ? 4 : 40), size = 0;
  for (u32 i = 0; i < times && size + n < LONGEST; i++, size += n) memcpy(copy + size, input->data + start, n);
  if (below(2)) set_word(copy, below(8));
  replace_records(input, end_of(input, last), 0, copy, size);
}

static void change_list(struct input *input) {
  static u8 copy[LONGEST];
  static struct input other;
  u32 first = below(input->cuts), last = first + below(3), kind = below(8), n;
  if (last >= input->cuts) last = first;
  u32 where = below(2) ? input->size : input->cut[below(input->cuts)], start = input->cut[first];
  n = end_of(input, last) - start;
  memcpy(copy, input->data + start, n);
  switch (kind) {
    case 0: if (input->cuts > 2) replace_records(input, start, n, copy, 0); break;
    case 1: replace_records(input, where, 0, copy, n); break;
    case 2: repeat(input, first, last); break;
    case 3: join_requests(input, first); break;
    case 4: input->data[start + HEAD] = below(2) ? 0 : input->data[input->cut[below(input->cuts)] + HEAD]; break;
    case 5:
      other = *some_input(), tidy(&other);
      if (!other.cuts) break;
      first = below(other.cuts), last = first + below(other.cuts - first);
      start = other.cut[first];
      replace_records(input, where, 0, other.data + start, end_of(&other, last) - start);
      break;
    default: n = make_request(input, copy), replace_records(input, where, 0, copy, n);
  }
}
#endif

static void mutate_requests(struct input *input) {
  for (u32 turns = 1u << below(4); turns; turns--) {
    tidy(input);
    if (!input->cuts || below(24) == 0) mutate(input);
#if GRAMMAR
    else if (below(2)) change_list(input);
#endif
    else change_request(input);
  }
  tidy(input);
}
#define mutate mutate_requests
