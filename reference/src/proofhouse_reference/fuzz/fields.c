// SPDX-License-Identifier: Apache-2.0
// Changes inputs by their fields: runs of letters, digits and a few signs between separators.
//
// A field is replaced by a word of the dictionary or by a number written out. In binary inputs a
// byte before a field that is its length is kept right. With GRAMMAR also: fields of other places
// and of responses; the usual liberties of names (case, escapes, patterns, paths, prefixes); numbers at
// limits and whole powers of two away; fields added and taken out; and, where the ends of requests
// are known (requests.c), requests repeated, moved, taken out and put in from other inputs.
//
// Needs: mutate.c; cuts in struct input.

#define FIELDS 256

struct field {
  u32 at, size;
};

static struct bytes spoken[64];  // words that responses held
static u32 spoken_count, binary;

// Letters, digits and "_"; where fields are taken wide, also what names of files and numbers have.
static int in_field(u8 c, int wide) {
  return in_name((char)c) || (wide && c && strchr("./-%*+?~", c) != 0);
}

static u32 fields_of(const u8 *data, u32 size, struct field *fields, int wide) {
  u32 count = 0;
  for (u32 at = 0; at < size && count < FIELDS;) {
    u32 end = at;
    while (end < size && in_field(data[end], wide)) end++;
    if (end > at) fields[count++] = (struct field){at, end - at};
    at = end + 1;
  }
  return count;
}

// Puts n bytes in the place of `taken`; keeps the length before them and the ends of requests right.
static void put(struct input *input, u32 at, u32 taken, const u8 *bytes, u32 n) {
  if (input->size - taken + n > LONGEST) return;
  memmove(input->data + at + n, input->data + at + taken, input->size - at - taken);
  memcpy(input->data + at, bytes, n);
  input->size += n - taken;
  moved(input, at, taken, n);
  if (binary && at && taken && input->data[at - 1] == taken && n < 256) input->data[at - 1] = (u8)n;
}

static u64 some_number(const u8 *text, u32 size) {
  char own[24] = {0};
  memcpy(own, text, size < 20 ? size : 20);
  u64 value = NUMBER_COUNT && below(3) ? NUMBERS[below(NUMBER_COUNT)] : strtoull(own, 0, below(2) ? 10 : 16);
  if (!GRAMMAR) return value;
  switch (below(10)) {
    case 0: return value + 1;
    case 1: return value - 1;
    case 2: return value + ((u64)(1 + below(4)) << 8);
    case 3: return value + ((u64)(1 + below(4)) << 16);
    case 4: return value ? (1ULL << 32) / value + below(2) : 1ULL << (8 * (1 + below(4)));
    case 5: return (1ULL << (7 + 8 * below(4))) - below(2);
    case 6: return (1ULL << (8 + 8 * below(4))) - 1 - below(4);
    case 7: return below(16);
    default: return value;
  }
}

static u32 write_number(u8 *to, const u8 *text, u32 size) {
  u64 value = some_number(text, size);
  char spelled[40];
  int n = sprintf(spelled, below(2) ? "%llu" : "%llx", (unsigned long long)value);
  if (GRAMMAR && below(8) == 0) n = sprintf(spelled, "-%llu", (unsigned long long)(value & 0xffff));
  memcpy(to, spelled, (size_t)n);
  return (u32)n;
}

// A word out of the dictionary, of a response, or of the input itself.
static u32 choose_text(u8 *to, const struct input *input, const struct field *fields, u32 count) {
  struct bytes word = {0, 0};
  u32 from = GRAMMAR ? below(4) : 0;
  if (from == 1 && spoken_count) word = spoken[below(spoken_count)];
  else if (from == 2 && count) {
    const struct field *field = &fields[below(count)];
    word = (struct bytes){field->size, input->data + field->at};
  } else if (STRING_COUNT) word = STRINGS[below(STRING_COUNT)];
  if (word.size > LONGEST_STRING) word.size = LONGEST_STRING;
  memcpy(to, word.data, word.size);
  return word.size;
}

static u32 escape_one(u8 *word, u32 n, u32 at) {
  char spelled[4];
  if (n + 2 > LONGEST_STRING) return n;
  sprintf(spelled, "%%%02x", word[at]);
  memmove(word + at + 3, word + at + 1, n - at - 1);
  memcpy(word + at, spelled, 3);
  return n + 2;
}

static u32 put_before(u8 *word, u32 n, const char *text) {
  u32 more = (u32)strlen(text);
  if (n + more > LONGEST_STRING) return n;
  memmove(word + more, word, n);
  memcpy(word, text, more);
  return n + more;
}

// Other spellings of a name, which a check may take for another name and a lookup for the same.
static u32 respell(u8 *word, u32 n) {
  static const char *const PATHS[] = {"../", "./", "/", "a/../"};
  u32 at = n ? below(n) : 0;
  if (!n) return n;
  switch (below(8)) {
    case 0: word[at] ^= in_name((char)word[at]) && word[at] > '9' && word[at] != '_' ? 32 : 0; break;
    case 1:
      for (u32 i = 0; i < n; i++)
        if (word[i] > '9' && word[i] != '_' && in_name((char)word[i])) word[i] ^= 32;
      break;
    case 2: return escape_one(word, n, at);
    case 3: word[at] = below(2) ? '*' : '?'; break;
    case 4: word[at] = '*'; return at + 1;
    case 5: return at;
    case 6: return put_before(word, n, PATHS[below(4)]);
    default: if (n < LONGEST_STRING) word[n++] = (u8)("0 ./*"[below(5)]);
  }
  return n;
}

