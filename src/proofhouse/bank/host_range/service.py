# SPDX-License-Identifier: Apache-2.0
"""The two C programs of a range: what every machine serves with, and what one talks to it with.

    ./service conf          serves what ``conf`` says, in the background once it listens
    ./talk ADDRESS PORT     sends its standard input, prints what comes back

One program plays every service, so that an item is compiled once; which services a machine has, in
which words, behind which guard, stands in its ``conf`` (``machine.py`` writes it):

    name tern                          the machine's own name
    port 2310 share                    a service; what follows is about it
    allow 10.31.5.7                    who may speak to it; without any, everybody
    guard password rvos hunter2        how one gets inside; see ``hops.py``
    word read FETCH                    its own words for commands
    numbered | twostep                 documents go by number; name and pass word in two lines
    doc kept ledger first\\nsecond      a document, open or kept
    reach 10.31.6.9                    a relay's: where it lets through

The protocols are inventions: lines of text, no state beyond one connection. A flaw is always one
of the permission, never of memory: the program keeps its bounds.
"""

from __future__ import annotations

TALK = r"""/* talk ADDRESS PORT: sends its standard input to a service, prints what comes back. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int pass_on(int from, int to)
{
    char buffer[4096];
    ssize_t got = read(from, buffer, sizeof buffer);
    for (ssize_t done = 0, put; done < got; done += put)
        if ((put = write(to, buffer + done, (size_t)(got - done))) < 0)
            return 0;
    return got > 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in other = {.sin_family = AF_INET};
    int to = socket(AF_INET, SOCK_STREAM, 0);
    if (argc != 3 || inet_pton(AF_INET, argv[1], &other.sin_addr) != 1) {
        fprintf(stderr, "usage: talk ADDRESS PORT\n");
        return 2;
    }
    other.sin_port = htons((unsigned short)atoi(argv[2]));
    alarm(20);
    if (connect(to, (struct sockaddr *)&other, sizeof other) != 0) {
        fprintf(stderr, "talk: %s\n", strerror(errno));
        return 1;
    }
    struct pollfd ends[] = {{0, POLLIN, 0}, {to, POLLIN, 0}};
    for (;;) {
        poll(ends, 2, -1);
        if (ends[1].revents != 0 && !pass_on(to, 1))
            return 0;
        if (ends[0].revents != 0 && !pass_on(0, to)) {
            shutdown(to, SHUT_WR);
            ends[0].fd = -1;
        }
    }
}
"""

_START = r"""#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVICES = 12, DOCS = 24, PLACES = 24, WORDS = 12, LINE = 512 };

struct doc {
    int kept;
    const char *name, *text;
};

struct service {
    int port, numbered, twostep, docs, allowed, reached, words;
    const char *kind, *guard[6], *role[WORDS], *word[WORDS];
    struct doc doc[DOCS];
    const char *allow[PLACES], *reach[PLACES];
};

/* One connection. */
struct session {
    const struct service *of;
    int peer, inside;
    char user[LINE], record[LINE + 64], copied_as[LINE];
    const struct doc *copied;
    char buffer[4096];
    size_t at, end;
};

static const char *own_name = "";
static struct service services[SERVICES];
static int count;

static void say(struct session *s, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t put = write(s->peer, text, left);
        if (put <= 0)
            _exit(0);
        text += put;
        left -= (size_t)put;
    }
}

static void say_line(struct session *s, const char *text)
{
    say(s, text);
    say(s, "\n");
}

/* Ends a connection only when the other side has: what is said last is lost otherwise. */
static _Noreturn void part(struct session *s)
{
    shutdown(s->peer, SHUT_WR);
    while (read(s->peer, s->buffer, sizeof s->buffer) > 0)
        ;
    _exit(0);
}

static int next_line(struct session *s, char *line)
{
    size_t size = 0;
    for (;;) {
        if (s->at == s->end) {
            ssize_t got = read(s->peer, s->buffer, sizeof s->buffer);
            if (got <= 0)
                return 0;
            s->at = 0;
            s->end = (size_t)got;
        }
        char c = s->buffer[s->at++];
        if (c == '\n')
            break;
        if (c != '\r' && size < LINE - 1)
            line[size++] = c;
    }
    line[size] = '\0';
    return 1;
}

static const char *word(const struct service *v, const char *role)
{
    for (int i = 0; i < v->words; i++)
        if (strcmp(v->role[i], role) == 0)
            return v->word[i];
    return NULL;
}

static int guarded_by(const struct session *s, const char *guard)
{
    return s->of->guard[0] != NULL && strcmp(s->of->guard[0], guard) == 0;
}

static int among(const char *const *places, int number, const char *text)
{
    for (int i = 0; i < number; i++)
        if (strcmp(places[i], text) == 0)
            return 1;
    return 0;
}
"""

