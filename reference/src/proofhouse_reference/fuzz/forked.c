// SPDX-License-Identifier: Apache-2.0
// Runs the whole program on one candidate at a time, each run in a child process of its own.
//
// One execution is one run of the program's main, from a clean start, on a file that holds the
// candidate. What it prints is kept; whether that is the aim is the part of won(). What is learnt
// lies in the parent and in a mapping that both see, as in executor.c, whose place this part takes.
//
// Called with: BUDGET SAMPLE SOURCE..., in the folder that the program wants to be run in.
//
// Needs, before it: LONGEST, LONGEST_STRING, ARGUMENTS (the program's arguments, with `candidate` for
// the file and `seed_text` for a seed), SEEDS (under how many further seeds a find has to hold);
// after it: won, render, and enter, which gives the child what a seed changes besides.

#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define ENTRY main_of_the_program
#define CANDIDATE ".fuzz/candidate"
#define MILLISECONDS_PER_RUN 500
#define OUTPUT (1 << 18)
#define EDGES 4096
#define COMPARES 4096
#define TEXTS 128
#define TEXT 40
#define SITES 65536
#define WORDS 512
#define KEPT

struct bytes { u32 size; const u8 *data; };

struct compare {
  u32 site;
  u8 width, constant, turn;
  u64 a, b;
};

struct texts {
  u8 sizes[2], text[2][TEXT];
};

static struct shared {
  u32 previous, compares, texts;
  u8 edges[EDGES], turns[SITES];
  struct compare log[COMPARES];
  struct texts text[TEXTS];
} *shared;

int ENTRY(int count, char **arguments);

static u32 place(void *pc) { return (u32)((uintptr_t)pc - (uintptr_t)ENTRY); }

static struct bytes SAMPLES[1], STRINGS[WORDS];
static u64 NUMBERS[WORDS], executions, budget;
static u32 SAMPLE_COUNT, STRING_COUNT, NUMBER_COUNT;
static int found, too_slow, output_file, candidate_file, quiet;
static char seed_text[12] = "1", *candidate;
static char output[OUTPUT + 1];
static u32 printed;

#define SEED 1
#define BUDGET budget

static int won(const u8 *data, u32 size);
static u32 render(const u8 *data, u32 size, u8 *text, u32 room);
static void enter(void);

static void run_child(void) {
  char *arguments[] = {ARGUMENTS, 0};
  struct itimerval limit = {{0, 0}, {0, MILLISECONDS_PER_RUN * 1000}};
  int count = 0;
  enter();
  dup2(quiet, 0), dup2(output_file, 1), dup2(quiet, 2);
  setitimer(ITIMER_VIRTUAL, &limit, 0), alarm(10);
  while (arguments[count]) count++;
  exit(ENTRY(count, arguments));
}

// One execution; whether it ended by itself.
static int execute(const u8 *data, u32 size) {
  static u8 text[1 << 16];
  u32 n = render(data, size, text, sizeof text);
  int status = 0;
  if (pwrite(candidate_file, text, n, 0) != (ssize_t)n || ftruncate(candidate_file, n)) exit(3);
  if (ftruncate(output_file, 0) || lseek(output_file, 0, SEEK_SET)) exit(3);
  for (u32 i = 0; i < shared->compares; i++) shared->turns[shared->log[i].site % SITES] = 0;
  memset(shared->edges, 0, sizeof shared->edges);
  shared->previous = shared->compares = shared->texts = 0, executions++;
  pid_t child = fork();
  if (child < 0) exit(3);
  if (!child) run_child();
  if (waitpid(child, &status, 0) < 0) exit(3);
  ssize_t got = pread(output_file, output, OUTPUT, 0);
  printed = got < 0 ? 0 : (u32)got, output[printed] = 0;
  too_slow = WIFSIGNALED(status) && (WTERMSIG(status) == SIGVTALRM || WTERMSIG(status) == SIGALRM);
  return WIFEXITED(status);
}

static void save_find(const u8 *data, u32 size) {
  static u8 text[1 << 16];
  u32 n = render(data, size, text, sizeof text);
  FILE *file = fopen(".fuzz/find", "wb");
  if (!file || fwrite(text, 1, n, file) != n || fclose(file)) exit(3);
}

// Whether the find holds under further seeds, each of them an execution.
static int holds(const u8 *data, u32 size) {
  int all = 1;
  for (int seed = 2; all && seed < 2 + SEEDS && executions + 1 <= BUDGET; seed++) {
    sprintf(seed_text, "%d", 1009 * seed);
    all = execute(data, size) && won(data, size);
  }
  strcpy(seed_text, "1");
  return all;
}

// Executes if the budget allows; 0 once the search is over.
static int attempt(const u8 *data, u32 size) {
  if (found || executions + 1 + SEEDS > BUDGET) return 0;
  if (execute(data, size) && won(data, size) && holds(data, size)) save_find(data, size), found = 1;
  return !found;
}
