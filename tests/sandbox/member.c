// SPDX-License-Identifier: Apache-2.0
/* A member of a network: serves, or tries what a member may try.
 *
 *     member serve PORT             TCP and UDP: answers with its host name and the other's address
 *     member tcp ADDRESS PORT [AS]  connects, from the address AS if given; prints answer or error
 *     member udp ADDRESS PORT [AS]
 *     member v6 ADDRESS PORT        sends one UDP packet by version 6
 *     member abstract NAME          listens at an abstract UNIX address; fails if it is taken
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_in place(const char *address, const char *port)
{
    struct sockaddr_in out = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    inet_pton(AF_INET, address, &out.sin_addr);
    return out;
}

static size_t greet(char *text, size_t size, struct sockaddr_in other)
{
    char name[64] = "";
    gethostname(name, sizeof name - 1);
    return (size_t)snprintf(text, size, "%s %s\n", name, inet_ntoa(other.sin_addr));
}

static int serve(const char *port)
{
    int one = 1, tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in own = place("0.0.0.0", port), other;
    setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(tcp, (void *)&own, sizeof own) || bind(udp, (void *)&own, sizeof own) ||
        listen(tcp, 16))
        return 1;
    if (fork() != 0)
        return 0;
    for (int stream = 0; stream < 3; stream++)
        close(stream);
    for (;;) {
        char text[128];
        struct pollfd watched[] = {{tcp, POLLIN, 0}, {udp, POLLIN, 0}};
        socklen_t size = sizeof other;
        poll(watched, 2, -1);
        if (watched[0].revents != 0) {
            int guest = accept(tcp, (void *)&other, &size);
            if (write(guest, text, greet(text, sizeof text, other)) < 0)
                continue;
            close(guest);
        }
        if (watched[1].revents != 0 &&
            recvfrom(udp, text, sizeof text, 0, (void *)&other, &size) >= 0)
            sendto(udp, text, greet(text, sizeof text, other), 0, (void *)&other, size);
    }
}

static int attempt(int kind, const char *address, const char *port, const char *as)
{
    char text[128];
    int one = 1, to = socket(AF_INET, kind, 0);
    struct sockaddr_in other = place(address, port);
    struct timeval patience = {5, 0};
    setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (as != NULL) {
        struct sockaddr_in own = place(as, "0");
        setsockopt(to, IPPROTO_IP, 15 /* IP_FREEBIND */, &one, sizeof one);
        if (bind(to, (void *)&own, sizeof own) != 0)
            return printf("bind: %s\n", strerror(errno)), 0;
    }
    if (connect(to, (void *)&other, sizeof other) != 0)
        return printf("connect: %s\n", strerror(errno)), 0;
    if (kind == SOCK_DGRAM && send(to, "x", 1, 0) != 1)
        return printf("send: %s\n", strerror(errno)), 0;
    ssize_t got = recv(to, text, sizeof text, 0);
    return got < 0 ? printf("recv: %s\n", strerror(errno)) : printf("%.*s", (int)got, text), 0;
}

static int send_v6(const char *address, const char *port)
{
    struct sockaddr_in6 other = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
    int to = socket(AF_INET6, SOCK_DGRAM, 0);
    inet_pton(AF_INET6, address, &other.sin6_addr);
    if (sendto(to, "x", 1, 0, (void *)&other, sizeof other) != 1)
        return printf("send: %s\n", strerror(errno)), 0;
    return puts("sent"), 0;
}

static int listen_abstract(const char *name)
{
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    int here = socket(AF_UNIX, SOCK_STREAM, 0);
    strncpy(own.sun_path + 1, name, sizeof own.sun_path - 2);
    if (bind(here, (void *)&own, sizeof own) != 0 || listen(here, 1) != 0)
        return printf("%s\n", strerror(errno)), 0;
    puts("free");
    return 0;
}

int main(int argc, char **argv)
{
    const char *as = argc > 4 ? argv[4] : NULL;
    if (argc > 2 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2]);
    if (argc > 2 && strcmp(argv[1], "abstract") == 0)
        return listen_abstract(argv[2]);
    if (argc > 3 && strcmp(argv[1], "v6") == 0)
        return send_v6(argv[2], argv[3]);
    if (argc > 3)
        return attempt(strcmp(argv[1], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM, argv[2], argv[3], as);
    return 2;
}
