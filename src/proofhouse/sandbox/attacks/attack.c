// SPDX-License-Identifier: Apache-2.0
/* What the attacks need beyond a shell; one subcommand each.
 *
 *     attack call NAME [ARGUMENT]     one door of the kernel; prints WON if it opened
 *     attack tcp|tcp6|udp HOST PORT   reach for a listener; says hello to it
 *     attack unix PATH | abstract NAME
 *     attack shm KEY | queue KEY      print what lies in a System V segment or queue
 *     attack key TEXT                 print the key of that name
 *     attack descriptors              print what lies in files that were left open
 *     attack use WHAT COUNT           take that much of something; prints WON if all of it was had
 *     attack tick HOW FILE            a process that gets away as HOW says and then adds a byte to
 *                                     FILE every 5 ms, for 20 seconds at most
 *     attack swap A B                 exchange two names for ever (20 seconds at most)
 *     attack setuid PROGRAM           start it and see whose rights it has; prints WON if root's
 *
 *     attack keep SHM QUEUE TEXT      role: a process of the host, with TEXT in a segment, a queue
 *                                     and the user's keyring, until its standard input ends
 *     attack neighbour PORT NAME      role: another sample; makes the file `reached` when somebody
 *                                     connects to the port or to the abstract socket
 *
 * Nothing here has a target of its own: addresses, paths and numbers are those of listeners, files
 * and processes that the suite made for this.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define LIFE 20 /* seconds that any of these lives */

static int won(int yes)
{
    if (yes)
        puts("WON");
    fflush(stdout);
    return yes ? 0 : 1;
}

static void nap(long milliseconds)
{
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* ---- doors of the kernel -------------------------------------------------------------------- */

static int namespaces(const char *name, const char *more)
{
    if (strcmp(name, "unshare-user") == 0)
        return syscall(SYS_unshare, CLONE_NEWUSER) == 0;
    if (strcmp(name, "clone-user") == 0) {
        long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
        if (child == 0)
            _exit(0);
        return child > 0;
    }
    if (strcmp(name, "nested-mount") == 0)
        return syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
               mount("none", "/tmp", "tmpfs", 0, NULL) == 0;
    if (strcmp(name, "setns") == 0)
        return syscall(SYS_setns, open(more, O_RDONLY), 0) == 0;
    if (strcmp(name, "chroot") == 0)
        return chroot("/tmp") == 0;
    if (strcmp(name, "mknod") == 0)
        return mknod(more, S_IFBLK | 0600, makedev(7, 0)) == 0;
    return -1;
}

static int identity(const char *name)
{
    if (strcmp(name, "setuid") == 0)
        return setresuid(0, 0, 0) == 0 && geteuid() == 0;
    if (strcmp(name, "capset") == 0) {
        uint32_t header[2] = {0x20080522, 0}, data[6] = {1U << 21, 1U << 21}; /* CAP_SYS_ADMIN */
        return syscall(SYS_capset, header, data) == 0;
    }
    return -1;
}

/* PID 0 stands for a child of our own: where there is no fence, that much is allowed. */
static pid_t target(const char *more)
{
    pid_t pid = (pid_t)atoi(more);
    if (pid == 0 && (pid = fork()) == 0) {
        nap(2000);
        _exit(0);
    }
    return pid;
}

static int processes(const char *name, const char *more)
{
    if (strcmp(name, "seize") == 0)
        return ptrace(PTRACE_SEIZE, target(more), 0, 0) == 0;
    if (strcmp(name, "vmread") == 0) {
        char here[8];
        static char there[8] = "value";
        struct iovec to = {here, sizeof here}, from = {there, sizeof there};
        return process_vm_readv(target(more), &to, 1, &from, 1, 0) == (ssize_t)sizeof here;
    }
    if (strcmp(name, "memory") == 0) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/mem", target(more));
        return open(path, O_RDWR) >= 0;
    }
    if (strcmp(name, "limited") == 0) { /* as they are: where it works, nobody is the worse */
        struct rlimit limits;
        pid_t pid = target(more);
        return prlimit(pid, RLIMIT_FSIZE, NULL, &limits) == 0 &&
               prlimit(pid, RLIMIT_FSIZE, &limits, NULL) == 0;
    }
    if (strcmp(name, "slowed") == 0) {
        struct sched_param plain = {0};
        cpu_set_t all;
        pid_t pid = target(more);
        return setpriority(PRIO_PROCESS, (id_t)pid, getpriority(PRIO_PROCESS, (id_t)pid)) == 0 ||
               sched_setscheduler(pid, SCHED_OTHER, &plain) == 0 ||
               (sched_getaffinity(pid, sizeof all, &all) == 0 &&
                sched_setaffinity(pid, sizeof all, &all) == 0) ||
               syscall(SYS_ioprio_set, 1, pid, 0) == 0;
    }
    if (strcmp(name, "handle") == 0) {
        struct {
            struct file_handle head;
            char bytes[128];
        } handle = {.head = {.handle_bytes = 128}};
        int mount_id;
        return name_to_handle_at(AT_FDCWD, more, &handle.head, &mount_id, 0) == 0;
    }
    return -1;
}

