/* SPDX-License-Identifier: Apache-2.0 */
/* inied FILE: the file has commands, a line "---", and an INI text. Carries out the commands and
 * prints the text as it is then.
 *
 *     get SECTION.KEY          print the value
 *     set SECTION.KEY VALUE    change the value (it may be empty)
 *     del SECTION.KEY          delete the line
 */
#include <stdio.h>
#include <string.h>

#include "text.h"

static int refuse(const char *why, const char *what)
{
    fprintf(stderr, "inied: %s: %s\n", why, what);
    return 2;
}

static int carry_out(struct text *t, char *line)
{
    char *name, *key, *value;
    struct place at;

    if (strlen(line) < 5 || line[3] != ' ')
        return refuse("not a command", line);
    line[3] = 0;
    name = line + 4;
    value = strchr(name, ' ');
    if (value)
        *value++ = 0;
    key = strchr(name, '.');
    if (!key)
        return refuse("no section in", name);
    *key++ = 0;
    if (find(t, name, key, &at))
        return refuse("no such key", key);
    if (!strcmp(line, "get")) {
        printf("%.*s\n", (int)(at.end - at.value), t->data + at.value);
    } else if (!strcmp(line, "set") && value) {
        if (replace(t, at.value, at.end, value, strlen(value)))
            return refuse("text too long for", key);
    } else if (!strcmp(line, "del")) {
        size_t end = at.end < t->length ? at.end + 1 : at.end;

        if (replace(t, at.line, end, "", 0))
            return refuse("cannot delete", key);
    } else {
        return refuse("not a command", line);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static char input[2 * TEXT_LIMIT];
    static struct text text;
    char *commands = input, *end, *body;
    FILE *f;
    int status = 0;

    if (argc != 2 || !(f = fopen(argv[1], "rb"))) {
        fprintf(stderr, "usage: inied FILE\n");
        return 2;
    }
    input[fread(input, 1, sizeof input - 1, f)] = 0;
    fclose(f);
    body = strstr(input, "---\n");
    if (!body || (body > input && body[-1] != '\n'))
        return refuse("no line of ---", argv[1]);
    *body = 0;
    if (replace(&text, 0, 0, body + 4, strlen(body + 4)))
        return refuse("text too long", argv[1]);
    while (*commands && !status) {
        end = strchr(commands, '\n');
        *end = 0;
        status = carry_out(&text, commands);
        commands = end + 1;
    }
    if (!status)
        fwrite(text.data, 1, text.length, stdout);
    return status;
}
