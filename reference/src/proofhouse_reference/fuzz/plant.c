// SPDX-License-Identifier: Apache-2.0
// A plant that is given timed requests and must not leave its envelope.
//
// A candidate is a list of records: ticks since the record before (2 bytes), a length, and so many
// bytes, unit and PDU of a Modbus request (Modbus Application Protocol 1.1b3). What the program reads
// is their text, "at TICK HEX". The aim is that the last line of the run says the envelope was left.
//
// Needs: forked.c, mutate.c; LAST_TICK.

#define EACH_TICK 16

static void enter(void) {}

static int won(const u8 *data, u32 size) {
  u32 at = printed;
  (void)data, (void)size;
  while (at && output[at - 1] == '\n') at--;
  output[at] = 0;
  while (at && output[at - 1] != '\n') at--;
  return strstr(output + at, "left") != 0;
}

static u32 render(const u8 *data, u32 size, u8 *text, u32 room) {
  u32 n = 0, tick = 0, same_tick = 0;
  for (u32 at = 0; at + 5 <= size && n + 600 < room;) {
    u32 wait = (u32)data[at] << 8 | data[at + 1], length = data[at + 2];
    if (at + 3 + length > size) length = size - at - 3;
    same_tick = wait ? 1 : same_tick + 1;
    tick += wait;
    if (same_tick > EACH_TICK) tick++, same_tick = 1;
    if (tick > LAST_TICK) break;
    if (length >= 2) {
      n += (u32)sprintf((char *)text + n, "at %u ", tick);
      for (u32 i = 0; i < length; i++) n += (u32)sprintf((char *)text + n, "%02x", data[at + 3 + i]);
      text[n++] = '\n';
    }
    at += 3 + length;
  }
  return n;
}

static int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

// The records of the sample's text; with `once`, of requests that it repeats the first two only.
static void read_sample(int once) {
  static u8 records[LONGEST];
  const char *p = (const char *)SAMPLES[0].data, *line;
  u32 size = 0, before = 0;
  while ((line = strstr(p, "at ")) && size + 300 < LONGEST) {
    char *hex;
    u32 tick = (u32)strtoul(line + 3, &hex, 10), n = 0, seen = 0;
    u8 *record = records + size;
    for (hex++; n < 255 && hex_digit(hex[0]) >= 0 && hex_digit(hex[1]) >= 0; hex += 2)
      record[3 + n++] = (u8)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
    record[0] = (u8)((tick - before) >> 8), record[1] = (u8)(tick - before), record[2] = (u8)n;
    p = hex;
    for (u32 at = 0; once && at < size; at += 3u + records[at + 2])
      seen += records[at + 2] == n && !memcmp(records + at + 3, record + 3, n);
    if (seen < 2) size += 3 + n, before = tick;
  }
  SAMPLES[0] = (struct bytes){size, records};
}