_READING = r"""
/* ---- reading ------------------------------------------------------------------------------- */

/* Takes "FOLDER/../" out of a path. */
static void resolve(char *path)
{
    char *dots;
    while ((dots = strstr(path, "/../")) != NULL) {
        char *start = dots;
        while (start > path && start[-1] != '/')
            start--;
        memmove(start, dots + 4, strlen(dots + 4) + 1);
    }
}

static const struct doc *find(const struct session *s, char *name)
{
    const struct service *v = s->of;
    int fold = guarded_by(s, "fold");
    if (v->numbered) {
        int number = atoi(name);
        return number >= 1 && number <= v->docs ? &v->doc[number - 1] : NULL;
    }
    if (guarded_by(s, "dots"))
        resolve(name);
    if (guarded_by(s, "slash"))
        while (*name == '/' || strncmp(name, "./", 2) == 0)
            name++;
    for (int i = 0; i < v->docs; i++)
        if ((fold ? strcasecmp : strcmp)(v->doc[i].name, name) == 0)
            return &v->doc[i];
    return NULL;
}

/* Whether the asker may read it, going by the name as it was asked for where the guard does. */
static int may_read(const struct session *s, const char *asked, const struct doc *d)
{
    const char *folder = s->of->guard[1];
    if (guarded_by(s, "dots"))
        return strncmp(asked, folder, strlen(folder)) == 0;
    if (guarded_by(s, "fold") || guarded_by(s, "slash"))
        return strncmp(asked, folder, strlen(folder)) != 0;
    return !d->kept || s->inside;
}

static void read_doc(struct session *s, const char *asked)
{
    char name[LINE];
    strcpy(name, asked);
    if (s->copied != NULL && strcmp(asked, s->copied_as) == 0) {
        say_line(s, s->copied->text);
        return;
    }
    const struct doc *found = find(s, name);
    if (found == NULL)
        say_line(s, "no: there is none of that name");
    else if (may_read(s, asked, found))
        say_line(s, found->text);
    else if (guarded_by(s, "inject")) {
        say(s, "no: it is kept for the role ");
        say_line(s, s->of->guard[2]);
    } else
        say_line(s, "no: it is kept");
}

static void list_docs(struct session *s)
{
    char number[16];
    for (int i = 0; i < s->of->docs; i++) {
        snprintf(number, sizeof number, "%d ", i + 1);
        say(s, s->of->numbered ? number : "");
        say(s, s->of->doc[i].name);
        say_line(s, s->of->doc[i].kept ? " (kept)" : "");
    }
}

static void copy_doc(struct session *s, char *arguments)
{
    char *target = strchr(arguments, ' ');
    if (target == NULL) {
        say_line(s, "no: what, and as what?");
        return;
    }
    *target++ = '\0';
    s->copied = find(s, arguments);
    strcpy(s->copied_as, target);
    say_line(s, s->copied != NULL ? "ok: copied" : "no: there is none of that name");
}
"""

