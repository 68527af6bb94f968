// SPDX-License-Identifier: Apache-2.0
// Makes inputs out of inputs: bits, bytes, small sums, blocks, and words where a dictionary is given.
//
// Random numbers come from one xorshift64* stream (Vigna 2016) seeded with SEED, so that a search is
// the same search when it is run again.
//
// Needs: SEED, LONGEST, and the dictionary, empty where it is not among the tools: NUMBERS,
// NUMBER_COUNT, STRINGS, STRING_COUNT, LONGEST_STRING (8 at least).

struct input {
  u32 size;
  u8 data[LONGEST];
#ifdef CUTS
  u32 cuts, cut[CUTS];  // where the requests of the input begin, as far as that is known
#endif
};

// Keeps what is known of places in the input right after n bytes have come in the place of `taken`.
static void moved(struct input *input, u32 at, u32 taken, u32 n) {
#ifdef CUTS
  for (u32 i = 0; i < input->cuts; i++)
    if (input->cut[i] > at) input->cut[i] += n - taken;
#else
  (void)input, (void)at, (void)taken, (void)n;
#endif
}

static u64 stream = SEED;

static u32 below(u32 limit) {
  stream ^= stream >> 12, stream ^= stream << 25, stream ^= stream >> 27;
  return (u32)(((stream * 0x2545f4914f6cdd1dULL) >> 32) % limit);
}

static const u8 EDGE_BYTES[] = {0, 1, 2, 4, 8, 16, 32, 64, 100, 127, 128, 200, 254, 255};

// Opens a gap of n bytes at an offset, as far as the input may grow; the gap repeats what follows.
static u32 open_gap(struct input *input, u32 at, u32 n) {
  if (n > LONGEST - input->size) n = LONGEST - input->size;
  memmove(input->data + at + n, input->data + at, input->size - at);
  input->size += n;
  return n;
}

static void change_value(struct input *input) {
  u32 at = below(input->size);
  switch (below(4)) {
    case 0: input->data[at] ^= (u8)(1u << below(8)); break;
    case 1: input->data[at] = (u8)below(256); break;
    case 2: input->data[at] += (u8)(below(2) ? 1 + below(16) : 0u - 1 - below(16)); break;
    default: input->data[at] = EDGE_BYTES[below(sizeof EDGE_BYTES)];
  }
}

static void change_block(struct input *input) {
  u32 at = below(input->size), n = 1 + below(input->size - at), from = below(input->size);
  switch (below(4)) {
    case 0:  // take out
      if (n == input->size) n = 1;
      memmove(input->data + at, input->data + at + n, input->size - at - n);
      input->size -= n;
      break;
    case 1:  // repeat
      if (n > 64) n = 1 + below(64);
      open_gap(input, at, n);
      break;
    case 2:  // copy over
      if (from + n > input->size) n = input->size - from;
      memmove(input->data + at, input->data + from, n < input->size - at ? n : input->size - at);
      break;
    default:  // longer or shorter at the end, filled at random
      n = 1 + below(below(8) ? 64 : LONGEST);
      for (u32 i = input->size; i < n; i++) input->data[i] = (u8)below(256);
      input->size = n;
  }
}

// A string of the program, or one of its numbers, now and then one off, in any width and byte order.
static u32 choose_word(u8 *word) {
  u32 choice = below(NUMBER_COUNT + STRING_COUNT);
  if (choice >= NUMBER_COUNT) {
    const struct bytes *string = &STRINGS[choice - NUMBER_COUNT];
    memcpy(word, string->data, string->size);
    return string->size;
  }
  u64 value = NUMBERS[choice] + (below(4) ? 0 : below(2) ? 1 : ~0ULL);
  u32 width = 1, big = below(2);
  while (width < 8 && (value >> 8 * width || (width < 4 && below(2)))) width *= 2;
  for (u32 i = 0; i < width; i++) word[i] = (u8)(value >> 8 * (big ? width - 1 - i : i));
  return width;
}

static void change_word(struct input *input) {
  u8 word[LONGEST_STRING];
  u32 at = below(input->size), n = choose_word(word);
  if (below(4) == 0) n = open_gap(input, at, n);
  if (n > LONGEST - at) n = LONGEST - at;
  memcpy(input->data + at, word, n);
  if (at + n > input->size) input->size = at + n;
}

static void mutate(struct input *input) {
  for (u32 turns = 1u << below(1 + below(5)); turns; turns--) {  // most often one or two
    if (!input->size) input->data[input->size++] = (u8)below(256);
    u32 kind = below(NUMBER_COUNT + STRING_COUNT ? 6 : 4);
    if (kind == 0) change_block(input);
    else if (kind < 4) change_value(input);
    else change_word(input);
  }
}
