// SPDX-License-Identifier: Apache-2.0
// Memory without end, for a program that is run past its flaw (see endless.py).
//
// Every block on the heap has room behind it that nothing else is in, stays where it is when it
// grows, and keeps what it holds when it is freed. So what is written behind a block, or read from
// one that has moved or is gone, is what the program meant it to be. New memory, and the room, hold
// the byte that the variable PROOFHOUSE_FILL names: what is answered alike under two of them does
// not come of memory that was never written.
//
// Limits: 1 GiB of addresses in all, after which a block has no room behind it, and then there is
// none; a block that grows past its room moves.

#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGN = 64, TOUCHED = 4096 };
static const size_t ARENA = (size_t)1 << 30;
static const size_t ROOM = (size_t)1 << 16;

static unsigned char *arena;
static size_t used;
static int fill_byte = -1;

struct head {
  size_t size, room;
};

static void begin(void)
{
  const char *told = getenv("PROOFHOUSE_FILL");
  arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (arena == MAP_FAILED)
    _exit(125);
  fill_byte = told != NULL ? told[0] - '0' : 0;
}

static void *take(size_t size, size_t align, int clear)
{
  if (arena == NULL)
    begin();
  if (size > ARENA / 2) {
    errno = ENOMEM;
    return NULL;
  }
  size_t room = used < ARENA / 2 ? size * 3 + ROOM : size;
  size_t start = (used + sizeof(struct head) + align - 1) & ~(align - 1);
  if (start + room + ALIGN > ARENA) {
    errno = ENOMEM;
    return NULL;
  }
  used = start + room + ALIGN;
  struct head *head = (struct head *)(arena + start) - 1;
  head->size = size;
  head->room = room;
  if (fill_byte != 0) {
    size_t filled = size + TOUCHED < room ? size + TOUCHED : room;
    memset(arena + start, fill_byte, filled);
  }
  if (clear)
    memset(arena + start, 0, size);
  return arena + start;
}

void *malloc(size_t size)
{
  return take(size, ALIGN, 0);
}

void *calloc(size_t count, size_t size)
{
  size_t all;
  if (__builtin_mul_overflow(count, size, &all)) {
    errno = ENOMEM;
    return NULL;
  }
  return take(all, ALIGN, 1);
}

void free(void *block)
{
  (void)block;
}

void *realloc(void *block, size_t size)
{
  if (block == NULL)
    return malloc(size);
  struct head *head = (struct head *)block - 1;
  if (size <= head->room) {
    if (size > head->size)
      head->size = size;
    return block;
  }
  void *made = malloc(size);
  if (made != NULL)
    memcpy(made, block, head->size);
  return made;
}

void *reallocarray(void *block, size_t count, size_t size)
{
  size_t all;
  if (__builtin_mul_overflow(count, size, &all)) {
    errno = ENOMEM;
    return NULL;
  }
  return realloc(block, all);
}

void *aligned_alloc(size_t align, size_t size)
{
  return take(size, align < ALIGN ? ALIGN : align, 0);
}

int posix_memalign(void **place, size_t align, size_t size)
{
  *place = take(size, align < ALIGN ? ALIGN : align, 0);
  return *place == NULL ? ENOMEM : 0;
}

size_t malloc_usable_size(void *block)
{
  return block == NULL ? 0 : ((struct head *)block - 1)->size;
}
