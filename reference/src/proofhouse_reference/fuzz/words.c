// SPDX-License-Identifier: Apache-2.0
// Reads the constants of C sources: numbers, characters and strings, without comments.
//
// Needs: forked.c.

static u8 unescaped(const char **p) {
  static const char NAMES[] = "n\nt\tr\r0\0a\ab\bf\fv\v";
  if (**p != '\\') return (u8)*(*p)++;
  ++*p;
  if (**p == 'x') return (u8)strtoul(*p + 1, (char **)p, 16);
  for (const char *name = NAMES; name < NAMES + sizeof NAMES - 1; name += 2)
    if (*name == **p) return ++*p, (u8)name[1];
  return (u8)*(*p)++;
}

// Without memcmp, which is led through compare.c where operands are recorded.
static int same(const u8 *a, const u8 *b, u32 size) {
  u32 at = 0;
  while (at < size && a[at] == b[at]) at++;
  return at == size;
}

static void add_number(u64 value) {
  for (u32 i = 0; i < NUMBER_COUNT; i++)
    if (NUMBERS[i] == value) return;
  if (NUMBER_COUNT < WORDS) NUMBERS[NUMBER_COUNT++] = value;
}

static void add_string(const u8 *data, u32 size) {
  if (!size || size > LONGEST_STRING || STRING_COUNT == WORDS) return;
  for (u32 i = 0; i < STRING_COUNT; i++)
    if (STRINGS[i].size == size && same(STRINGS[i].data, data, size)) return;
  u8 *copy = malloc(size);
  for (u32 i = 0; copy && i < size; i++) copy[i] = data[i];
  if (copy) STRINGS[STRING_COUNT++] = (struct bytes){size, copy};
}

static int in_name(char c) {
  return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static const char *read_string(const char *p) {
  u8 text[LONGEST_STRING];
  u32 n = 0;
  for (p++; *p && *p != '"' && *p != '\n';) {
    u8 byte = unescaped(&p);
    if (n < LONGEST_STRING) text[n++] = byte;
  }
  add_string(text, n);
  return *p == '"' ? p + 1 : p;
}

static void read_source(const char *p) {
  while (*p) {
    if (p[0] == '/' && p[1] == '*') {
      const char *end = strstr(p, "*/");
      p = end ? end + 2 : p + strlen(p);
    } else if ((p[0] == '/' && p[1] == '/') || !strncmp(p, "#include", 8)) {
      p += strcspn(p, "\n");
    } else if (*p == '"') {
      p = read_string(p);
    } else if (*p == '\'') {
      p++, add_number(unescaped(&p)), p += *p == '\'';
    } else if (*p >= '0' && *p <= '9') {
      add_number(strtoull(p, (char **)&p, 0));
      while (in_name(*p)) p++;
    } else if (in_name(*p)) {
      while (in_name(*p)) p++;
    } else {
      p++;
    }
  }
}
