// SPDX-License-Identifier: Apache-2.0
/* Puts a sandbox on a granted network, before its fences are raised.
 *
 *     network FD ADDRESS PROGRAM ARGUMENT...
 *
 * Makes a network namespace that holds a loopback and one TUN device, `net0`, with ADDRESS (IPv4,
 * /32) and with every other address routed to it; sends the device's descriptor through FD (a
 * socket, SCM_RIGHTS) and executes PROGRAM there, which is `init launch`. So the namespace has no
 * way out but what the holder of the descriptor makes of its packets (`switch.py`).
 *
 * As root the namespace belongs to the machine's own user namespace; otherwise to one that is made
 * with it and maps nobody but this user, whose capabilities end with the next execve. Either way
 * nothing behind bubblewrap's fences has a capability over it. Version 6 of IP is routed to the
 * device as well, so that attempts by it are seen; a kernel without it has nothing to be seen.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEVICE "net0"

struct address_v6 { /* struct in6_ifreq of linux/ipv6.h, whose names clash with the C library's */
    struct in6_addr address;
    uint32_t prefix;
    int index;
};

static int refuse(const char *what)
{
    dprintf(2, "network: %s: %s\n", what, strerror(errno));
    return 125;
}

static int write_text(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t length = (ssize_t)strlen(text);
    ssize_t written = file < 0 ? -1 : write(file, text, (size_t)length);
    close(file);
    return written == length ? 0 : -1;
}

static int leave_network(void)
{
    char user[64], group[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (uid == 0)
        return unshare(CLONE_NEWNET);
    snprintf(user, sizeof user, "%u %u 1", uid, uid);
    snprintf(group, sizeof group, "%u %u 1", gid, gid);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return -1;
    if (write_text("/proc/self/setgroups", "deny") != 0 ||
        write_text("/proc/self/uid_map", user) != 0)
        return -1;
    return write_text("/proc/self/gid_map", group);
}

static int open_device(void)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (device < 0)
        return -1;
    strcpy(request.ifr_name, DEVICE);
    return ioctl(device, TUNSETIFF, &request) == 0 ? device : -1;
}

static int bring_up(int via, const char *name)
{
    struct ifreq request = {.ifr_flags = 0};
    strcpy(request.ifr_name, name);
    if (ioctl(via, SIOCGIFFLAGS, &request) != 0)
        return -1;
    request.ifr_flags |= IFF_UP;
    return ioctl(via, SIOCSIFFLAGS, &request);
}

static struct sockaddr as_address(in_addr_t number)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = number};
    struct sockaddr out;
    memcpy(&out, &place, sizeof out);
    return out;
}

static int set_address(int via, in_addr_t own)
{
    char name[] = DEVICE;
    struct ifreq request = {.ifr_addr = as_address(own)};
    struct rtentry everything = {.rt_flags = RTF_UP, .rt_dev = name};
    strcpy(request.ifr_name, DEVICE);
    if (ioctl(via, SIOCSIFADDR, &request) != 0)
        return -1;
    request.ifr_addr = as_address(INADDR_NONE);
    if (ioctl(via, SIOCSIFNETMASK, &request) != 0 || bring_up(via, DEVICE) != 0)
        return -1;
    everything.rt_dst = everything.rt_genmask = everything.rt_gateway = as_address(0);
    return ioctl(via, SIOCADDRT, &everything);
}

/* Best effort: where it fails there is no way by version 6 at all. */
static void set_address_v6(in_addr_t own)
{
    int via = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct address_v6 address = {.prefix = 128, .index = (int)if_nametoindex(DEVICE)};
    struct in6_rtmsg everything = {.rtmsg_flags = RTF_UP, .rtmsg_metric = 1};
    address.address.s6_addr[0] = 0xfd;
    memcpy(&address.address.s6_addr[12], &own, sizeof own);
    everything.rtmsg_ifindex = address.index;
    if (via >= 0 && ioctl(via, SIOCSIFADDR, &address) == 0)
        ioctl(via, SIOCADDRT, &everything);
    close(via);
}

static int hand_over(int socket, int device)
{
    union {
        char bytes[CMSG_SPACE(sizeof device)];
        struct cmsghdr align;
    } ancillary = {{0}};
    char byte = 0;
    struct iovec place = {&byte, 1};
    struct msghdr message = {.msg_iov = &place,
                             .msg_iovlen = 1,
                             .msg_control = ancillary.bytes,
                             .msg_controllen = sizeof ancillary.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof device);
    memcpy(CMSG_DATA(header), &device, sizeof device);
    return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct in_addr own;
    if (argc < 4 || inet_pton(AF_INET, argv[2], &own) != 1) {
        dprintf(2, "usage: network FD ADDRESS PROGRAM ARGUMENT...\n");
        return 125;
    }
    int ours = atoi(argv[1]);
    if (leave_network() != 0)
        return refuse("making a network namespace");
    int device = open_device();
    if (device < 0)
        return refuse("/dev/net/tun");
    int via = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (via < 0 || bring_up(via, "lo") != 0 || set_address(via, own.s_addr) != 0)
        return refuse("setting its address");
    set_address_v6(own.s_addr);
    if (hand_over(ours, device) != 0)
        return refuse("handing its device over");
    close(ours);
    execv(argv[3], argv + 3);
    return refuse(argv[3]);
}
