// SPDX-License-Identifier: Apache-2.0
/* The first process of a sandbox, and the step that leads to it.
 *
 *     init launch UID FD,FD,... PROGRAM ARGUMENT...   outside: enter the cgroups, drop to UID, exec
 *     init serve FD [UID [users]]                     inside, as PID 1: carry out requests from FD
 *
 * `launch` writes "0" to every descriptor (each a cgroup's `tasks` or `cgroup.procs`), becomes UID
 * ("-": stays who it is) and executes bubblewrap, which executes `serve` behind its fences. It
 * first gives up an exemption from the out-of-memory killer that its caller may have, for a score
 * that comes before the host's programs and that, when root gave it, nobody inside can lower; and a
 * bound on data that its caller set for itself: a sandbox's memory is bounded by its cgroup. As root
 * it also sets a NIS domain, in a namespace that bubblewrap's begins as a copy of.
 *
 * With UID, which only root inside can give, whatever `serve` starts is that user.
 *
 * A sandbox with users of its own (ids.py): with "=FD" for UID, `launch` makes a user namespace,
 * says so through that socket, waits until the other side has mapped a range of ids there, becomes
 * its root and lets nobody make a further one. `serve` then has RIGHTS at most, which it gives to
 * what it starts as root; what it starts as another user has none and can't come by any.
 *
 * `serve` reads requests from a SEQPACKET socket. One message is a `struct request` with its
 * descriptors beside it (SCM_RIGHTS):
 *
 *     strings, stdin, stdout, stderr, cgroup...
 *
 * `strings` is a sealed memfd: the working directory, argc arguments, envc variables and groupc
 * numbers of groups, each ended by NUL. The answer is one `struct reply` when the process it started has ended. A slot is
 * a number the other side picks; at most one process is alive under it. `serve` holds nothing
 * else: clocks, limits on output and killing belong to the other side, which works from outside
 * the sandbox on the cgroup named by the slot. When the socket closes, `serve` exits, and the
 * kernel kills whatever lives in its PID namespace.
 *
 * KILL_ALL is for a tier without cgroups inside: all but PID 1 is killed and buried, each child that
 * ran under a slot is answered as always, and EMPTIED says that nothing is left.
 *
 * READ_FILE and WRITE_FILE are done by a child that executes nothing, so that no program inside
 * can stand in for it: it copies the file named by the first argument to stdout, or stdin to it.
 * What lies in /proc is no file for this: it may have no end, and take the kernel long to make up.
 *
 * Everything inside runs as one user, so PID 1 and its children are not dumpable until they
 * execute something: their memory and descriptors in /proc are out of reach of the others.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <grp.h>

#define PROC 0x9fa0 /* f_type of /proc, statfs(2) */
#define NO_DOMAIN "(none)" /* as a kernel starts */
#define FURTHER "/proc/sys/user/max_user_namespaces"
#define WORK "/work"
#define BIT(capability) (1U << (capability))
#define RIGHTS \
    (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_SETGID) | BIT(CAP_SETUID))
#define SLOTS 256
#define DESCRIPTORS 8 /* strings, stdin, stdout, stderr, cgroups */
#define STREAMS 1     /* where the three streams begin among them */
#define GROUPS 4      /* where the cgroups begin, if there are any */

enum kind {
    READY = 0,
    EXECUTE = 1,
    READ_FILE = 2,
    WRITE_FILE = 3,
    ENDED = 4,
    KILL_ALL = 5,
    EMPTIED = 6
};
enum stage { NOTHING = 0, START = 1, GROUP = 2, DIRECTORY = 3, PROGRAM = 4, FILE_ITSELF = 5 };

struct request {
    uint32_t kind, slot, argc, envc, groupc, executable;
    uint32_t processes;          /* 0 if a cgroup bounds them */
    uint32_t named, user, group; /* named: 0 for whom `serve` was given */
    uint64_t cpu_seconds, open_files, file_bytes; /* file_bytes: of READ_FILE, what is copied */
};

struct reply {
    uint32_t kind, slot;
    int32_t status, stage, error;
};

/* Written by a child that fails before it executes anything; shared with it, one a slot. */
struct failure {
    int32_t stage, error;
};

static struct failure *failures;
static uid_t servant; /* 0: whoever PID 1 is */
static int users;     /* whether there are others */
static pid_t running[SLOTS];

static void close_from(unsigned first)
{
    syscall(SYS_close_range, first, ~0U, 0U);
}

static void default_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int enter_group(int descriptor)
{
    return write(descriptor, "0", 1) == 1 ? 0 : -1;
}