// name "/../" name, both of the dictionary or of the input.
static u32 choose_path(u8 *to, const struct input *input, const struct field *fields, u32 count) {
  u8 more[LONGEST_STRING];
  u32 n = choose_text(to, input, fields, count), m = choose_text(more, input, fields, count);
  if (n + m + 4 > LONGEST_STRING) return n;
  memcpy(to + n, below(4) ? "/../" : "//./", 4), memcpy(to + n + 4, more, m);
  return n + m + 4;
}

static void change_field(struct input *input) {
  static struct field fields[FIELDS];
  u8 word[LONGEST_STRING];
  u32 count = fields_of(input->data, input->size, fields, (int)below(2));
  if (!count) return;
  struct field field = fields[below(count)];
  u32 n = field.size < LONGEST_STRING ? field.size : LONGEST_STRING;
  u32 kind = below(GRAMMAR ? 8 : 4);
  if (kind < 2) n = choose_text(word, input, fields, count);
  else if (kind < 4) n = write_number(word, input->data + field.at, field.size);
  else if (kind == 7) n = choose_path(word, input, fields, count);
  else memcpy(word, input->data + field.at, n);
  if (GRAMMAR && (kind > 3 || below(4) == 0)) n = respell(word, n);
  put(input, field.at, field.size, word, n);
}
#if GRAMMAR

// Repeats a field with the separator before it, or takes both out; a count before them is kept right.
static void change_count(struct input *input) {
  static struct field fields[FIELDS];
  u32 count = fields_of(input->data, input->size, fields, 1);
  if (count < 2) return;
  u32 which = 1 + below(count - 1), before = fields[which - 1].at + fields[which - 1].size;
  u32 end = fields[which].at + fields[which].size, n = end - before, more = below(2), start = 0;
  u8 copy[2 * LONGEST_STRING];
  if (n > sizeof copy) return;
  for (u32 i = 0; i < input->cuts; i++)
    if (input->cut[i] < end) start = input->cut[i];
  memcpy(copy, input->data + before, n);
  put(input, more ? end : before, more ? 0 : n, copy, more ? n : 0);
  if (binary && start < input->size && input->data[start] < 16) input->data[start] += more ? 1 : 255;
}

// Puts requests [first, last) of one input before a request of another.
static void insert_requests(struct input *to, u32 where, const struct input *from, u32 first, u32 last) {
  static u8 copy[LONGEST];
  u32 start = from->cut[first], end = last < from->cuts ? from->cut[last] : from->size, n = end - start;
  u32 at = where < to->cuts ? to->cut[where] : to->size, marks[CUTS], count = last - first;
  if (start >= end || to->size + n > LONGEST || to->cuts + count > CUTS) return;
  for (u32 i = 0; i < count; i++) marks[i] = from->cut[first + i] - start;
  memcpy(copy, from->data + start, n);
  memmove(to->data + at + n, to->data + at, to->size - at);
  memcpy(to->data + at, copy, n);
  to->size += n;
  for (u32 i = where; i < to->cuts; i++) to->cut[i] += n;
  memmove(to->cut + where + count, to->cut + where, (to->cuts - where) * sizeof *to->cut);
  for (u32 i = 0; i < count; i++) to->cut[where + i] = at + marks[i];
  to->cuts += count;
}

static void take_out_requests(struct input *input, u32 first, u32 last) {
  u32 start = input->cut[first], end = last < input->cuts ? input->cut[last] : input->size;
  memmove(input->data + start, input->data + end, input->size - end);
  memmove(input->cut + first, input->cut + last, (input->cuts - last) * sizeof *input->cut);
  input->size -= end - start, input->cuts -= last - first;
  for (u32 i = first; i < input->cuts; i++) input->cut[i] -= end - start;
}

static void tidy(struct input *input) {
  u32 kept = 0;
  for (u32 i = 0; i < input->cuts; i++)
    if (input->cut[i] < input->size && (!kept || input->cut[i] > input->cut[kept - 1]))
      input->cut[kept++] = input->cut[i];
  input->cuts = kept;
}

static const struct input *some_input(void);

static void change_requests(struct input *input) {
  static struct input other;
  tidy(input);
  if (!input->cuts) return;
  u32 first = below(input->cuts), last = first + 1 + (below(2) ? 0 : below(3)), kind = below(6);
  u32 where = below(2) ? input->cuts : below(input->cuts + 1);
  if (last > input->cuts) last = input->cuts;
  other = *input;
  if (kind == 0 && last - first < input->cuts) return take_out_requests(input, first, last);
  if (kind == 1) {  // moved
    take_out_requests(input, first, last);
    if (where > input->cuts) where = input->cuts;
  }
  if (kind > 3) {  // out of another input
    other = *some_input(), tidy(&other);
    if (!other.cuts) return;
    first = below(other.cuts), last = first + 1;
  }
  insert_requests(input, where, &other, first, last);
}

static void mutate_fields(struct input *input) {
  for (u32 turns = 1u << below(3); turns; turns--) {
    u32 kind = below(12);
    if (kind < 6) change_field(input);
    else if (kind < 10) change_requests(input);
    else if (kind == 10) change_count(input);
    else mutate(input);
  }
}
#else

static void mutate_fields(struct input *input) {
  for (u32 turns = 1u << below(3); turns; turns--) {
    if (below(4)) change_field(input);
    else mutate(input);
  }
}
#endif

// What the sample tells, and the words of the file "key" where there is one.
static void learn_sample(void) {
  u8 key[LONGEST_STRING];
  FILE *file = fopen("key", "rb");
  u32 n = file ? (u32)fread(key, 1, sizeof key, file) : 0;
  if (file) fclose(file);
  while (n && key[n - 1] == '\n') n--;
  add_string(key, n);
  for (u32 i = 0; i < SAMPLES[0].size; i++) binary |= SAMPLES[0].data[i] < 9;
}
#define mutate mutate_fields
