// SPDX-License-Identifier: Apache-2.0
/* A program that tries what a sandbox must not let it, one subcommand each.
 *
 *     probe calls            every forbidden system call; one line each: NAME ERRNO ("0": it worked)
 *     probe allocate BYTES   touch that much memory
 *     probe hold BYTES       the same, and keep it
 *     probe forks            start children that sleep until no more can be; print how many
 *     probe bomb             every process starts two, for ever
 *     probe detach           a double-forked process of its own session that sleeps
 *     probe comet            a process that for ever starts its successor and ends
 *     probe spin N           N processes that compute for ever
 *     probe connect PORT     connect to that TCP port of the loopback; print the error's number
 *     probe loopback         talk to oneself over the loopback
 *     probe memory-of-1      open the memory of PID 1 for writing; print the error's number
 *     probe kill-all         send SIGKILL to everybody
 *     probe core-limit       set the limit on core dumps to zero, print what it is then
 *     probe descriptors      print the open descriptors
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void told(const char *name, long result)
{
    printf("%s %d\n", name, result < 0 ? errno : 0);
    fflush(stdout);
}

#define TRY(name, ...) told(#name, syscall(SYS_##name, ##__VA_ARGS__))

static void try_clone(const char *name, unsigned long flags)
{
    long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(0);
    told(name, child);
}

static void namespaces_and_mounts(void)
{
    TRY(unshare, CLONE_NEWUSER);
    TRY(setns, 0, 0);
    TRY(clone3, NULL, 0);
    try_clone("clone-newuser", CLONE_NEWUSER);
    try_clone("clone-newns", CLONE_NEWNS);
    try_clone("clone-newpid", CLONE_NEWPID);
    try_clone("clone-newnet", CLONE_NEWNET);
    try_clone("clone-newcgroup", CLONE_NEWCGROUP);
    try_clone("clone-newuts", CLONE_NEWUTS);
    try_clone("clone-newipc", CLONE_NEWIPC);
    try_clone("clone-plain", 0);
    TRY(mount, "none", "/tmp", "tmpfs", 0, NULL);
    TRY(umount2, "/tmp", 0);
    TRY(pivot_root, "/tmp", "/tmp");
    TRY(chroot, "/tmp");
    TRY(fsopen, "tmpfs", 0);
    TRY(fsconfig, 0, 0, NULL, NULL, 0);
    TRY(fsmount, 0, 0, 0);
    TRY(fspick, AT_FDCWD, "/tmp", 0);
    TRY(open_tree, AT_FDCWD, "/tmp", 0);
    TRY(move_mount, 0, "", 0, "", 0);
    TRY(mount_setattr, AT_FDCWD, "/tmp", 0, NULL, 0);
}

static void kernel_doors(void)
{
    TRY(keyctl, KEYCTL_GET_KEYRING_ID, -3, 0);
    TRY(add_key, "user", "a", "b", 1, -3);
    TRY(request_key, "user", "a", NULL, 0);
    TRY(bpf, 0, NULL, 0);
    TRY(perf_event_open, NULL, 0, -1, -1, 0);
    TRY(userfaultfd, 0);
    TRY(io_uring_setup, 1, NULL);
    TRY(io_uring_enter, 0, 0, 0, 0, NULL, 0);
    TRY(io_uring_register, 0, 0, NULL, 0);
    TRY(kexec_load, 0, 0, NULL, 0);
    TRY(kexec_file_load, 0, 0, 0, NULL, 0);
    TRY(init_module, NULL, 0, "");
    TRY(finit_module, 0, "", 0);
    TRY(delete_module, "none", 0);
    TRY(name_to_handle_at, AT_FDCWD, "/usr", NULL, NULL, 0);
    TRY(open_by_handle_at, AT_FDCWD, NULL, 0);
    TRY(ptrace, 0, 0, NULL, NULL);
    TRY(process_vm_readv, getpid(), NULL, 0, NULL, 0, 0);
    TRY(process_vm_writev, getpid(), NULL, 0, NULL, 0, 0);
    TRY(pidfd_getfd, 0, 0, 0);
    TRY(kcmp, 1, 1, 0, 0, 0);
    TRY(quotactl, 0, NULL, 0, NULL);
    TRY(swapon, "/tmp", 0);
    TRY(swapoff, "/tmp");
    TRY(reboot, 0, 0, 0, NULL);
    TRY(acct, NULL);
    TRY(settimeofday, NULL, NULL);
    TRY(clock_settime, 0, NULL);
    TRY(syslog, 2, NULL, 0);
    TRY(fanotify_init, 0, 0);
    TRY(inotify_init1, 0);
    TRY(mq_open, "q", 0, 0, NULL);
    TRY(vmsplice, 0, NULL, 0, 0);
    TRY(sync);
}

static void try_socket(const char *name, int family, int type, int protocol)
{
    int descriptor = socket(family, type, protocol);
    told(name, descriptor);
    close(descriptor);
}

static void sockets(void)
{
    int pair[2];
    try_socket("unix", AF_UNIX, SOCK_SEQPACKET, 0);
    try_socket("tcp", AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    try_socket("udp6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
    try_socket("raw", AF_INET, SOCK_RAW, IPPROTO_ICMP);
    try_socket("ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    try_socket("sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    try_socket("mptcp", AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
    try_socket("vsock", AF_VSOCK, SOCK_STREAM, 0);
    try_socket("netlink", AF_NETLINK, SOCK_RAW, 0);
    try_socket("packet", AF_PACKET, SOCK_RAW, 0);
    try_socket("alg", AF_ALG, SOCK_SEQPACKET, 0);
    try_socket("bluetooth", AF_BLUETOOTH, SOCK_STREAM, 0);
    try_socket("can", AF_CAN, SOCK_RAW, 0);
    try_socket("tipc", AF_TIPC, SOCK_STREAM, 0);
    try_socket("xdp", 44, SOCK_RAW, 0);
    told("pair-unix", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    told("pair-tipc", socketpair(AF_TIPC, SOCK_STREAM, 0, pair));
    /* The kernel takes 32 bits of the family; the filter must look at those and no others. */
    told("vsock-high-bits", syscall(SYS_socket, 0x100000000UL | AF_VSOCK, SOCK_STREAM, 0));
}

