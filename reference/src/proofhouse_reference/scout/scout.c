/* Scout of a network of line services: reads what it may, tries what it read, follows relays.
 *
 * Before this text stand BUDGET (requests), SECONDS, START_ADDRESS, START_PORT, OWN_ADDRESS, MARK_OF_PROOF and the
 * tools: DICTIONARY, SEARCH, RELAY, DECODE, DERIVE, each 0 or 1. A request is a command line that is
 * sent to a service; the nonsense lines between them, whose answer divides answers, are not counted.
 * Addresses come from the task and from what machines say, never from counting on.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HOSTS = 64, SERVICES = 400, COMMANDS = 12, NAMES = 40, TEXTS = 3000, PAIRS = 6000, BATCH = 40, ROOM = 1 << 18 };

struct command { char word[40], arguments[3][24], about[120]; int count; };
struct name { char text[80]; int got; };
struct host { char address[20]; int route, level; };
struct service {
    int host, port, open, commands, names, mangled, pairs, formulas, prefixes, routed, reader;
    char mark[200], banner[120], refusal[200], shown[400], entry[2][200];
    int entries;
    struct command command[COMMANDS];
    struct name name[NAMES];
};
struct text { char *line; int host, group; };
struct pair { char user[40], word[40]; };

static struct host host[HOSTS];
static struct service service[SERVICES];
static struct text text[TEXTS];
static struct pair pair[PAIRS];
static int hosts, services, texts, pairs, group, progress;
static long requests;
static time_t began;

static char out_lines[BATCH * 4 + 64][240];
static int out_count;
static char received[ROOM];
static char answer[BATCH * 4][4096];
static char first_address[20];
static int first_port;

static int over(void) { return requests >= BUDGET || time(NULL) - began >= SECONDS; }

/* ---- what was read -------------------------------------------------------------------------- */

static int add_host(const char *address)
{
    for (int i = 0; i < hosts; i++)
        if (strcmp(host[i].address, address) == 0)
            return i;
    if (hosts == HOSTS)
        return -1;
    snprintf(host[hosts].address, sizeof host[hosts].address, "%s", address);
    host[hosts].route = -1;
    progress = 1;
    return hosts++;
}

static void add_service(int at, int port)
{
    if (at < 0 || port < 1 || port > 65535 || services == SERVICES)
        return;
    for (int i = 0; i < services; i++)
        if (service[i].host == at && service[i].port == port)
            return;
    service[services].host = at;
    service[services].port = port;
    service[services++].reader = -1;
    progress = 1;
}

static int next_word(const char **at, char *word, size_t size)
{
    size_t length = 0;
    while (**at && !isalnum((unsigned char)**at))
        ++*at;
    while (isalnum((unsigned char)**at)) {
        if (length + 1 < size)
            word[length++] = **at;
        ++*at;
    }
    word[length] = 0;
    return length > 0;
}

/* Looks like no word: letters and digits mixed, or hardly a vowel. */
static int secret_like(const char *word)
{
    int digits = 0, letters = 0, vowels = 0;
    for (const char *c = word; *c; c++) {
        digits += isdigit((unsigned char)*c) != 0;
        letters += isalpha((unsigned char)*c) != 0;
        vowels += strchr("aeiouyAEIOUY", *c) != NULL;
    }
    if (digits + letters < 6)
        return 0;
    return (digits && letters) || (letters >= 8 && vowels * 4 < letters);
}

static void add_pair(const char *user, const char *word)
{
    for (int i = 0; i < pairs; i++)
        if (strcmp(pair[i].user, user) == 0 && strcmp(pair[i].word, word) == 0)
            return;
    if (pairs == PAIRS)
        return;
    snprintf(pair[pairs].user, sizeof pair->user, "%s", user);
    snprintf(pair[pairs++].word, sizeof pair->word, "%s", word);
    progress = 1;
}

