// SPDX-License-Identifier: Apache-2.0
// Learns where an input's records lie, and repeats, moves, replaces and removes whole records.
//
// A comparison that is made once for each record (a checksum's, a kind's) reads each record at the
// same distance from its start. The places where its operands stand in the input are anchors; what
// lies between two anchors, moved a few bytes to the front, is a record (after Fioraldi et al., WEIZZ,
// ISSTA 2020). Which distance is right shows in the comparison being made once more when a record is
// put in.
//
// Needs: compare.c.

#define ANCHORS 8

// The first place from an offset on where an operand stands that is telling enough, or LONGEST.
static u32 find_operand(const struct input *input, const struct compare *c, u32 from) {
  for (u32 at = from; at < input->size; at++)
    for (u32 way = 0; way < 2 * FORMS; way++) {
      u64 value = way & 1 ? c->b : c->a;
      int telling = c->constant ? value && !(way & 1) : value > 255;
      u32 taken = telling ? stands(input, at, c, value, way / 2) : 0;
      if (taken && (taken == 1) == (value < 256)) return at;
    }
  return LONGEST;
}

// The anchors by one site: its operands' places in the order of its turns; returns their number.
static u32 anchors_by(const struct input *input, u32 site, u32 *anchor) {
  u32 count = 0, from = 0;
  for (; count < ANCHORS; count++) {
    const struct compare *c = find_compare(site, (u8)count);
    if (!c || (c->constant && c->a == count)) break;  // a loop that counts reads nothing
    anchor[count] = find_operand(input, c, from);
    if (anchor[count] == LONGEST) break;
    from = anchor[count] + 1;
  }
  return count;
}

// Finds the entry's anchors by executing it: by an invariant and a repeated comparison if
// there is one, with as many anchors as there can be.
static int divide(struct entry *entry) {
  static KEPT struct input input;
  u32 anchor[ANCHORS], best = 0;
  entry->divided = 1, input = entry->input;
  if (!attempt(input.data, input.size)) return 0;
  for (u32 i = 0; i < shared->compares; i++) {
    const struct compare *c = &shared->log[i];
    if (c->turn) continue;
    u32 count = anchors_by(&input, c->site, anchor);
    u32 worth = count + ANCHORS * (is_invariant(c) + site_of(c)->repeated);
    if (!count || worth <= best) continue;
    best = worth, entry->anchors = count, entry->anchored_by = c->site;
    memcpy(entry->anchor, anchor, sizeof anchor);
  }
  return 1;
}

static u32 choose_lead(const struct site *site) {
  u32 best = 0;
  for (u32 i = 1; i < LEADS; i++)
    if (site->lead[i] > site->lead[best]) best = i;
  return site->lead[best] && below(8) ? best : below(LEADS);
}

// Where the entry's record starts; the end of the input after its last one.
static u32 start_of(const struct entry *entry, u32 record, u32 lead) {
  if (record >= entry->anchors) return entry->input.size;
  return entry->anchor[record] < lead ? 0 : entry->anchor[record] - lead;
}

// Puts a record of `from` before a record of the input, or over it, or takes the latter out.
static void change_records(struct input *input, const struct entry *to, const struct entry *from,
                           u32 lead) {
  u32 record = below(from->anchors), place = below(to->anchors + 1), kind = below(4);
  u32 start = start_of(from, record, lead), n = start_of(from, record + 1, lead) - start;
  u32 at = start_of(to, place, lead), taken = kind < 2 ? 0 : start_of(to, place + 1, lead) - at;
  if (kind == 3 || n > LONGEST - input->size) n = 0;
  memmove(input->data + at + n, input->data + at + taken, input->size - at - taken);
  memcpy(input->data + at, from->input.data + start, n);
  input->size += n - taken;
}

// Varies a kept input by its records, by bytes or by both; 0 once the search is over.
static int vary_records(struct entry *entry) {
  static KEPT struct input input;
  u32 lead = LEADS, rounds = below(8) ? REPAIRS : 0;  // some flaws lie where an invariant fails
  if (!entry->divided && !divide(entry)) return 0;
  u32 by = entry->anchored_by, turns = entry->anchors;
  struct site *site = &sites[by % SITES];
  const struct entry *other = below(2) ? &corpus[below(entries)] : entry;
  input = entry->input;
  if (turns && other->anchors && other->anchored_by == by && below(2)) {
    lead = choose_lead(site);
    change_records(&input, entry, other, lead);
  }
  if (lead == LEADS) vary(&input, entry);
  else if (below(2)) mutate(&input);
  if (!learn_repaired(&input, rounds)) return 0;
  if (lead < LEADS && find_compare(by, (u8)turns)) site->lead[lead]++;
  return 1;
}
