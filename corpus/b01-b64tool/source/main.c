/* SPDX-License-Identifier: Apache-2.0 */
/* b64tool encode|decode|check FILE: base64 to and from bytes; check prints count and sum. */
#include <stdio.h>
#include <string.h>

#include "b64.h"

static int refuse(FILE *f, const char *why)
{
    fprintf(stderr, "b64tool: %s\n", why);
    fclose(f);
    return 2;
}

/* Read a line into line; 1 if there is one, 0 at the end, -1 if it is too long to read. */
static int next_line(FILE *f, char line[LINE_TEXT])
{
    if (fgets(line, LINE_TEXT, f)) {
        if (!strchr(line, '\n') && !feof(f))
            return -1;
        line[strcspn(line, "\r\n")] = 0;
        return 1;
    }
    return 0;
}

static int encode(FILE *f)
{
    unsigned char bytes[LINE_BYTES];
    char text[80];
    size_t n;

    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0) {
        encode_line(bytes, n, text);
        puts(text);
    }
    fclose(f);
    return 0;
}

static int decode(FILE *f)
{
    unsigned char bytes[LINE_BYTES];
    char line[LINE_TEXT];
    int got, n;

    while ((got = next_line(f, line)) > 0) {
        n = decode_line(line, bytes);
        if (n < 0)
            return refuse(f, "bad line");
        fwrite(bytes, 1, (size_t)n, stdout);
    }
    if (got < 0)
        return refuse(f, "line too long");
    fclose(f);
    return 0;
}

static int check(FILE *f)
{
    unsigned char group[LINE_BYTES];
    char line[LINE_TEXT];
    unsigned long sum = 0, total = 0;
    int got, i, n;

    while ((got = next_line(f, line)) > 0) {
        n = decode_line(line, group);
        if (n < 0)
            return refuse(f, "bad line");
        for (i = 0; i < n; i++)
            sum += group[i];
        total += (unsigned long)n;
    }
    if (got < 0)
        return refuse(f, "line too long");
    printf("%lu bytes, sum %lu\n", total, sum);
    fclose(f);
    return 0;
}

int main(int argc, char **argv)
{
    FILE *f;

    if (argc != 3 || !(f = fopen(argv[2], "rb"))) {
        fprintf(stderr, "usage: b64tool encode|decode|check FILE\n");
        return 2;
    }
    if (!strcmp(argv[1], "encode"))
        return encode(f);
    if (!strcmp(argv[1], "decode"))
        return decode(f);
    if (!strcmp(argv[1], "check"))
        return check(f);
    return refuse(f, "unknown command");
}