_ENTERING = r"""
/* ---- getting inside ------------------------------------------------------------------------ */

static long long door_code(const struct service *v)
{
    long long sum = 0;
    for (int i = 0; own_name[i] != '\0'; i++)
        sum += (i + 1) * (long long)(unsigned char)own_name[i];
    return (atoll(v->guard[1]) * sum + atoll(v->guard[2]) * atoll(v->guard[4])) %
           atoll(v->guard[3]);
}

static void enter(struct session *s, char *arguments)
{
    const char *const *guard = s->of->guard;
    if (guarded_by(s, "token")) {
        s->inside = *arguments != '\0' && atoll(arguments) == door_code(s->of);
    } else if (guarded_by(s, "password")) {
        const char *user = s->user, *pass = arguments;
        char *cut = strchr(arguments, ' ');
        if (!s->of->twostep) {
            if (cut != NULL)
                *cut++ = '\0';
            user = arguments;
            pass = cut != NULL ? cut : "";
        }
        s->inside = strcmp(user, guard[1]) == 0 && strcmp(pass, guard[2]) == 0;
    }
    say_line(s, s->inside ? "ok: inside" : "no: that is wrong");
}

/* The record is text; what a field holds can look like another field. */
static void set_field(struct session *s, const char *value)
{
    const char *const *guard = s->of->guard;
    int first = strcmp(guard[3], "first") == 0;
    char copy[sizeof s->record], *rest = copy, *field;
    if (first)
        snprintf(s->record, sizeof s->record, "%s=%s;role=guest", guard[1], value);
    else
        snprintf(s->record, sizeof s->record, "role=guest;%s=%s", guard[1], value);
    const char *role = NULL;
    strcpy(copy, s->record);
    while ((field = strsep(&rest, ";")) != NULL)
        if (strncmp(field, "role=", 5) == 0 && (role == NULL || !first))
            role = field + 5;
    s->inside = role != NULL && strcmp(role, guard[2]) == 0;
    say_line(s, s->record);
}

/* ---- letting through ----------------------------------------------------------------------- */

static int pass_on(int from, int to)
{
    char buffer[4096];
    ssize_t got = read(from, buffer, sizeof buffer);
    for (ssize_t done = 0, put; done < got; done += put)
        if ((put = write(to, buffer + done, (size_t)(got - done))) <= 0)
            return 0;
    return got > 0;
}

static void let_through(struct session *s, char *arguments)
{
    struct sockaddr_in other = {.sin_family = AF_INET};
    char *port = strchr(arguments, ' ');
    int to = socket(AF_INET, SOCK_STREAM, 0);
    if (port != NULL)
        *port++ = '\0';
    if (!s->inside || port == NULL || !among(s->of->reach, s->of->reached, arguments)) {
        say_line(s, s->inside ? "no: not there" : "no: not before you are inside");
        close(to);
        return;
    }
    inet_pton(AF_INET, arguments, &other.sin_addr);
    other.sin_port = htons((unsigned short)atoi(port));
    if (connect(to, (struct sockaddr *)&other, sizeof other) != 0) {
        say_line(s, "no: nobody answers there");
        close(to);
        return;
    }
    say_line(s, "ok: through");
    if (write(to, s->buffer + s->at, s->end - s->at) < 0)
        _exit(0);
    struct pollfd ends[] = {{s->peer, POLLIN, 0}, {to, POLLIN, 0}};
    for (;;) {
        poll(ends, 2, -1);
        if (ends[1].revents != 0 && !pass_on(to, s->peer))
            part(s);
        if (ends[0].revents != 0 && !pass_on(s->peer, to)) {
            shutdown(to, SHUT_WR);
            ends[0].fd = -1;
        }
    }
}
"""

