/* SPDX-License-Identifier: Apache-2.0 */
/* rle show|count FILE: print a run-length coded picture, or how often each character is in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rle.h"

#define FILE_BYTES (4u << 20)

static unsigned char *read_all(const char *path, size_t *size)
{
    unsigned char *data;
    FILE *f = fopen(path, "rb");

    if (!f)
        return NULL;
    data = malloc(FILE_BYTES);
    *size = data ? fread(data, 1, FILE_BYTES, f) : 0;
    fclose(f);
    return data;
}

static void show(const struct picture *pic)
{
    size_t row;

    for (row = 0; row < pic->height; row++) {
        fwrite(pic->pixels + row * pic->width, 1, pic->width, stdout);
        putchar('\n');
    }
}

static void count(const struct picture *pic)
{
    unsigned long seen[256] = {0};
    size_t i;

    for (i = 0; i < pic->cells; i++)
        seen[pic->pixels[i]]++;
    for (i = 0; i < 256; i++)
        if (seen[i])
            printf("%c %lu\n", (int)i, seen[i]);
}

int main(int argc, char **argv)
{
    struct picture pic = {0};
    unsigned char *data;
    size_t size;
    int bad;

    if (argc != 3 || (strcmp(argv[1], "show") && strcmp(argv[1], "count"))) {
        fprintf(stderr, "usage: rle show|count FILE\n");
        return 2;
    }
    data = read_all(argv[2], &size);
    if (!data) {
        fprintf(stderr, "rle: cannot read %s\n", argv[2]);
        return 2;
    }
    bad = unpack(data, size, &pic);
    free(data);
    if (bad) {
        fprintf(stderr, "rle: not a picture\n");
        return 2;
    }
    if (!strcmp(argv[1], "show"))
        show(&pic);
    else
        count(&pic);
    free(pic.pixels);
    return 0;
}