/* What the kernel tells about, or lets be done to, a file of /usr, which is the host's. */
static int host_file(const char *name)
{
    char room[128] = "";
    int file = open("/usr/bin/env", O_RDONLY | O_CLOEXEC);
    if (strcmp(name, "notify") == 0)
        return fcntl(open("/usr/bin", O_RDONLY | O_DIRECTORY), F_NOTIFY, DN_ACCESS) == 0;
    if (strcmp(name, "flock") == 0) /* a lock holds if the next to come is refused */
        return flock(file, LOCK_EX | LOCK_NB) == 0 &&
               flock(open("/usr/bin/env", O_RDONLY | O_CLOEXEC), LOCK_EX | LOCK_NB) != 0;
    if (strcmp(name, "lock") == 0 || strcmp(name, "lock-open") == 0) {
        struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1};
        return fcntl(file, strcmp(name, "lock") == 0 ? F_SETLK : F_OFD_SETLK, &lock) == 0;
    }
    if (strcmp(name, "lease") == 0) {
        int own = open("lease", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
        return fcntl(own, F_SETLEASE, F_RDLCK) == 0;
    }
    if (strcmp(name, "cached-pages") == 0) {
        unsigned char there[1];
        void *place = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
        return syscall(SYS_mincore, place, 4096UL, there) == 0;
    }
    if (strcmp(name, "cached-read") == 0) {
        struct iovec to = {room, 1};
        return syscall(SYS_preadv2, file, &to, 1UL, 0UL, 0UL, RWF_NOWAIT) >= 0 || errno == EAGAIN;
    }
    if (strcmp(name, "cached-dropped") == 0)
        return syscall(SYS_fadvise64, file, 0UL, 0UL, POSIX_FADV_DONTNEED) == 0;
    if (strcmp(name, "cached-ahead") == 0)
        return syscall(SYS_readahead, file, 0UL, 4096UL) == 0;
    if (strcmp(name, "disk-uuid") == 0) {
        room[0] = 16; /* of 16 bytes; the first is ext4's own, the second any filesystem's */
        return ioctl(file, 0x8008662CUL, room) == 0 || ioctl(file, 0x80111500UL, room) == 0;
    }
    if (strcmp(name, "disk-map") == 0) {
        struct fiemap ask = {.fm_length = 1UL << 40};
        return ioctl(file, FS_IOC_FIEMAP, &ask) == 0;
    }
    return -1;
}