static void terminals_and_personality(void)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    int discipline = 0;
    told("terminal", terminal);
    told("tiocsti", ioctl(terminal, TIOCSTI, "x"));
    told("tiocsti-high-bits", syscall(SYS_ioctl, terminal, 0x100000000UL | TIOCSTI, "x"));
    told("tiocsetd", ioctl(terminal, TIOCSETD, &discipline));
    told("tioclinux", ioctl(terminal, TIOCLINUX, "\2"));
    told("personality-ask", personality(0xffffffff));
    told("personality-no-randomize", personality(ADDR_NO_RANDOMIZE));
    told("personality-read-implies-exec", personality(READ_IMPLIES_EXEC));
    told("personality-linux32", personality(PER_LINUX32));
}

static int calls(void)
{
    namespaces_and_mounts();
    kernel_doors();
    sockets();
    terminals_and_personality();
    return 0;
}

static int allocate(size_t bytes)
{
    const size_t step = 1 << 20;
    for (size_t done = 0; done < bytes; done += step) {
        char *part = malloc(step);
        if (part == NULL)
            return 1;
        memset(part, 1, step);
    }
    puts("allocated");
    fflush(stdout);
    return 0;
}

static int forks(void)
{
    int count = 0;
    pid_t child;
    while ((child = fork()) > 0)
        count++;
    if (child == 0) {
        pause();
        _exit(0);
    }
    printf("%d\n", count);
    fflush(stdout);
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    return 0;
}

static int detach(void)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0)
            for (;;)
                pause();
        _exit(0);
    }
    wait(NULL);
    return 0;
}

static int comet(void)
{
    signal(SIGCHLD, SIG_IGN);
    if (fork() != 0)
        return 0;
    for (;;) {
        setsid();
        if (fork() > 0)
            _exit(0);
    }
}

static _Noreturn void spin(int processes)
{
    while (--processes > 0 && fork() > 0)
        ;
    for (;;)
        ;
}

static int try_connect(int port)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(descriptor, (struct sockaddr *)&there, sizeof there);
    printf("%d\n", result < 0 ? errno : 0);
    return 0;
}

static int loopback(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t length = sizeof here;
    char got[5];
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server, (struct sockaddr *)&here, sizeof here) != 0 || listen(server, 1) != 0 ||
        getsockname(server, (struct sockaddr *)&here, &length) != 0 ||
        connect(client, (struct sockaddr *)&here, sizeof here) != 0)
        return 1;
    int peer = accept(server, NULL, NULL);
    if (write(client, "hello", 5) != 5 || read(peer, got, 5) != 5)
        return 1;
    return memcmp(got, "hello", 5) != 0;
}

static int core_limit(void)
{
    struct rlimit limit = {0, 0};
    int result = setrlimit(RLIMIT_CORE, &limit);
    getrlimit(RLIMIT_CORE, &limit);
    printf("%d %lu\n", result, (unsigned long)limit.rlim_cur);
    return 0;
}

static int descriptors(void)
{
    for (int i = 0; i < 1024; i++)
        if (fcntl(i, F_GETFD) >= 0)
            printf("%d ", i);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const char *more = argc > 2 ? argv[2] : "0";
    if (strcmp(what, "calls") == 0)
        return calls();
    if (strcmp(what, "allocate") == 0)
        return allocate(strtoul(more, NULL, 10));
    if (strcmp(what, "hold") == 0)
        return allocate(strtoul(more, NULL, 10)) || pause();
    if (strcmp(what, "forks") == 0)
        return forks();
    if (strcmp(what, "bomb") == 0)
        for (;;)
            fork();
    if (strcmp(what, "detach") == 0)
        return detach();
    if (strcmp(what, "comet") == 0)
        return comet();
    if (strcmp(what, "spin") == 0)
        spin(atoi(more));
    if (strcmp(what, "connect") == 0)
        return try_connect(atoi(more));
    if (strcmp(what, "loopback") == 0)
        return loopback();
    if (strcmp(what, "memory-of-1") == 0) {
        printf("%d\n", open("/proc/1/mem", O_RDWR) < 0 ? errno : 0);
        return 0;
    }
    if (strcmp(what, "kill-all") == 0)
        return kill(1, SIGKILL) != 0 || kill(-1, SIGKILL) != 0;
    if (strcmp(what, "core-limit") == 0)
        return core_limit();
    if (strcmp(what, "descriptors") == 0)
        return descriptors();
    return 64;
}
