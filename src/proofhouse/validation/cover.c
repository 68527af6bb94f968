// SPDX-License-Identifier: Apache-2.0
/* What a program reached and what it compared, for one run: linked into programs that are grown.

   The file named by PROOFHOUSE_COVER is mapped shared, so that it survives a crash:
       MAP_BYTES   counters of edges, saturating, index = hash of (previous block, block)
       PAIRS × 16  for a hash of the place of a comparison: the constant, then the value beside it
       TEXTS × 130  likewise for unequal texts: u8 length and u8 length, then 64 bytes for each
   Compiled without instrumentation. Callbacks are those of -fsanitize-coverage=trace-pc,trace-cmp.

   With PROOFHOUSE_BATCH (a path, or "-" for standard input) the program that the sandbox started
   runs many inputs instead of one: the sanitizer has come up once, and each input gets a fork of
   the process as it is before main. Standard input and output are then as batch.py says. Compiled
   with DRIVER it is a program by itself, that does the same for any command: a shell line, Python.
   With PROOFHOUSE_FENCE a run starts no process and no thread.
   What a run leaves in the files is told as one number, then taken away.
   Left to others: reading all of it (instrument.py, batch.py). */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAP_BYTES 16384
#define PAIRS 512
#define TEXTS 128
#define MOST_TEXT 64

extern char __executable_start;

static struct {
  uint8_t edges[MAP_BYTES];
  uint64_t pairs[PAIRS][2];
  struct {
    uint8_t sizes[2], bytes[2][MOST_TEXT];
  } texts[TEXTS];
} own, *area = &own;
static uintptr_t previous;

/* ---- many inputs ------------------------------------------------------------------------------ */

#define MOST_FILE (16 << 20) /* of what a run may write; who writes more is run again by itself */
#define MOST_TOLD (256 << 10) /* of an output that is handed on */
enum flag { TIMED_OUT = 1, CUT = 2 };

struct order {
  uint32_t count, run_milliseconds, all_milliseconds;
};
struct told {
  int32_t status;
  uint32_t flags, edges, pairs, texts, out, err, files;
};

static int batch, results;

static int64_t now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int take(void *into, size_t size)
{
  for (size_t done = 0; done < size;) {
    ssize_t got = read(batch, (char *)into + done, size - done);
    if (got <= 0)
      return 0;
    done += (size_t)got;
  }
  return 1;
}

static void give(const void *from, size_t size)
{
  for (size_t done = 0; done < size;) {
    ssize_t put = write(results, (const char *)from + done, size - done);
    if (put <= 0)
      _exit(1);
    done += (size_t)put;
  }
}

static void give_output(int file, uint32_t size)
{
  static char buffer[65536];
  lseek(file, 0, SEEK_SET);
  while (size > 0) {
    ssize_t got = read(file, buffer, size < sizeof buffer ? size : sizeof buffer);
    if (got <= 0)
      _exit(1);
    give(buffer, (size_t)got);
    size -= (uint32_t)got;
  }
}

/* The input as a new file, so that what an earlier run made of its name or holds open is no more. */
static int put_input(const char *path, const char *data, uint32_t size)
{
  unlink(path);
  int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0 || write(file, data, size) != (ssize_t)size || lseek(file, 0, SEEK_SET) != 0)
    _exit(1);
  return file;
}

static int wait_for(pid_t child, int64_t until, int *status)
{
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  for (;;) {
    if (waitpid(child, status, WNOHANG) == child)
      return 1;
    int64_t left = until - now();
    if (left <= 0)
      break;
    struct timespec time = {left / 1000, left % 1000 * 1000000};
    sigtimedwait(&ended, NULL, &time);
  }
  kill(-child, SIGKILL);
  kill(child, SIGKILL);
  waitpid(child, status, 0);
  return 0;
}

static void tell(int status, uint32_t flags, uint32_t files, int out, int err)
{
  struct stat about[2];
  if (fstat(out, &about[0]) != 0 || fstat(err, &about[1]) != 0)
    _exit(1);
  struct told told = {status, flags, 0, 0, 0, 0, 0, files};
  uint32_t *sizes[] = {&told.out, &told.err};
  for (int stream = 0; stream < 2; stream++) {
    int cut = about[stream].st_size > MOST_TOLD;
    *sizes[stream] = cut ? 0 : (uint32_t)about[stream].st_size;
    told.flags |= cut ? CUT : 0;
  }
  static struct {
    uint16_t index, count;
  } edges[MAP_BYTES];
  for (int at = 0; at < MAP_BYTES; at++)
    if (area->edges[at]) {
      edges[told.edges].index = (uint16_t)at;
      edges[told.edges++].count = area->edges[at];
    }
  static uint64_t pairs[PAIRS][2];
  for (int at = 0; at < PAIRS; at++)
    if (area->pairs[at][0] | area->pairs[at][1]) {
      pairs[told.pairs][0] = area->pairs[at][0];
      pairs[told.pairs++][1] = area->pairs[at][1];
    }
  static uint8_t texts[TEXTS][2 + 2 * MOST_TEXT];
  for (int at = 0; at < TEXTS; at++)
    if (area->texts[at].sizes[0] | area->texts[at].sizes[1])
      memcpy(texts[told.texts++], &area->texts[at], sizeof texts[0]);
  give(&told, sizeof told);
  give(edges, told.edges * sizeof edges[0]);
  give(pairs, told.pairs * sizeof pairs[0]);
  give(texts, told.texts * sizeof texts[0]);
  give_output(out, told.out);
  give_output(err, told.err);
}

