// SPDX-License-Identifier: Apache-2.0
// Runs one input at a time in a child process, so that a crash ends the child and never the search.
//
// The parent holds all that is learnt; the child holds the program under test. One execution is one
// call of ENTRY with a fresh heap copy of the input. Before each call the child's .data and .bss are
// put back, so that no execution sees what an earlier one left; after CALLS_PER_CHILD calls the child
// is replaced, which also clears the heap and the C library's own state.
//
// AddressSanitizer ends the child with exit code 99: only that is a crash. A child that exits, is
// killed by another signal or runs out of time is replaced, and its execution is counted.
//
// Needs: ENTRY, BUDGET, LONGEST, PROGRAM (see fuzzer.py).

#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define CALLS_PER_CHILD 256
#define MILLISECONDS_PER_CALL 20
#define EDGES 4096
#define COMPARES 512
#define SITES 65536  // places in the program's code; what lies further apart shares one
#define CRASHED 99
#define KEPT __attribute__((section("kept")))  // for large tables of the search: never put back

struct compare {
  u32 site;
  u8 width, constant, turn;  // bytes compared; whether b is a constant; how often site came before
  u64 a, b;
};

// What parent and child both see.
static struct shared {
  u32 size, previous, compares, fault;
  u8 input[LONGEST], edges[EDGES], turns[SITES];
  struct compare log[COMPARES];
} *shared;

int ENTRY(const u8 *data, size_t size);
extern char __data_start[], _end[], __start_kept[], __stop_kept[];
extern void *__asan_get_report_pc(void);

const char *__asan_default_options(void) {
  return "exitcode=99:detect_leaks=0:symbolize=0:allocator_may_return_null=1";
}

static u32 place(void *pc) { return (u32)((uintptr_t)pc - (uintptr_t)ENTRY); }

void __asan_on_error(void) { shared->fault = place(__asan_get_report_pc()); }

static u64 executions;
static u32 slack;  // bytes after the input that belong to its buffer: 0 shows each byte read past it

// A stretch of the child's globals and what it held at first.
struct stretch {
  volatile u64 *start, *copy;
  size_t words;
};

static struct stretch stretch(char *start, char *end) {
  u64 *first = (u64 *)(((uintptr_t)start + 7) & ~(uintptr_t)7);
  size_t words = (size_t)(((uintptr_t)end & ~(uintptr_t)7) - (uintptr_t)first) / 8;
  void *copy = mmap(0, words * 8 + 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return (struct stretch){first, copy, words};
}

// In machine words and without memcpy, which would look for the sanitizer's red zones.
static void save(struct stretch s) {
  for (size_t i = 0; i < s.words; i++) s.copy[i] = s.start[i];
}

static void put_back(struct stretch s) {
  for (size_t i = 0; i < s.words; i++) s.start[i] = s.copy[i];
}

static void call_entry(void) {
  struct itimerval limit = {{0, 0}, {0, MILLISECONDS_PER_CALL * 1000}};
  u8 *data = malloc(shared->size + slack ? shared->size + slack : 1);
  if (!data) _exit(1);
  memset(data, 0, shared->size + slack);
  memcpy(data, shared->input, shared->size);
  setitimer(ITIMER_VIRTUAL, &limit, 0);  // processor time: a busy machine changes no outcome
  alarm(2);                              // and a limit for programs that only wait
  ENTRY(data, shared->size);
  free(data);
}

static void serve(int orders, int answers) {
  struct stretch below_kept = stretch(__data_start, __start_kept);
  struct stretch above_kept = stretch(__stop_kept, _end);
  int quiet = open("/dev/null", O_RDWR);
  char byte;
  dup2(quiet, 0), dup2(quiet, 1), dup2(quiet, 2);
  save(below_kept), save(above_kept);
  while (read(orders, &byte, 1) == 1) {
    put_back(below_kept), put_back(above_kept);
    call_entry();
    if (write(answers, &byte, 1) != 1) break;
  }
  _exit(0);
}

static pid_t child;
static int calls, orders_to = -1, answers_from = -1;

static int end_child(void) {
  int status = 0;
  if (child) close(orders_to), close(answers_from), waitpid(child, &status, 0);
  child = 0;
  return status;
}

static void start_child(void) {
  int orders[2], answers[2];
  end_child();
  if (pipe(orders) || pipe(answers) || (child = fork()) < 0) exit(3);
  if (!child) {
    close(orders[1]), close(answers[0]);
    serve(orders[0], answers[1]);
  }
  close(orders[0]), close(answers[1]);
  orders_to = orders[1], answers_from = answers[0], calls = 0;
}

static int too_slow;  // whether the last execution ran out of time

// One execution; 1 if AddressSanitizer ended it, else 0.
static int execute(const u8 *data, u32 size) {
  char byte = 0;
  if (!child || calls == CALLS_PER_CHILD) start_child();
  memcpy(shared->input, data, size);
  memset(shared->edges, 0, sizeof shared->edges);
  for (u32 i = 0; i < shared->compares; i++) shared->turns[shared->log[i].site % SITES] = 0;
  shared->size = size, shared->previous = 0, shared->compares = 0, shared->fault = 0;
  executions++, calls++, too_slow = 0;
  if (write(orders_to, &byte, 1) == 1 && read(answers_from, &byte, 1) == 1) return 0;
  int status = end_child();
  too_slow = WIFSIGNALED(status) && (WTERMSIG(status) == SIGVTALRM || WTERMSIG(status) == SIGALRM);
  return WIFEXITED(status) && WEXITSTATUS(status) == CRASHED;
}

static u32 refuted[16], refutals;
static int found;

// Shows a crash of ENTRY to the real program, which has the last word. If that stays quiet, the crash
// was made by calling ENTRY with a tighter buffer than the program does: give the buffer slack.
static int confirmed(const u8 *data, u32 size) {
  u32 fault = shared->fault;
  for (u32 i = 0; i < refutals; i++)
    if (refuted[i] == fault) return 0;
  FILE *file = fopen("candidate", "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file)) exit(3);
  executions++;
  int status = system("ASAN_OPTIONS=exitcode=99:detect_leaks=0 timeout 5 " PROGRAM
                      " <candidate >/dev/null 2>&1");
  if (WIFEXITED(status) && WEXITSTATUS(status) == CRASHED) return rename("candidate", "crash") == 0;
  refuted[refutals++ % 16] = fault;
  if (refutals > 16) refutals = 16;
  if (!slack) slack = 4096, end_child();
  return 0;
}

// Executes if the budget allows, with one execution left to show a crash to the program; 0 once the
// search is over.
static int attempt(const u8 *data, u32 size) {
  if (found || executions + 2 > BUDGET) return 0;
  if (execute(data, size)) found = confirmed(data, size);
  return !found;
}