static int doors(const char *name)
{
    static char room[128];
    if (strcmp(name, "bpf") == 0) {
        uint32_t map[32] = {2, 4, 4, 1}; /* BPF_MAP_CREATE of an array */
        return syscall(SYS_bpf, 0, map, sizeof map) >= 0;
    }
    if (strcmp(name, "perf") == 0) {
        uint64_t event[16] = {1 | 112UL << 32, 0, 0, 0, 0, 0x60}; /* software, user space only */
        return syscall(SYS_perf_event_open, event, 0, -1, -1, 0) >= 0;
    }
    if (strcmp(name, "userfaultfd") == 0)
        return syscall(SYS_userfaultfd, 1) >= 0;
    if (strcmp(name, "io_uring") == 0)
        return syscall(SYS_io_uring_setup, 1, room) >= 0;
    if (strcmp(name, "watcher") == 0)
        return syscall(SYS_inotify_init1, 0) >= 0;
    if (strcmp(name, "mailbox") == 0) {
        snprintf(room, sizeof room, "mailbox-%d", getpid());
        int box = (int)syscall(SYS_mq_open, room, O_RDWR | O_CREAT, 0600, NULL);
        syscall(SYS_mq_unlink, room);
        return box >= 0;
    }
    if (strcmp(name, "own-filter") == 0) {
        struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, 0x7fff0000};
        struct sock_fprog program = {1, &allow};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        return syscall(SYS_seccomp, 1, 0, &program) == 0 ||
               prctl(PR_SET_SECCOMP, 2, &program, 0, 0) == 0;
    }
    if (strcmp(name, "merged") == 0)
        return prctl(67 /* PR_SET_MEMORY_MERGE */, 1, 0, 0, 0) == 0 ||
               madvise(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096,
                       MADV_MERGEABLE) == 0;
    if (strcmp(name, "module") == 0) /* no module: ENOEXEC says that somebody looked */
        return syscall(SYS_init_module, room, sizeof room, "") == 0 || errno == ENOEXEC;
    if (strcmp(name, "syslog") == 0)
        return syscall(SYS_syslog, 10, NULL, 0) > 0; /* the size of its buffer */
    if (strcmp(name, "personality") == 0)
        return personality(READ_IMPLIES_EXEC) >= 0;
    if (strcmp(name, "core") == 0) {
        struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
        setrlimit(RLIMIT_CORE, &limit);
        getrlimit(RLIMIT_CORE, &limit);
        return limit.rlim_cur > 1;
    }
    if (strcmp(name, "foreign-call") == 0) {
#ifdef __x86_64__
        int pid;
        __asm__ volatile("int $0x80" : "=a"(pid) : "a"(20) : "memory");
        return pid == getpid();
#endif
    }
    return -1;
}

static int sockets(const char *name)
{
    static const struct {
        const char *name;
        int family, type, protocol;
    } kinds[] = {{"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP},   {"packet", AF_PACKET, SOCK_RAW, 0},
                 {"netlink", AF_NETLINK, SOCK_RAW, 0},       {"vsock", AF_VSOCK, SOCK_STREAM, 0},
                 {"alg", AF_ALG, SOCK_SEQPACKET, 0},         {"sctp", AF_INET, SOCK_STREAM, 132}};
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(name, kinds[i].name) == 0)
            return socket(kinds[i].family, kinds[i].type, kinds[i].protocol) >= 0;
    if (strcmp(name, "socket-filter") == 0) {
        struct sock_filter all = {BPF_RET | BPF_K, 0, 0, 1};
        struct sock_fprog program = {1, &all};
        return setsockopt(socket(AF_UNIX, SOCK_DGRAM, 0), SOL_SOCKET, SO_ATTACH_FILTER, &program,
                          sizeof program) == 0;
    }
    if (strcmp(name, "membership") == 0) {
        struct ip_mreqn group = {.imr_ifindex = 1};
        group.imr_multiaddr.s_addr = htonl(0xe00000fb);
        return setsockopt(socket(AF_INET, SOCK_DGRAM, 0), IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
                          sizeof group) == 0;
    }
    if (strcmp(name, "header") == 0)
        return setsockopt(socket(AF_INET, SOCK_DGRAM, 0), IPPROTO_IP, IP_OPTIONS, "\1\1\1", 4) == 0;
    if (strcmp(name, "interface") == 0) {
        struct ifreq request = {.ifr_name = "lo"};
        request.ifr_flags = IFF_UP | IFF_PROMISC;
        return ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &request) == 0;
    }
    if (strcmp(name, "type-ahead") == 0) {
        int terminal = posix_openpt(O_RDWR);
        return ioctl(terminal, TIOCSTI, "x") == 0;
    }
    return -1;
}