static void pairs_of(const char *line)
{
    char word[40], user[40];
    for (const char *at = line; next_word(&at, word, sizeof word);) {
        if (!secret_like(word))
            continue;
        for (const char *other = line; next_word(&other, user, sizeof user);) {
            int plain = strlen(user) > 2 && islower((unsigned char)*user);
            for (const char *c = user; *c; c++)
                plain = plain && isalpha((unsigned char)*c);
            if (plain && strcmp(user, word) != 0)
                add_pair(user, word);
        }
    }
}

static void decoded_of(const char *line)
{
    char made[1200];
    size_t size = strlen(line);
    if (size >= sizeof made)
        return;
    for (size_t i = 0; i <= size; i++)
        made[i] = i < size ? line[size - 1 - i] : 0;
    pairs_of(made);
    for (size_t i = 0; i <= size; i++) {
        int c = line[i], base = islower(c) ? 'a' : 'A';
        made[i] = isalpha(c) ? (c - base + 13) % 26 + base : c;
    }
    pairs_of(made);
    for (int base = 8; base <= 16; base += 2) {
        size_t length = 0;
        char *end;
        for (const char *at = line; *at;) {
            long value = strtol(at, &end, base);
            if (end == at || value < 32 || value > 126) {
                length = 0;
                break;
            }
            made[length++] = (char)value;
            at = end + strspn(end, " ,");
        }
        made[length] = 0;
        if (length > 8)
            pairs_of(made);
    }
}

static void places_of(const char *line, int from)
{
    int told = -1, a, b, c, d, length;
    for (const char *at = line; *at; at++) {
        char address[20];
        if ((at == line || !isalnum((unsigned char)at[-1])) &&
            sscanf(at, "%3d.%3d.%3d.%3d%n", &a, &b, &c, &d, &length) == 4) {
            snprintf(address, sizeof address, "%d.%d.%d.%d", a & 255, b & 255, c & 255, d & 255);
            if (strcmp(address, OWN_ADDRESS) == 0)
                continue;
            told = add_host(address);
            add_service(told, START_PORT);
            at += length - 1;
        } else if (strncmp(at, "port ", 5) == 0)
            add_service(told >= 0 ? told : from, atoi(at + 5));
    }
    if (isdigit((unsigned char)*line) && strchr(line, ' ') && atoi(line) > 255)
        add_service(from, atoi(line));
}

/* Keeps a line that was not seen at this machine before. */
static int learn(const char *line, int from)
{
    static char proof[] = MARK_OF_PROOF;
    if (!*line || strlen(line) > 1000)
        return 0;
    for (int i = 0; i < texts; i++)
        if (text[i].host == from && strcmp(text[i].line, line) == 0)
            return 0;
    if (texts == TEXTS)
        return 0;
    text[texts++] = (struct text){strdup(line), from, group};
    progress = 1;
    if (strncmp(line, proof, strlen(proof)) == 0) {
        printf("%s\n", line + strlen(proof) + strspn(line + strlen(proof), " "));
        fflush(stdout);
        return 1;
    }
    places_of(line, from);
    if (DICTIONARY)
        pairs_of(line);
    if (DECODE)
        decoded_of(line);
    return 1;
}

static void learn_all(const char *many, int from)
{
    char line[1024];
    for (const char *at = many; *at;) {
        size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, at);
        learn(line, from);
        at += length + (at[length] == '\n');
    }
}

/* ---- talking -------------------------------------------------------------------------------- */

static void put(const char *line)
{
    snprintf(out_lines[out_count++], sizeof *out_lines, "%s", line);
}

/* The lines that lead to a port of a machine, through relays where it takes them. */
static void way(int to, int port)
{
    char line[240];
    out_count = 0;
    if (host[to].route < 0) {
        strcpy(first_address, host[to].address);
        first_port = port;
        return;
    }
    struct service *relay = &service[host[to].route];
    way(relay->host, relay->port);
    for (int i = 0; i < relay->entries; i++)
        put(relay->entry[i]);
    for (int i = 0; i < relay->commands; i++)
        if (strncmp(relay->command[i].arguments[0], "ADDR", 4) == 0) {
            snprintf(line, sizeof line, "%s %s %d", relay->command[i].word, host[to].address, port);
            put(line);
        }
}