static int set_oom_score(const char *score)
{
    ssize_t length = (ssize_t)strlen(score);
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    ssize_t written = file < 0 ? -1 : write(file, score, (size_t)length);
    close(file);
    return written == length ? 0 : -1;
}

static int become(uid_t id)
{
    if (id == 0 || setgroups(0, NULL) != 0 || setresgid(id, id, id) != 0 ||
        setresuid(id, id, id) != 0)
        return -1;
    return 0;
}

static int hold(uint32_t rights)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{rights, rights, 0}, {0, 0, 0}};
    return (int)syscall(SYS_capset, &header, data);
}

/* Nobody who executes something from here on gets any right but these. */
static int bound(uint32_t rights)
{
    for (unsigned long right = 0; right < 64; right++)
        if ((right >= 32 || (rights & BIT(right)) == 0) &&
            prctl(PR_CAPBSET_DROP, right, 0, 0, 0) != 0 && errno != EINVAL)
            return -1;
    return 0;
}

/* ---- launch --------------------------------------------------------------------------------- */

static int refuse(const char *what)
{
    dprintf(2, "launch: %s: %s\n", what, strerror(errno));
    return 125;
}

static int forbid_namespaces(void)
{
    int file = open(FURTHER, O_WRONLY | O_CLOEXEC);
    ssize_t written = file < 0 ? -1 : write(file, "0", 1);
    close(file);
    return written == 1 ? 0 : -1;
}

/* Root is who makes the namespace, so that it is nobody else's; then it is one of those mapped. */
static int enter_users(int other_side)
{
    char answer;
    if (geteuid() == 0 && setgroups(0, NULL) != 0)
        return -1;
    if (unshare(CLONE_NEWUSER) != 0 || write(other_side, "", 1) != 1)
        return -1;
    errno = ECANCELED;
    if (read(other_side, &answer, 1) != 1)
        return -1;
    close(other_side);
    if (setgroups(0, NULL) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        return -1;
    return forbid_namespaces();
}

static int launch(const char *user, char *groups, char **program)
{
    /* An ordinary user may be refused either, and then goes on: see set_limits for the second. */
    struct rlimit core = {1, 1};
    set_oom_score("500");
    if (unshare(CLONE_NEWUTS) == 0) /* else it would be the host's */
        setdomainname(NO_DOMAIN, sizeof NO_DOMAIN - 1);
    setrlimit(RLIMIT_CORE, &core);
    struct rlimit data;
    getrlimit(RLIMIT_DATA, &data);
    data.rlim_cur = data.rlim_max;
    setrlimit(RLIMIT_DATA, &data);
    for (char *number = strtok(groups, ","); number != NULL; number = strtok(NULL, ",")) {
        int descriptor = atoi(number);
        if (enter_group(descriptor) != 0)
            return refuse("entering a cgroup");
        close(descriptor);
    }
    if (user[0] == '=' && enter_users(atoi(user + 1)) != 0)
        return refuse("a user namespace with users of its own");
    if (user[0] != '=' && strcmp(user, "-") != 0 && become((uid_t)strtoul(user, NULL, 10)) != 0)
        return refuse("dropping root");
    default_signals();
    execv(program[0], program);
    return refuse(program[0]);
}

/* ---- the child of one request --------------------------------------------------------------- */

static _Noreturn void fail(struct failure *failure, int stage, int error)
{
    failure->stage = stage;
    failure->error = error;
    _exit(125);
}

static void limit(int resource, uint64_t value)
{
    struct rlimit bound;
    getrlimit(resource, &bound);
    if (bound.rlim_max != RLIM_INFINITY && bound.rlim_max < value)
        value = bound.rlim_max;
    bound.rlim_cur = bound.rlim_max = value;
    setrlimit(resource, &bound);
}

static void set_limits(const struct request *request)
{
    limit(RLIMIT_CPU, request->cpu_seconds);
    limit(RLIMIT_NOFILE, request->open_files);
    limit(RLIMIT_FSIZE, request->file_bytes);
    if (request->processes != 0)
        limit(RLIMIT_NPROC, request->processes);
    /* One byte, not zero: core(5) hands a dump to a program on the host even under zero. */
    limit(RLIMIT_CORE, 1);
}

/* Splits the memfd into the working directory, arguments, environment and groups. */
static char *split(int strings, const struct request *request, char **argv, char **envp,
                   gid_t *groups)
{
    struct stat about;
    if (fstat(strings, &about) != 0 || about.st_size == 0)
        return NULL;
    size_t size = (size_t)about.st_size;
    char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, strings, 0);
    if (text == MAP_FAILED || text[size - 1] != '\0')
        return NULL;
    char *end = text + size;
    char *next = text + strlen(text) + 1;
    uint32_t variables = request->argc + request->envc;
    for (uint32_t i = 0; i < variables + request->groupc; i++) {
        if (next >= end)
            return NULL;
        if (i < variables)
            *(i < request->argc ? &argv[i] : &envp[i - request->argc]) = next;
        else
            groups[i - variables] = (gid_t)strtoul(next, NULL, 10);
        next += strlen(next) + 1;
    }
    return text;
}

