// SPDX-License-Identifier: Apache-2.0
// Learns from the trace of a run: responses that are new, and states nearer to their extremes.
//
// A line with "<" is a request and its response: new is a function, or an exception to one, in a mode
// in which it was not seen. Any other line is a state, a row of numbers: new is a first number, the
// plant's value, beyond all before by a hundredth of their range, and a tuple of the small numbers in
// a row (modes and the like).
//
// Needs: coverage.c, timed.c.

#define SEEN 8192
#define COLUMNS 8

static u8 seen[SEEN];
static long lowest, highest, widest[COLUMNS];

static int is_new(u32 hash) {
  u8 *mark = &seen[hash * 2654435761u >> 16 & (SEEN - 1)];
  return *mark ? 0 : (*mark = 1);
}

static int new_response(const char *line, u32 mode) {
  const char *request = strchr(line, '>'), *response = strchr(line, '<');
  u32 head = 0, function = 0, code = 0;
  if (!request || sscanf(request, "> %*2x%2x", &head) != 1) return 0;
  sscanf(response, "< %*2x%2x%2x", &function, &code);
  return is_new(head * 65536 + (function & 128 ? function * 256 + code : function) + mode * 1009);
}

static int new_value(long value) {
  long step = (highest - lowest) / 100;
  int fresh = value > highest + step || value < lowest - step;
  if (fresh && value > highest) highest = value;
  if (fresh && value < lowest) lowest = value;
  return fresh;
}

static int new_state(const char *line, u32 *mode) {
  int fresh = 0;
  long first = 0;
  u32 column = 0, small = 0;
  strtol(line, (char **)&line, 10);  // the tick
  for (; *line && *line != '\n' && column < COLUMNS; line++) {
    if (*line < '0' || *line > '9') continue;
    long value = strtol(line, (char **)&line, 10);
    if (value > widest[column]) widest[column] = value;
    if (!column) fresh = new_value(first = value);
    else if (widest[column] < 16) small = small * 17 + 1 + (u32)value;
    column++, line--;
  }
  if (first > farthest || small != ends_in) farthest = first;
  ends_in = small;
  *mode = small;
  return fresh | is_new(small + 77);
}

static int responded_anew(void) {
  int fresh = 0;
  u32 mode = 0;
  farthest = 0, ends_in = 0;
  for (char *line = output, *end; *line; line = end + 1) {
    end = strchr(line, '\n');
    if (!end) break;
    *end = 0;
    fresh |= strchr(line, '<') ? new_response(line, mode) : new_state(line, &mode);
    *end = '\n';
  }
  return fresh;
}

static const struct input *some_input(void) { return &corpus[below(entries)].input; }

static void begin_requests(void) {
  for (u32 i = 0; i < entries; i++) tidy(&corpus[i].input);
}