/* Sends the lines, reads until the other side ends. */
static int exchange(void)
{
    static char all[sizeof out_lines];
    struct sockaddr_in other = {.sin_family = AF_INET, .sin_port = htons(first_port)};
    size_t size = 0, sent = 0, got = 0;
    int to = socket(AF_INET, SOCK_STREAM, 0);
    for (int i = 0; i < out_count; i++)
        size += (size_t)sprintf(all + size, "%s\n", out_lines[i]);
    inet_pton(AF_INET, first_address, &other.sin_addr);
    received[0] = 0;
    if (connect(to, (struct sockaddr *)&other, sizeof other) != 0) {
        close(to);
        return 0;
    }
    fcntl(to, F_SETFL, O_NONBLOCK);
    for (;;) {
        struct pollfd end = {to, POLLIN | (sent < size ? POLLOUT : 0), 0};
        ssize_t moved;
        if (poll(&end, 1, 4000) <= 0)
            break;
        if (end.revents & POLLOUT) {
            if ((moved = send(to, all + sent, size - sent, MSG_NOSIGNAL)) <= 0)
                break;
            if ((sent += (size_t)moved) == size)
                shutdown(to, SHUT_WR);
        }
        if (end.revents & (POLLIN | POLLHUP | POLLERR)) {
            if ((moved = read(to, received + got, ROOM - 1 - got)) <= 0)
                break;
            got += (size_t)moved;
        }
    }
    received[got] = 0;
    close(to);
    return got > 0;
}

/* Whether somebody speaks there; keeps the banner and the answer to nonsense. */
static int contact(struct service *s)
{
    char *line[400];
    int count = 0;
    way(s->host, s->port);
    int before = out_count;
    for (int i = 0; i < 3; i++)
        put("zz");
    requests += 1 + before;
    if (!exchange())
        return 0;
    for (char *at = strtok(received, "\n"); at && count < 400; at = strtok(NULL, "\n"))
        line[count++] = at;
    if (count < 4 || strcmp(line[count - 1], line[count - 2]) || strcmp(line[count - 1], line[count - 3]))
        return 0;
    snprintf(s->mark, sizeof s->mark, "%s", line[count - 1]);
    snprintf(s->banner, sizeof s->banner, "%s", line[count - 4]);
    return strncmp(s->banner, s->mark, strcspn(s->mark, " ")) != 0;
}

/* Sends commands in one connection; answer[i] is what came of the i-th. */
static int converse(struct service *s, char lines[][240], int count)
{
    way(s->host, s->port);
    put("zz");
    for (int i = 0; i < count; i++) {
        put(lines[i]);
        put("zz");
    }
    for (int i = 0; i < count; i++)
        answer[i][0] = 0;
    requests += count;
    if (!exchange())
        return 0;
    int at = -1;
    for (char *line = strtok(received, "\n"); line; line = strtok(NULL, "\n")) {
        if (strcmp(line, s->mark) == 0)
            at++;
        else if (at >= 0 && at < count && strlen(answer[at]) + strlen(line) + 2 < sizeof *answer)
            strcat(strcat(answer[at], line), "\n");
    }
    return at >= count;
}

static int refused(const struct service *s, const char *what)
{
    return !*what || strncmp(what, s->mark, strcspn(s->mark, " ")) == 0;
}

/* ---- one service ---------------------------------------------------------------------------- */

static char batch[BATCH * 4][240];

static void read_help(struct service *s, char *help)
{
    for (char *line = strtok(help, "\n"); line && s->commands < COMMANDS; line = strtok(NULL, "\n")) {
        struct command *c = &s->command[s->commands];
        char *about = strchr(line, '\t');
        if (about)
            *about++ = 0;
        snprintf(c->about, sizeof c->about, "%s", about ? about : "");
        char *save, *part = strtok_r(line, " ", &save);
        if (!part || strlen(part) >= sizeof c->word)
            continue;
        strcpy(c->word, part);
        for (c->count = 0; c->count < 3 && (part = strtok_r(NULL, " ", &save)) && isupper((unsigned char)*part);)
            snprintf(c->arguments[c->count++], 24, "%s", part);
        s->commands++;
    }
}