/* What a run left behind must not reach the next: the tree is put back as it was built. */
#define RESTORE \
  "find /work/src /tmp -mindepth 1 -delete; cp -a /work/clean/. /work/src/; find /work -mindepth 1 " \
  "-maxdepth 1 ! -name src ! -name input ! -name tools ! -name clean ! -name cover " \
  "-exec rm -rf {} +"

static struct timespec mark;
static long entries;
static int untidy;
static uint64_t left; /* of what a run left: the sum over files of path and content, mixed */

static uint64_t mix(uint64_t sum, const char *data, size_t size)
{
  for (size_t at = 0; at < size; at++)
    sum = (sum ^ (unsigned char)data[at]) * 0x100000001b3u;
  return sum ^ size;
}

static void note(const char *path, const struct stat *about)
{
  static char content[65536];
  uint64_t sum = mix(0xcbf29ce484222325u, path, strlen(path)) ^ (about->st_mode & S_IFMT);
  if (S_ISLNK(about->st_mode)) {
    ssize_t size = readlink(path, content, sizeof content);
    sum = mix(sum, content, size > 0 ? (size_t)size : 0);
  } else if (S_ISREG(about->st_mode)) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t size;
    for (int part = 0; file >= 0 && part < 64; part++) {
      if ((size = read(file, content, sizeof content)) <= 0)
        break;
      sum = mix(sum, content, (size_t)size);
    }
    if (file >= 0)
      close(file);
  }
  left += sum;
}

/* A new file is noted and taken away; it is untidy if it takes more than that. */
static int tidied(const char *path, const struct stat *about, int kind, struct FTW *place)
{
  char clean[4200];
  (void)kind, (void)place;
  if (about->st_ctim.tv_sec < mark.tv_sec ||
      (about->st_ctim.tv_sec == mark.tv_sec && about->st_ctim.tv_nsec <= mark.tv_nsec))
    return 0;
  entries = -1;
  snprintf(clean, sizeof clean, "/work/clean%s", path + strlen("/work/src"));
  int known = access(clean, F_OK) == 0;
  if (!S_ISDIR(about->st_mode) || !known)
    note(path, about);
  if (!S_ISDIR(about->st_mode))
    untidy |= known || unlink(path) != 0;
  return 0;
}

/* What is elsewhere than in the tree. */
static int noted(const char *path, const struct stat *about, int kind, struct FTW *place)
{
  (void)kind;
  if (place->level > 0)
    note(path, about);
  return 0;
}

static int counted(const char *path, const struct stat *about, int kind, struct FTW *place)
{
  (void)path, (void)about, (void)kind, (void)place;
  entries++;
  return 0;
}

static long count(const char *folder)
{
  entries = 0;
  nftw(folder, counted, 16, FTW_PHYS);
  return entries;
}

static int is_tidy(void)
{
  entries = untidy = 0;
  if (nftw("/work/src", tidied, 16, FTW_PHYS) != 0 || untidy)
    return 0;
  if (entries == 0)
    return 1;
  clock_gettime(CLOCK_REALTIME_COARSE, &mark);
  return count("/work/src") == count("/work/clean");
}

static int has_others(const char *folder, const char *known)
{
  struct dirent *entry;
  int others = 0;
  DIR *open_folder = opendir(folder);
  while (open_folder != NULL && (entry = readdir(open_folder)) != NULL)
    others |= strstr(known, entry->d_name) == NULL;
  if (open_folder != NULL)
    closedir(open_folder);
  return others;
}

static void restore(void)
{
  int status;
  left = 0;
  int tidy = is_tidy();
  if (has_others("/tmp", "..")) {
    tidy = 0;
    nftw("/tmp", noted, 16, FTW_PHYS);
  }
  if (tidy && !has_others("/work", ".. src input tools clean cover"))
    return;
  pid_t child = fork();
  if (child == 0) {
    dup2(open("/dev/null", O_RDWR), 1);
    dup2(1, 2);
    execl("/bin/sh", "sh", "-c", RESTORE, (char *)NULL);
    _exit(127);
  }
  if (child > 0)
    waitpid(child, &status, 0);
  clock_gettime(CLOCK_REALTIME_COARSE, &mark);
}

