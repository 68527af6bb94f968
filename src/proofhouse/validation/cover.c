// SPDX-License-Identifier: Apache-2.0
/* What a program reached and what it compared, for one run: linked into programs that are grown.

   The file named by PROOFHOUSE_COVER is mapped shared, so that it survives a crash:
       MAP_BYTES   counters of edges, saturating, index = hash of (previous block, block)
       PAIRS × 16  for a hash of the place of a comparison: the constant, then the value beside it
   Compiled without instrumentation. Callbacks are those of -fsanitize-coverage=trace-pc,trace-cmp.
   Left to others: reading it (instrument.py). */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAP_BYTES 16384
#define PAIRS 512

extern char __executable_start;

static struct {
  uint8_t edges[MAP_BYTES];
  uint64_t pairs[PAIRS][2];
} own, *area = &own;
static uintptr_t previous;

__attribute__((constructor)) static void begin(void)
{
  const char *path = getenv("PROOFHOUSE_COVER");
  int file = path ? open(path, O_RDWR) : -1;
  if (file < 0)
    return;
  if (ftruncate(file, sizeof own) == 0) {
    void *mapped = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED)
      area = mapped;
  }
  close(file);
}

static uintptr_t mixed(uintptr_t place)
{
  place ^= place >> 15;
  place *= 0x9e3779b97f4a7c15u;
  return place >> 40;
}

void __sanitizer_cov_trace_pc(void)
{
  uintptr_t here = mixed((uintptr_t)__builtin_return_address(0) - (uintptr_t)&__executable_start);
  uint8_t *edge = &area->edges[(here ^ previous) % MAP_BYTES];
  if (*edge < 255)
    ++*edge;
  previous = here >> 1;
}

static void compared(void *place, uint64_t constant, uint64_t value)
{
  uint64_t *pair = area->pairs[mixed((uintptr_t)place - (uintptr_t)&__executable_start) % PAIRS];
  pair[0] = constant;
  pair[1] = value;
}

#define COMPARED compared(__builtin_return_address(0), a, b)
void __sanitizer_cov_trace_const_cmp1(uint8_t a, uint8_t b) { COMPARED; }
void __sanitizer_cov_trace_const_cmp2(uint16_t a, uint16_t b) { COMPARED; }
void __sanitizer_cov_trace_const_cmp4(uint32_t a, uint32_t b) { COMPARED; }
void __sanitizer_cov_trace_const_cmp8(uint64_t a, uint64_t b) { COMPARED; }
void __sanitizer_cov_trace_cmp1(uint8_t a, uint8_t b) { COMPARED; }
void __sanitizer_cov_trace_cmp2(uint16_t a, uint16_t b) { COMPARED; }
void __sanitizer_cov_trace_cmp4(uint32_t a, uint32_t b) { COMPARED; }
void __sanitizer_cov_trace_cmp8(uint64_t a, uint64_t b) { COMPARED; }
void __sanitizer_cov_trace_cmpf(float a, float b) { (void)a; (void)b; }
void __sanitizer_cov_trace_cmpd(double a, double b) { (void)a; (void)b; }
void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases)
{
  for (uint64_t at = 0; at < cases[0] && at < 32; at++)
    compared((char *)__builtin_return_address(0) + at, cases[2 + at], value);
}