static int key(const char *text)
{
    char found[256] = "";
    long ring = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", text, 0);
    if (ring < 0 || syscall(SYS_keyctl, KEYCTL_READ, ring, found, sizeof found - 1) < 0)
        return 1;
    puts(found);
    return 0;
}

static int call(const char *name, const char *more)
{
    int answers[] = {namespaces(name, more), identity(name), processes(name, more), doors(name),
                     sockets(name), host_file(name)};
    for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i] >= 0)
            return won(answers[i]);
    return 64;
}

/* ---- reaching for somebody ------------------------------------------------------------------ */

static int reach(int type, const struct sockaddr *there, socklen_t length)
{
    int descriptor = socket(there->sa_family, type, 0);
    if (connect(descriptor, there, length) != 0 || send(descriptor, "hello", 5, 0) != 5)
        return 1;
    return 0;
}

static int internet(const char *kind, const char *host, const char *port)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
    int type = strcmp(kind, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
    if (strcmp(kind, "tcp6") == 0) {
        inet_pton(AF_INET6, host, &six.sin6_addr);
        return reach(type, (struct sockaddr *)&six, sizeof six);
    }
    inet_pton(AF_INET, host, &four.sin_addr);
    return reach(type, (struct sockaddr *)&four, sizeof four);
}

static socklen_t local_address(struct sockaddr_un *there, const char *name, int abstract)
{
    memset(there, 0, sizeof *there);
    there->sun_family = AF_UNIX;
    strncpy(there->sun_path + abstract, name, sizeof there->sun_path - 2);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)abstract + strlen(name));
}

static int local(const char *name, int abstract)
{
    struct sockaddr_un there;
    socklen_t length = local_address(&there, name, abstract);
    return reach(SOCK_STREAM, (struct sockaddr *)&there, length);
}

static int descriptors(void)
{
    char text[4096];
    for (int i = 3; i < 1024; i++) {
        ssize_t got = pread(i, text, sizeof text, 0);
        if (got > 0)
            fwrite(text, 1, (size_t)got, stdout);
    }
    return 0;
}

static int segment(const char *number)
{
    int id = shmget((key_t)atoi(number), 0, 0);
    char *text = id < 0 ? (char *)-1 : shmat(id, NULL, SHM_RDONLY);
    if (text == (char *)-1)
        return 1;
    puts(text);
    return 0;
}

struct letter {
    long type;
    char text[128];
};

static int queue(const char *number)
{
    struct letter letter = {0, ""};
    int id = msgget((key_t)atoi(number), 0);
    if (id < 0 || msgrcv(id, &letter, sizeof letter.text, 0, IPC_NOWAIT) < 0)
        return 1;
    puts(letter.text);
    return 0;
}

/* ---- taking too much ------------------------------------------------------------------------ */

static int touch(char *place, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 4096)
        place[at] = 1;
    return 1;
}

static void *wait_a_second(void *nothing)
{
    nap(1000);
    return nothing;
}

static int many_processes(long count)
{
    long begun = 0;
    for (; begun < count; begun++) {
        pid_t child = fork();
        if (child == 0) {
            nap(1000);
            _exit(0);
        }
        if (child < 0)
            break;
    }
    return begun == count;
}

static int many_threads(long count)
{
    long begun = 0;
    pthread_t thread;
    while (begun < count && pthread_create(&thread, NULL, wait_a_second, NULL) == 0)
        begun++;
    return begun == count;
}

static int compute(long milliseconds)
{
    for (int i = 0; i < 3; i++)
        if (fork() == 0)
            break;
    struct timespec now;
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < milliseconds);
    while (wait(NULL) > 0)
        ;
    return 1;
}