static int copy(int from, int to, uint64_t most)
{
    static char buffer[65536];
    for (;;) {
        ssize_t got = read(from, buffer, most < sizeof buffer ? (size_t)most : sizeof buffer);
        if (got <= 0)
            return (int)got;
        most -= (uint64_t)got;
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, buffer + done, (size_t)(got - done));
            if (put < 0)
                return -1;
            done += put;
        }
    }
}

/* Opens a regular file and nothing else: a FIFO would block, a device never ends. */
static int open_regular(const char *path, int flags)
{
    struct stat about;
    struct statfs place;
    int file = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
    if (file < 0)
        return -1;
    if (fstat(file, &about) != 0)
        return -1;
    if (!S_ISREG(about.st_mode) || fstatfs(file, &place) != 0 || place.f_type == PROC) {
        errno = S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
        return -1;
    }
    return file;
}

static int read_file(const char *path, uint64_t most)
{
    int file = open_regular(path, O_RDONLY);
    return file < 0 ? -1 : copy(file, 1, most);
}

static void make_parents(const char *path)
{
    char *parent = strdup(path);
    for (char *cut = parent; cut != NULL && (cut = strchr(cut + 1, '/')) != NULL;) {
        *cut = '\0';
        mkdir(parent, 0755); /* what fails here fails again, and is told, when the file opens */
        *cut = '/';
    }
    free(parent);
}

static int write_file(const char *path, int executable)
{
    make_parents(path);
    int file = open_regular(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (file < 0 || copy(0, file, UINT64_MAX) != 0)
        return -1;
    return fchmod(file, executable ? 0755 : 0644);
}

/* Becomes whom the request names; who is not root loses all rights, and those it might get. */
static int serve_as(const struct request *request, const gid_t *groups)
{
    uid_t user = request->named != 0 ? request->user : servant;
    if (request->named != 0 && !users) {
        errno = EPERM;
        return -1;
    }
    if (users && (user == 0 ? hold(RIGHTS) : bound(0)) != 0)
        return -1;
    if (request->named == 0)
        return user == 0 ? 0 : become(user);
    if (setgroups(request->groupc, groups) != 0)
        return -1;
    if (setresgid(request->group, request->group, request->group) != 0)
        return -1;
    return setresuid(user, user, user);
}

static _Noreturn void run(const struct request *request, const int *descriptors, int count)
{
    struct failure *failure = &failures[request->slot];
    char **argv = calloc(request->argc + 1UL, sizeof *argv);
    char **envp = calloc(request->envc + 1UL, sizeof *envp);
    gid_t *groups = calloc(request->groupc + 1UL, sizeof *groups);
    default_signals();
    setsid();
    for (int i = GROUPS; i < count; i++)
        if (enter_group(descriptors[i]) != 0)
            fail(failure, GROUP, errno);
    if (argv == NULL || envp == NULL || groups == NULL)
        fail(failure, START, ENOMEM);
    char *directory = split(descriptors[0], request, argv, envp, groups);
    if (directory == NULL)
        fail(failure, START, ENOMEM);
    if (serve_as(request, groups) != 0)
        fail(failure, START, errno);
    for (int stream = 0; stream < 3; stream++)
        if (dup2(descriptors[STREAMS + stream], stream) < 0)
            fail(failure, START, errno);
    close_from(3);
    umask(022);
    set_limits(request);
    if (chdir(directory) != 0)
        fail(failure, DIRECTORY, errno);
    if (request->kind == READ_FILE && read_file(argv[0], request->file_bytes) != 0)
        fail(failure, FILE_ITSELF, errno);
    if (request->kind == WRITE_FILE && write_file(argv[0], request->executable != 0) != 0)
        fail(failure, FILE_ITSELF, errno);
    if (request->kind != EXECUTE)
        _exit(0);
    /* Dumpable again, or /proc/self would belong to nobody. Nothing of PID 1's is open by now. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (set_oom_score("1000") != 0) /* dies before PID 1 when memory runs out */
        fail(failure, START, errno);
    environ = envp;
    execvp(argv[0], argv);
    fail(failure, PROGRAM, errno);
}

/* ---- serve ---------------------------------------------------------------------------------- */

static void answer(int control, struct reply reply)
{
    if (send(control, &reply, sizeof reply, MSG_NOSIGNAL) != sizeof reply)
        _exit(0);
}

static void start(int control, const struct request *request, const int *descriptors, int count)
{
    struct reply refusal = {ENDED, request->slot, 0, START, EMFILE};
    pid_t child = -1;
    failures[request->slot] = (struct failure){NOTHING, 0};
    if (count >= GROUPS) {
        child = fork();
        refusal.error = errno;
    }
    if (child == 0)
        run(request, descriptors, count);
    if (child < 0)
        answer(control, refusal);
    else
        running[request->slot] = child;
}

static void ended(int control, pid_t child, int status)
{
    uint32_t slot = 0;
    while (slot < SLOTS && running[slot] != child)
        slot++;
    if (slot == SLOTS)
        return; /* an orphan of some command */
    running[slot] = 0;
    answer(control,
           (struct reply){ENDED, slot, status, failures[slot].stage, failures[slot].error});
}

/* Who forks faster than this kills is dealt with by the other side, which ends the session. */
static void kill_all(int control, uint32_t slot)
{
    int status;
    pid_t child;
    do {
        kill(-1, SIGKILL);
        child = waitpid(-1, &status, 0);
        if (child > 0)
            ended(control, child, status);
    } while (child > 0 || errno == EINTR);
    answer(control, (struct reply){EMPTIED, slot, 0, NOTHING, 0});
}

static void receive(int control)
{
    struct request request;
    int descriptors[DESCRIPTORS];
    int count = 0;
    union {
        char bytes[CMSG_SPACE(sizeof descriptors)];
        struct cmsghdr align;
    } ancillary;
    struct iovec place = {&request, sizeof request};
    struct msghdr message = {.msg_iov = &place,
                             .msg_iovlen = 1,
                             .msg_control = ancillary.bytes,
                             .msg_controllen = sizeof ancillary.bytes};
    ssize_t got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    if (got != sizeof request || request.slot >= SLOTS)
        _exit(0); /* closed, or not speaking our language: the session ends */
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
        count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(descriptors, CMSG_DATA(header), (size_t)count * sizeof(int));
    }
    if (request.kind == KILL_ALL)
        kill_all(control, request.slot);
    else
        start(control, &request, descriptors, count);
    for (int i = 0; i < count; i++)
        close(descriptors[i]);
}