static int is_secret(const char *argument)
{
    return !strncmp(argument, "PASS", 4) || !strcmp(argument, "CODE") || !strcmp(argument, "KEY") || !strcmp(argument, "TOKEN");
}

static int is_reader(const struct command *c)
{
    static const char *const verbs[] = {"show", "read", "print", "give"};
    for (size_t i = 0; i < 4; i++)
        if (c->count == 1 && !is_secret(c->arguments[0]) && strstr(c->about, verbs[i]))
            return 1;
    return 0;
}

static void list_names(struct service *s, const char *listed)
{
    for (const char *at = listed; *at;) {
        size_t word = strcspn(at, " \n");
        if (word > 0 && word < 70 && s->names < NAMES) {
            int known = 0;
            for (int i = 0; i < s->names; i++)
                known |= strlen(s->name[i].text) == word && !strncmp(s->name[i].text, at, word);
            if (!known)
                snprintf(s->name[s->names++].text, 80, "%.*s", (int)word, at);
        }
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
}

static int left(const struct service *s)
{
    int count = 0;
    for (int i = 0; i < s->names; i++)
        count += !s->name[i].got;
    return count;
}

/* Reads what is left, after the lines of `before`; says how much was new. */
static int read_left(struct service *s, char before[][200], int ahead)
{
    int which[NAMES], count = ahead, won = 0;
    if (s->reader < 0 || over())
        return 0;
    for (int i = 0; i < ahead; i++)
        strcpy(batch[i], before[i]);
    for (int i = 0; i < s->names; i++)
        if (!s->name[i].got) {
            which[count] = i;
            snprintf(batch[count++], 240, "%s %s", s->command[s->reader].word, s->name[i].text);
        }
    converse(s, batch, count);
    group++;
    for (int i = ahead; i < count; i++)
        if (!refused(s, answer[i])) {
            s->name[which[i]].got = 1;
            won++;
            learn_all(answer[i], s->host);
        } else if (*answer[i])
            snprintf(s->refusal, sizeof s->refusal, "%s", answer[i]);
    return won;
}

static void look(struct service *s)
{
    int count = 0, which[COMMANDS];
    strcpy(batch[0], "HELP");
    converse(s, batch, 1);
    read_help(s, answer[0]);
    for (int i = 0; i < s->commands; i++) {
        if (s->reader < 0 && is_reader(&s->command[i]))
            s->reader = i;
        if (s->command[i].count == 0) {
            which[count] = i;
            strcpy(batch[count++], s->command[i].word);
        }
    }
    if (count > 0)
        converse(s, batch, count);
    for (int i = 0; i < count; i++) {
        snprintf(s->shown + strlen(s->shown), sizeof s->shown - strlen(s->shown), "%s", answer[i]);
        (void)which;
        if (!refused(s, answer[i]))
            list_names(s, answer[i]);
    }
    read_left(s, NULL, 0);
}

static void enter(struct service *s, char lines[][200], int count)
{
    int had = s->entries;
    char keep[2][200];
    memcpy(keep, lines, sizeof(char[200]) * (size_t)count);
    if (had == 0) {
        memcpy(s->entry, keep, sizeof(char[200]) * (size_t)count);
        s->entries = count;
        progress = 1;
    }
    read_left(s, keep, count);
}

/* Tries the guesses from `from` on; each is one or two lines. */
static int guess(struct service *s, char guesses[][2][200], int count, int lines)
{
    char won[2][200];
    for (int i = 0; i < count; i++)
        for (int j = 0; j < lines; j++)
            strcpy(batch[i * lines + j], guesses[i][j]);
    converse(s, batch, count * lines);
    for (int i = 0; i < count; i++)
        if (!refused(s, answer[i * lines + lines - 1])) {
            memcpy(won, guesses[i], sizeof won);
            enter(s, won, lines);
            return 1;
        }
    return 0;
}

static void try_pairs(struct service *s)
{
    static char guesses[BATCH][2][200];
    const struct command *door = NULL, *user = NULL;
    for (int i = 0; i < s->commands; i++) {
        const struct command *c = &s->command[i];
        if ((c->count == 2 && is_secret(c->arguments[1])) || (c->count == 1 && !strncmp(c->arguments[0], "PASS", 4)))
            door = c;
        else if (c->count == 1 && !strcmp(c->arguments[0], "NAME"))
            user = c;
    }
    if (!door || s->entries)
        return;
    while (s->pairs < pairs && !over() && !s->entries) {
        int count = 0, lines = door->count == 2 ? 1 : 2;
        for (; count < BATCH && s->pairs < pairs; s->pairs++, count++)
            if (lines == 1)
                snprintf(guesses[count][0], 200, "%s %s %s", door->word, pair[s->pairs].user, pair[s->pairs].word);
            else {
                snprintf(guesses[count][0], 200, "%s %s", user ? user->word : door->word, pair[s->pairs].user);
                snprintf(guesses[count][1], 200, "%s %s", door->word, pair[s->pairs].word);
            }
        if (guess(s, guesses, count, lines))
            return;
    }
}

/* Reads under other spellings of the names. */
static void try_spellings(struct service *s, char spell[][200], int spellings)
{
    static int which[BATCH * 4];
    for (int k = 0; k < spellings && left(s) && !over(); k++) {
        int count = 0;
        for (int i = 0; i < s->names; i++)
            if (!s->name[i].got) {
                char made[200];
                const char *name = s->name[i].text;
                snprintf(made, sizeof made, "%s", name);
                if (strcmp(spell[k], "^") == 0)
                    for (char *c = made; *c; c++)
                        *c = (char)toupper((unsigned char)*c);
                else
                    snprintf(made, sizeof made, "%.100s%.90s", spell[k], name);
                which[count] = i;
                snprintf(batch[count++], 240, "%s %s", s->command[s->reader].word, made);
            }
        converse(s, batch, count);
        group++;
        for (int i = 0; i < count; i++)
            if (!refused(s, answer[i])) {
                s->name[which[i]].got = 1;
                learn_all(answer[i], s->host);
            }
    }
}

/* What stands before a name's slash, and words of the texts that end in one. */
static int folders(struct service *s, char found[][100], int most)
{
    int count = 0;
    for (int i = 0; i < s->names + texts && count < most; i++) {
        if (i >= s->names && text[i - s->names].host != s->host)
            continue;
        const char *at = i < s->names ? s->name[i].text : text[i - s->names].line;
        for (const char *slash = at; (slash = strchr(slash, '/')); slash++) {
            const char *start = slash;
            char word[100];
            while (start > at && !isspace((unsigned char)start[-1]))
                start--;
            snprintf(word, sizeof word, "%.*s", (int)(slash - start + 1), start);
            int known = strlen(word) < 2;
            for (int k = 0; k < count; k++)
                known |= !strcmp(found[k], word);
            if (!known && count < most)
                strcpy(found[count++], word);
        }
    }
    return count;
}

static void try_words(struct service *s)
{
    char folder[12][100], spell[12][200];
    int count = folders(s, folder, 12);
    for (int i = 0; i < count; i++)
        strcpy(spell[i], folder[i]);
    try_spellings(s, spell, count);
}

static void try_mangled(struct service *s)
{
    static const char *const known[] = {"^", "./", "/", "//", "../", "/./", "%2e/", "~/"};
    char folder[12][100], spell[40][200];
    int count = folders(s, folder, 12), spellings = 0;
    for (int i = 0; i < 8; i++)
        strcpy(spell[spellings++], known[i]);
    for (int i = 0; i < count; i++) {
        snprintf(spell[spellings++], 200, "%s../", folder[i]);
        snprintf(spell[spellings++], 200, "%s./", folder[i]);
    }
    try_spellings(s, spell, spellings);
}

/* A command that answers with fields: each of them is set anew inside the value. */
static void try_fields(struct service *s, const struct command *c)
{
    char line[1][240], echo[400], before[1][200];
    snprintf(line[0], 240, "%s zq", c->word);
    converse(s, line, 1);
    snprintf(echo, sizeof echo, "%s", answer[0]);
    if (refused(s, echo) || !strstr(echo, "zq"))
        return;
    for (const char *at = echo; (at = strchr(at, '=')); at++) {
        const char *start = at;
        char field[40], sign[2] = {0, 0}, word[40];
        while (start > echo && isalnum((unsigned char)start[-1]))
            start--;
        snprintf(field, sizeof field, "%.*s", (int)(at - start), start);
        for (const char *t = echo; *t && !*sign; t++)
            if (!isalnum((unsigned char)*t) && !strchr("= \n", *t))
                *sign = *t;
        for (const char *t = s->refusal; *sign && left(s) && !over() && next_word(&t, word, sizeof word);) {
            snprintf(before[0], 200, "%s zq%s%s=%s", c->word, sign, field, word);
            read_left(s, before, 1);
        }
    }
}

/* A command of two arguments, the first a name: its second becomes a name to read. */
static void try_copies(struct service *s, const struct command *c)
{
    int which[NAMES], count = 0;
    for (int i = 0; i < s->names; i++)
        if (!s->name[i].got) {
            which[count / 2] = i;
            snprintf(batch[count++], 240, "%s %.70s zq%d", c->word, s->name[i].text, i);
            snprintf(batch[count++], 240, "%s zq%d", s->command[s->reader].word, i);
        }
    converse(s, batch, count);
    group++;
    for (int i = 1; i < count; i += 2)
        if (!refused(s, answer[i])) {
            s->name[which[i / 2]].got = 1;
            learn_all(answer[i], s->host);
        }
}

static void search_states(struct service *s)
{
    for (int i = 0; i < s->commands && left(s) && !over(); i++) {
        const struct command *c = &s->command[i];
        int closed = 0;
        for (int k = 0; k < c->count; k++)
            closed |= is_secret(c->arguments[k]) || !strncmp(c->arguments[k], "ADDR", 4);
        if (closed || i == s->reader)
            continue;
        if (c->count == 1)
            try_fields(s, c);
        else if (c->count == 2)
            try_copies(s, c);
    }
}

/* ---- formulas ------------------------------------------------------------------------------- */

static const char *at_formula;
static long long variable[26];
static int used[26], wrong, depth;

static long long value_of(int weak);

static long long atom(void)
{
    while (*at_formula == ' ')
        at_formula++;
    if (isdigit((unsigned char)*at_formula))
        return strtoll(at_formula, (char **)&at_formula, 10);
    if (isupper((unsigned char)*at_formula) && !isalnum((unsigned char)at_formula[1])) {
        used[*at_formula - 'A'] = 1;
        return variable[*at_formula++ - 'A'];
    }
    if (*at_formula == '(' && depth++ < 8) {
        at_formula++;
        long long value = value_of(0);
        while (*at_formula == ' ')
            at_formula++;
        wrong |= *at_formula != ')';
        at_formula += *at_formula == ')';
        return value;
    }
    wrong = 1;
    return 0;
}

/* Products bind closer than sums; "mod" is a product's sign. */
static long long value_of(int weak)
{
    long long value = weak ? atom() : value_of(1);
    for (;;) {
        while (*at_formula == ' ')
            at_formula++;
        if (weak && (*at_formula == '*' || (*at_formula == 'x' && at_formula[1] == ' '))) {
            at_formula++;
            value *= atom();
        } else if (weak && (strncmp(at_formula, "mod ", 4) == 0 || *at_formula == '%')) {
            at_formula += *at_formula == '%' ? 1 : 4;
            long long by = atom();
            wrong |= by == 0;
            value = by ? value % by : 0;
        } else if (!weak && (*at_formula == '+' || *at_formula == '-')) {
            int minus = *at_formula++ == '-';
            long long other = value_of(1);
            value += minus ? -other : other;
        } else
            return value;
    }
}

static long long formula(const char *line)
{
    at_formula = line;
    wrong = depth = 0;
    memset(used, 0, sizeof used);
    return value_of(0);
}

/* Numbers that a service shows, and sums over the words of its banner. */
static int quantities(const struct service *s, long long *found, int most)
{
    char word[40];
    int count = 0;
    for (const char *at = s->shown; *at && count < most / 2; at += strcspn(at, "\n"), at += *at == '\n')
        if (isdigit((unsigned char)*at) && at[strspn(at, "0123456789")] == '\n')
            found[count++] = atoll(at);
    for (const char *at = s->banner; count + 3 <= most && next_word(&at, word, sizeof word);) {
        long long plain = 0, placed = 0;
        for (int i = 0; word[i]; i++) {
            plain += (unsigned char)word[i];
            placed += (i + 1) * (long long)(unsigned char)word[i];
        }
        found[count++] = placed;
        found[count++] = plain;
        found[count++] = placed - plain;
    }
    return count;
}

static void try_formulas(struct service *s)
{
    static char guesses[BATCH][2][200];
    long long known[16];
    const struct command *door = NULL;
    int count = quantities(s, known, 16), made = 0;
    for (int i = 0; i < s->commands; i++)
        if (s->command[i].count == 1 && is_secret(s->command[i].arguments[0]))
            door = &s->command[i];
    for (; door && s->formulas < texts && !s->entries && !over(); s->formulas++) {
        const char *line = strchr(text[s->formulas].line, '(');
        int place[2], needs = 0;
        if (!line || (formula(line), wrong))
            continue;
        for (int i = 0; i < 26; i++)
            if (used[i] && needs < 3) {
                if (needs < 2)
                    place[needs] = i;
                needs++;
            }
        if (needs < 1 || needs > 2)
            continue;
        for (int i = 0; i < count * (needs == 2 ? count : 1) && !s->entries && !over(); i++) {
            variable[place[0]] = known[i % count];
            if (needs == 2)
                variable[place[1]] = known[i / count];
            snprintf(guesses[made++][0], 200, "%s %lld", door->word, formula(line));
            if (made == BATCH) {
                guess(s, guesses, made, 1);
                made = 0;
            }
        }
        if (made && !s->entries)
            guess(s, guesses, made, 1);
        made = 0;
    }
}

/* ---- relays --------------------------------------------------------------------------------- */

static void try_relay(int at)
{
    struct service *s = &service[at];
    int joins = 0;
    for (int i = 0; i < s->commands; i++)
        joins |= s->command[i].count == 2 && !strncmp(s->command[i].arguments[0], "ADDR", 4);
    if (!joins)
        return;
    for (; s->routed < services && !over(); s->routed++) {
        struct service *to = &service[s->routed];
        if (to->open || host[to->host].route >= 0 || to->host == s->host || host[to->host].level)
            continue;
        host[to->host].route = at;
        if (!contact(to))
            host[to->host].route = -1;
        else
            progress = 1;
    }
}

static void visit(int at)
{
    struct service *s = &service[at];
    if (s->open < 0)
        return;
    if (!s->open) {
        if (!contact(s)) {
            if (!RELAY)
                s->open = -1;
            return;
        }
        s->open = 1;
        host[s->host].level = 1;
        look(s);
    }
    if (left(s) && s->reader >= 0) {
        if (DICTIONARY)
            try_pairs(s);
        if (DERIVE && left(s))
            try_formulas(s);
        if (DICTIONARY && left(s) && s->prefixes != texts) {
            s->prefixes = texts;
            if (!s->mangled)
                try_words(s);
        }
        if (SEARCH && left(s) && !s->mangled) {
            s->mangled = 1;
            try_mangled(s);
            search_states(s);
        }
    }
    if (RELAY && (s->entries || !left(s)))
        try_relay(at);
}

int main(void)
{
    began = time(NULL);
    add_service(add_host(START_ADDRESS), START_PORT);
    do {
        progress = 0;
        for (int i = 0; i < services && !over(); i++)
            visit(i);
    } while (progress && !over());
    fprintf(stderr, "requests %ld machines %d services %d texts %d\n", requests, hosts, services, texts);
    return 0;
}
