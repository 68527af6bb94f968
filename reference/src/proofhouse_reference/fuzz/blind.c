// SPDX-License-Identifier: Apache-2.0
// The search that learns nothing: each input is a sample changed at random, or noise.
//
// Needs: executor.c, mutate.c.

static void search(void) {
  static KEPT struct input input;
  for (;;) {
    if (SAMPLE_COUNT && below(8)) {
      const struct bytes *sample = &SAMPLES[below(SAMPLE_COUNT)];
      input.size = sample->size;
      memcpy(input.data, sample->data, sample->size);
      mutate(&input);
    } else {
      input.size = 1 + below(below(2) ? 64 : LONGEST);
      for (u32 i = 0; i < input.size; i++) input.data[i] = (u8)below(256);
    }
    if (!attempt(input.data, input.size)) return;
  }
}