static int use(const char *what, long count)
{
    size_t bytes = (size_t)count * MIB;
    if (strcmp(what, "memory") == 0) {
        char *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return won(place != MAP_FAILED && touch(place, bytes));
    }
    if (strcmp(what, "part") == 0) { /* as `memory`, held for a while beside others' parts */
        char *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        int had = place != MAP_FAILED && touch(place, bytes);
        nap(1500);
        return won(had);
    }
    if (strcmp(what, "memfd") == 0) {
        int file = memfd_create("m", 0);
        int sized = ftruncate(file, (off_t)bytes) == 0;
        char *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        return won(sized && place != MAP_FAILED && touch(place, bytes));
    }
    if (strcmp(what, "shared") == 0) {
        int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
        char *place = id < 0 ? (char *)-1 : shmat(id, NULL, 0);
        if (id >= 0)
            shmctl(id, IPC_RMID, NULL);
        return won(place != (char *)-1 && touch(place, bytes));
    }
    if (strcmp(what, "processes") == 0)
        return won(many_processes(count));
    if (strcmp(what, "threads") == 0)
        return won(many_threads(count));
    if (strcmp(what, "files") == 0) {
        long opened = 0;
        struct rlimit limit = {(rlim_t)count + 64, (rlim_t)count + 64};
        setrlimit(RLIMIT_NOFILE, &limit);
        while (opened < count && open("/dev/null", O_RDONLY) >= 0)
            opened++;
        return won(opened == count);
    }
    if (strcmp(what, "terminals") == 0) {
        long opened = 0;
        while (opened < count && posix_openpt(O_RDWR | O_NOCTTY) >= 0)
            opened++;
        return won(opened == count);
    }
    if (strcmp(what, "processor") == 0)
        return won(compute(count));
    return 64;
}

/* ---- getting away --------------------------------------------------------------------------- */

static void burn(long milliseconds)
{
    struct timespec now;
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < milliseconds);
}

/* A comet that computes instead of waiting; each that follows begins with no time used. */
static _Noreturn void tick(const char *path, int comet, int computes)
{
    for (int round = 0; round < LIFE * 200; round++) {
        int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        ssize_t ignored = write(file, ".", 1);
        (void)ignored;
        close(file);
        if (computes)
            burn(20);
        else
            nap(5);
        if (comet && fork() > 0) /* the one that goes on has another number each time */
            _exit(0);
        if (comet)
            setsid();
    }
    _exit(0);
}

static int get_away(const char *how, const char *path)
{
    int computes = strcmp(how, "work") == 0;
    char *const again[] = {"attack", "tick", "plain", (char *)path, NULL};
    if (strcmp(how, "plain") == 0)
        tick(path, 0, 0);
    if (strcmp(how, "deaf") == 0)
        for (int number = 1; number < NSIG; number++)
            signal(number, SIG_IGN);
    if (fork() == 0) {
        if (strcmp(how, "child") != 0)
            setsid();
        if (strcmp(how, "double") == 0 && fork() > 0)
            _exit(0);
        if (strcmp(how, "vfork") == 0 && vfork() == 0) {
            execv("/proc/self/exe", again);
            _exit(1);
        }
        if (strcmp(how, "vfork") == 0)
            _exit(0);
        signal(SIGCHLD, SIG_IGN);
        tick(path, strcmp(how, "comet") == 0 || computes, computes);
    }
    if (computes) /* and so it is left behind */
        return 0;
    nap(1000L * LIFE); /* until the time is up */
    return 0;
}

static int swap(const char *a, const char *b)
{
    for (time_t end = time(NULL) + LIFE; time(NULL) < end;)
        syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */);
    return 0;
}