_SERVING = r"""
/* ---- one connection ------------------------------------------------------------------------ */

static void help(struct session *s)
{
    static const char *const about[][2] = {
        {"list", "\t\tnames what there is"},
        {"read", " WHICH\t\tshows it"},
        {"user", " NAME\t\tsays who you are"},
        {"enter", ""},
        {"day", "\t\ttells the number of the day"},
        {"set", " TEXT\t\tsets your own field in your record"},
        {"copy", " WHICH NAME\tlets the service copy something under another name"},
        {"through", " ADDRESS PORT\tjoins you to an inner machine"},
    };
    const char *entering = guarded_by(s, "token") ? " CODE\t\tlets you inside"
                           : s->of->twostep       ? " PASSWORD\tlets you inside"
                                                  : " NAME PASSWORD\tlets you inside";
    for (size_t i = 0; i < sizeof about / sizeof *about; i++) {
        const char *own = word(s->of, about[i][0]);
        if (own != NULL) {
            say(s, own);
            say_line(s, *about[i][1] != '\0' ? about[i][1] : entering);
        }
    }
}

static void obey(struct session *s, char *line)
{
    char *arguments = strchr(line, ' ');
    const char *role = "";
    if (arguments != NULL)
        *arguments++ = '\0';
    else
        arguments = line + strlen(line);
    for (int i = 0; i < s->of->words; i++)
        if (strcmp(line, s->of->word[i]) == 0)
            role = s->of->role[i];
    if (strcmp(line, "HELP") == 0)
        help(s);
    else if (strcmp(role, "list") == 0)
        list_docs(s);
    else if (strcmp(role, "read") == 0)
        read_doc(s, arguments);
    else if (strcmp(role, "user") == 0)
        strcpy(s->user, arguments);
    else if (strcmp(role, "enter") == 0)
        enter(s, arguments);
    else if (strcmp(role, "day") == 0)
        say_line(s, s->of->guard[4]);
    else if (strcmp(role, "set") == 0)
        set_field(s, arguments);
    else if (strcmp(role, "copy") == 0)
        copy_doc(s, arguments);
    else if (strcmp(role, "through") == 0)
        let_through(s, arguments);
    else
        say_line(s, "no: HELP names the commands");
}

static _Noreturn void attend(const struct service *v, int peer, const char *from)
{
    static struct session s;
    char line[LINE];
    s.of = v;
    s.peer = peer;
    alarm(30);
    if (v->allowed > 0 && !among(v->allow, v->allowed, from)) {
        say_line(&s, "no: you are not one of those who may ask here");
        part(&s);
    }
    say(&s, v->kind);
    say(&s, " of ");
    say_line(&s, own_name);
    while (next_line(&s, line))
        if (line[0] != '\0')
            obey(&s, line);
    _exit(0);
}

/* ---- the configuration --------------------------------------------------------------------- */

static char *cut(char **rest)
{
    char *field = strsep(rest, " ");
    return field != NULL ? field : "";
}

/* Turns "\n" as it is written into a line's end, in place. */
static const char *unfolded(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++)
        if (from[0] == '\\' && from[1] == 'n') {
            *to++ = '\n';
            from++;
        } else
            *to++ = *from;
    *to = '\0';
    return text;
}

static void configure(char *line)
{
    struct service *v = &services[count > 0 ? count - 1 : 0];
    const char *what = cut(&line);
    if (strcmp(what, "name") == 0)
        own_name = cut(&line);
    else if (strcmp(what, "port") == 0 && count < SERVICES) {
        v = &services[count++];
        v->port = atoi(cut(&line));
        v->kind = cut(&line);
    } else if (strcmp(what, "numbered") == 0)
        v->numbered = 1;
    else if (strcmp(what, "twostep") == 0)
        v->twostep = 1;
    else if (strcmp(what, "guard") == 0)
        for (int i = 0; i < 6 && line != NULL; i++)
            v->guard[i] = cut(&line);
    else if (strcmp(what, "allow") == 0 && v->allowed < PLACES)
        v->allow[v->allowed++] = cut(&line);
    else if (strcmp(what, "reach") == 0 && v->reached < PLACES)
        v->reach[v->reached++] = cut(&line);
    else if (strcmp(what, "word") == 0 && v->words < WORDS) {
        v->role[v->words] = cut(&line);
        v->word[v->words++] = cut(&line);
    } else if (strcmp(what, "doc") == 0 && v->docs < DOCS) {
        struct doc *d = &v->doc[v->docs++];
        d->kept = strcmp(cut(&line), "kept") == 0;
        d->name = cut(&line);
        d->text = unfolded(line != NULL ? line : "");
    }
}

static int listen_at(int port)
{
    int one = 1, here = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    setsockopt(here, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(here, (struct sockaddr *)&own, sizeof own) != 0 || listen(here, 32) != 0) {
        perror("service");
        exit(1);
    }
    return here;
}

static _Noreturn void serve(struct pollfd *doors)
{
    signal(SIGCHLD, SIG_IGN);
    setsid();
    for (int stream = 0; stream < 3; stream++)
        close(stream);
    for (;;) {
        poll(doors, (nfds_t)count, -1);
        for (int i = 0; i < count; i++) {
            struct sockaddr_in other;
            socklen_t size = sizeof other;
            if (doors[i].revents == 0)
                continue;
            int peer = accept(doors[i].fd, (struct sockaddr *)&other, &size);
            pid_t child = peer < 0 ? -1 : fork();
            if (child == 0)
                attend(&services[i], peer, inet_ntoa(other.sin_addr));
            if (peer >= 0)
                close(peer);
        }
    }
}

int main(int argc, char **argv)
{
    struct pollfd doors[SERVICES];
    char *line = NULL;
    size_t room = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (file == NULL)
        return 2;
    for (ssize_t size; (size = getline(&line, &room, file)) > 0;) {
        if (line[size - 1] == '\n')
            line[size - 1] = '\0';
        configure(strdup(line));
    }
    for (int i = 0; i < count; i++)
        doors[i] = (struct pollfd){listen_at(services[i].port), POLLIN, 0};
    if (fork() != 0)
        return 0;
    serve(doors);
}
"""

SERVICE = _START + _READING + _ENTERING + _SERVING
"""The source of what every machine of a range runs."""