static void reap(int control)
{
    int status;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;)
        ended(control, child, status);
}

/* PID 1 of a sandbox with users; it keeps, for itself, the right to take rights away. */
static int prepare_users(void)
{
    return bound(RIGHTS) != 0 || hold(RIGHTS | BIT(CAP_SETPCAP)) != 0 ||
           prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
           chown(WORK, servant, servant) != 0;
}

static int serve(int inherited)
{
    const int control = 3;
    sigset_t child;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (users && prepare_users() != 0)
        return 125;
    if (inherited != control)
        dup2(inherited, control);
    close_from(4);
    fcntl(control, F_SETFD, FD_CLOEXEC);
    int null = open("/dev/null", O_RDWR);
    for (int stream = 0; stream < 3; stream++)
        dup2(null, stream);
    close(null);
    failures = mmap(NULL, SLOTS * sizeof *failures, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (failures == MAP_FAILED)
        return 125;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    int deaths = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    answer(control, (struct reply){READY, 0, 0, NOTHING, 0});
    struct pollfd watched[] = {{deaths, POLLIN, 0}, {control, POLLIN, 0}};
    for (;;) {
        struct signalfd_siginfo ignored;
        if (poll(watched, 2, -1) < 0)
            continue;
        if (watched[0].revents != 0) {
            while (read(deaths, &ignored, sizeof ignored) > 0)
                ;
            reap(control);
        }
        if (watched[1].revents != 0)
            receive(control);
    }
}

int main(int argc, char **argv)
{
    if (argc > 4 && strcmp(argv[1], "launch") == 0)
        return launch(argv[2], argv[3], argv + 4);
    if (argc > 3)
        servant = (uid_t)strtoul(argv[3], NULL, 10);
    users = argc > 4 && strcmp(argv[4], "users") == 0;
    if (argc > 2 && strcmp(argv[1], "serve") == 0)
        return serve(atoi(argv[2]));
    dprintf(2, "usage: init launch UID FD,FD,... PROGRAM ARGUMENT... | init serve FD [UID [users]]\n");
    return 125;
}