static int effective_user(pid_t pid)
{
    char path[64], line[256];
    int real, effective = -1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *status = fopen(path, "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        sscanf(line, "Uid: %d %d", &real, &effective);
    if (status != NULL)
        fclose(status);
    return effective;
}

/* The program waits for a password that never comes, and ends with us. */
static int borrow_rights(const char *program)
{
    int held[2], root = 0;
    if (pipe(held) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        dup2(held[0], 0);
        execl(program, program, NULL);
        _exit(1);
    }
    for (int round = 0; round < 50 && !root && waitpid(child, NULL, WNOHANG) == 0; round++) {
        root = effective_user(child) == 0;
        nap(5);
    }
    kill(child, SIGKILL);
    return won(root);
}

/* ---- roles ---------------------------------------------------------------------------------- */

static int keep(const char *shm, const char *number, const char *text)
{
    struct letter letter = {1, ""};
    char ignored[64];
    int id = shmget((key_t)atoi(shm), 4096, IPC_CREAT | 0666);
    int box = msgget((key_t)atoi(number), IPC_CREAT | 0666);
    long held = syscall(SYS_add_key, "user", text, text, strlen(text), KEY_SPEC_USER_KEYRING);
    char *place = shmat(id, NULL, 0);
    strncpy(letter.text, text, sizeof letter.text - 1);
    if (place == (char *)-1 || msgsnd(box, &letter, sizeof letter.text, 0) != 0)
        return 1;
    strncpy(place, text, 4095);
    puts("ready");
    fflush(stdout);
    while (read(0, ignored, sizeof ignored) > 0)
        ;
    shmctl(id, IPC_RMID, NULL);
    msgctl(box, IPC_RMID, NULL);
    if (held >= 0)
        syscall(SYS_keyctl, KEYCTL_UNLINK, held, KEY_SPEC_USER_KEYRING);
    return 0;
}

static int neighbour(const char *port, const char *name)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    struct sockaddr_un there;
    socklen_t length = local_address(&there, name, 1);
    int one = 1, tcp = socket(AF_INET, SOCK_STREAM, 0), un = socket(AF_UNIX, SOCK_STREAM, 0);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(tcp, (struct sockaddr *)&here, sizeof here) != 0 || listen(tcp, 4) != 0 ||
        bind(un, (struct sockaddr *)&there, length) != 0 || listen(un, 4) != 0)
        return 1;
    close(open("listening", O_WRONLY | O_CREAT, 0644));
    struct pollfd both[] = {{tcp, POLLIN, 0}, {un, POLLIN, 0}};
    for (time_t end = time(NULL) + 600; time(NULL) < end;)
        if (poll(both, 2, 1000) > 0) {
            int file = open("reached", O_WRONLY | O_CREAT | O_APPEND, 0644);
            ssize_t ignored = write(file, both[0].revents != 0 ? "t" : "a", 1);
            (void)ignored;
            close(file);
            close(accept(both[0].revents != 0 ? tcp : un, NULL, NULL));
        }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "", *one = argc > 2 ? argv[2] : "";
    const char *two = argc > 3 ? argv[3] : "", *three = argc > 4 ? argv[4] : "";
    if (strcmp(what, "call") == 0)
        return call(one, two);
    if (strcmp(what, "descriptors") == 0)
        return descriptors();
    if (strcmp(what, "key") == 0)
        return key(one);
    if (strncmp(what, "tcp", 3) == 0 || strcmp(what, "udp") == 0)
        return internet(what, one, two);
    if (strcmp(what, "unix") == 0 || strcmp(what, "abstract") == 0)
        return local(one, strcmp(what, "abstract") == 0);
    if (strcmp(what, "shm") == 0)
        return segment(one);
    if (strcmp(what, "queue") == 0)
        return queue(one);
    if (strcmp(what, "use") == 0)
        return use(one, atol(two));
    if (strcmp(what, "tick") == 0)
        return get_away(one, two);
    if (strcmp(what, "swap") == 0)
        return swap(one, two);
    if (strcmp(what, "setuid") == 0)
        return borrow_rights(one);
    if (strcmp(what, "keep") == 0)
        return keep(one, two, three);
    if (strcmp(what, "neighbour") == 0)
        return neighbour(one, two);
    return 64;
}