/* Returns in each child, which goes on to main. */
static void serve(const char *path)
{
  int from_file = strcmp(path, "-") != 0;
  const char *place = from_file ? strdup(path) : "/work/input/stdin";
  struct order order;
  sigset_t ended, before;
  batch = fcntl(0, F_DUPFD_CLOEXEC, 200);
  results = fcntl(1, F_DUPFD_CLOEXEC, 200);
  int fenced = getenv("PROOFHOUSE_FENCE") != NULL;
  unsetenv("PROOFHOUSE_BATCH");
  mkdir("/work/input", 0755);
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &ended, &before);
  if (batch < 0 || results < 0 || place == NULL || !take(&order, sizeof order))
    _exit(1);
  clock_gettime(CLOCK_REALTIME_COARSE, &mark);
  int64_t last = now() + order.all_milliseconds;
  for (uint32_t at = 0; at < order.count && now() < last; at++) {
    uint32_t size;
    if (!take(&size, sizeof size))
      _exit(1);
    char *data = malloc(size + 1UL);
    if (data == NULL || !take(data, size))
      _exit(1);
    int in = put_input(place, data, size);
    free(data);
    int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
    memset(area, 0, sizeof *area);
    pid_t child = fork();
    if (child == 0) {
      struct rlimit most = {MOST_FILE, MOST_FILE};
      setrlimit(RLIMIT_FSIZE, &most);
      struct rlimit one = {1, 1};
      if (fenced && setrlimit(RLIMIT_NPROC, &one) != 0)
        _exit(125);
      setsid();
      if (from_file) {
        close(in);
        in = open("/dev/null", O_RDONLY);
      }
      if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(125);
      close(in), close(out), close(err), close(batch), close(results);
      sigprocmask(SIG_SETMASK, &before, NULL);
      previous = 0;
      return;
    }
    if (child < 0)
      _exit(1);
    int status = 0;
    int in_time = wait_for(child, now() + order.run_milliseconds, &status);
    kill(-child, SIGKILL);
    restore();
    tell(status, in_time ? 0 : TIMED_OUT, (uint32_t)(left ^ left >> 32), out, err);
    close(in), close(out), close(err);
  }
  _exit(0);
}

/* ---- one input -------------------------------------------------------------------------------- */

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
  setvbuf(stdout, NULL, _IOLBF, 0); /* so that what was said before a crash is known */
  const char *many = getenv("PROOFHOUSE_BATCH");
  if (many != NULL && area != &own && getsid(0) == getpid())
    serve(many);
}

#ifdef DRIVER
int main(int argc, char **argv)
{
  if (argc > 1)
    execvp(argv[1], argv + 1);
  return 127;
}
#else

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

static void compared_texts(void *place, const void *a, size_t size, const void *b, size_t size2)
{
  uintptr_t at = mixed((uintptr_t)place - (uintptr_t)&__executable_start) % TEXTS;
  size = size < MOST_TEXT ? size : MOST_TEXT;
  size2 = size2 < MOST_TEXT ? size2 : MOST_TEXT;
  area->texts[at].sizes[0] = (uint8_t)size;
  area->texts[at].sizes[1] = (uint8_t)size2;
  memcpy(area->texts[at].bytes[0], a, size);
  memcpy(area->texts[at].bytes[1], b, size2);
}

/* Called by the sanitizer's own versions of these functions. */
#define AT_MOST(text, most) strnlen(text, (most) < MOST_TEXT ? (most) : MOST_TEXT)
#define TEXTS_OF(name) \
  void __sanitizer_weak_hook_##name(void *pc, const char *a, const char *b, int unequal) \
  { \
    if (unequal) \
      compared_texts(pc, a, AT_MOST(a, MOST_TEXT), b, AT_MOST(b, MOST_TEXT)); \
  }
#define TEXTS_OF_N(name) \
  void __sanitizer_weak_hook_##name(void *pc, const char *a, const char *b, size_t n, int unequal) \
  { \
    if (unequal) \
      compared_texts(pc, a, AT_MOST(a, n), b, AT_MOST(b, n)); \
  }
TEXTS_OF(strcmp)
TEXTS_OF(strcasecmp)
TEXTS_OF_N(strncmp)
TEXTS_OF_N(strncasecmp)
void __sanitizer_weak_hook_memcmp(void *pc, const void *a, const void *b, size_t n, int unequal)
{
  if (unequal)
    compared_texts(pc, a, n, b, n);
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
#endif
