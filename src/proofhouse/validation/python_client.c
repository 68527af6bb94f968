// SPDX-License-Identifier: Apache-2.0
/* Stands before Python on the path of instrumented runs: hands its arguments, variables, folder and
   three streams to python_server.py, and ends as the process does that runs the script there.

   Whatever the server is not made for (options, a program on standard input) and whatever fails
   goes to the real interpreter. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAL "/usr/bin/python3"
#define PLACE "/work/tools/python.socket"

extern char **environ;

static int put(int to, const void *from, size_t size)
{
  for (size_t done = 0; done < size;) {
    ssize_t sent = send(to, (const char *)from + done, size - done, MSG_NOSIGNAL);
    if (sent <= 0)
      return -1;
    done += (size_t)sent;
  }
  return 0;
}

static int put_streams(int to, const uint32_t head[3])
{
  int streams[3] = {0, 1, 2};
  union {
    char bytes[CMSG_SPACE(sizeof streams)];
    struct cmsghdr align;
  } beside;
  memset(&beside, 0, sizeof beside);
  struct iovec place = {(void *)(uintptr_t)head, 3 * sizeof head[0]};
  struct msghdr message = {.msg_iov = &place,
                           .msg_iovlen = 1,
                           .msg_control = beside.bytes,
                           .msg_controllen = sizeof beside.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof streams);
  memcpy(CMSG_DATA(header), streams, sizeof streams);
  return sendmsg(to, &message, MSG_NOSIGNAL) == (ssize_t)(3 * sizeof head[0]) ? 0 : -1;
}

static int ask(int argc, char **argv)
{
  char folder[4096];
  struct sockaddr_un server = {.sun_family = AF_UNIX, .sun_path = PLACE};
  int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (to < 0 || getcwd(folder, sizeof folder) == NULL ||
      connect(to, (struct sockaddr *)&server, sizeof server) != 0)
    return -1;
  uint32_t head[3] = {(uint32_t)strlen(folder) + 1, (uint32_t)argc - 1, 0};
  for (int at = 1; at < argc; at++)
    head[0] += (uint32_t)strlen(argv[at]) + 1;
  for (char **variable = environ; *variable != NULL; variable++, head[2]++)
    head[0] += (uint32_t)strlen(*variable) + 1;
  if (put_streams(to, head) != 0 || put(to, folder, strlen(folder) + 1) != 0)
    return -1;
  for (int at = 1; at < argc; at++)
    if (put(to, argv[at], strlen(argv[at]) + 1) != 0)
      return -1;
  for (char **variable = environ; *variable != NULL; variable++)
    if (put(to, *variable, strlen(*variable) + 1) != 0)
      return -1;
  return to;
}

int main(int argc, char **argv)
{
  int for_server = argc > 1 && (argv[1][0] != '-' || (strcmp(argv[1], "-m") == 0 && argc > 2));
  int32_t status;
  int to = for_server ? ask(argc, argv) : -1;
  if (to < 0) {
    argv[0] = "python3";
    execv(REAL, argv);
    return 127;
  }
  if (recv(to, &status, sizeof status, MSG_WAITALL) != sizeof status)
    raise(SIGKILL);
  if (WIFSIGNALED(status)) {
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
  }
  _exit(WEXITSTATUS(status));
}
