/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives a generated plant with random requests, inside one process: how often does it leave?
 *
 *     drive EXECUTIONS SEED TICKS UNIT WORD_BASE WORDS COIL_BASE COILS SAMPLE [VALUE …]
 *
 * Each execution is a fresh plant under a fresh seed, and requests at random ticks, some of them
 * repeated every few ticks to the end. Values are small, VALUEs, their neighbours, or any.
 * With SAMPLE "-" these are 4 to 24 requests, and it prints how many executions left the envelope.
 * Else one to four requests are put into those of the file SAMPLE, half of them right after one of
 * its own; it stops at the first execution that leaves under three more seeds too, and prints its
 * number, or 0. Names come from -D options.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include HEADER

struct one {
    unsigned tick, every;
    size_t size;
    uint8_t frame[32];
};

static uint64_t state;
static unsigned ticks, unit, word_base, words, coil_base, coils, values[256], value_count;
static struct one sample[64];
static int sample_count;

static unsigned below(unsigned bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 11) % bound);
}

static unsigned value(void)
{
    switch (below(8)) {
    case 0:
        return below(10);
    case 1:
        return 0xffff - below(5000);
    case 2:
        return below(0x10000);
    case 3:
        return value_count ? (values[below(value_count)] + 0xffff + below(3)) & 0xffff : 0;
    default:
        return value_count ? values[below(value_count)] & 0xffff : below(0x10000);
    }
}

static void put(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void draw(struct one *to)
{
    unsigned kind = below(16), count = 1 + below(4);

    to->tick = below(3) ? below(40) : below(ticks);
    if (sample_count && below(2))
        to->tick = sample[below((unsigned)sample_count)].tick + below(3);
    to->every = below(3) ? 0 : 1 + below(12);
    to->frame[0] = below(8) ? (uint8_t)unit : 0;
    to->size = 6;
    if (kind < 6) {
        to->frame[1] = 6;
        put(to->frame + 2, word_base + below(below(8) ? words : 2 * words + 8));
        put(to->frame + 4, value());
    } else if (kind < 11) {
        to->frame[1] = 5;
        put(to->frame + 2, coil_base + below(coils));
        put(to->frame + 4, below(4) ? 0xff00 : 0);
    } else if (kind < 13) {
        to->frame[1] = (uint8_t)(1 + below(4));
        put(to->frame + 2, word_base);
        put(to->frame + 4, 1);
    } else if (kind < 15) {
        to->frame[1] = 16;
        put(to->frame + 2, word_base + below(words));
        put(to->frame + 4, count);
        to->frame[6] = (uint8_t)(2 * count);
        for (unsigned k = 0; k < count; k++)
            put(to->frame + 7 + 2 * k, value());
        to->size = 7 + 2 * count;
    } else {
        to->frame[1] = 15;
        put(to->frame + 2, coil_base + below(coils));
        put(to->frame + 4, count);
        to->frame[6] = 1;
        to->frame[7] = (uint8_t)below(16);
        to->size = 8;
    }
}

static int leaves(const struct one *all, int count, uint32_t seed)
{
    static struct CONTEXT context;
    struct plant plant;
    uint8_t out[300];

    PLANT_OPEN(&plant, seed);
    OPEN(&context);
    for (unsigned tick = 0; tick < ticks && !plant.LEFT; tick++) {
        for (int k = 0; k < count; k++)
            if (all[k].tick == tick ||
                (all[k].every && tick > all[k].tick && (tick - all[k].tick) % all[k].every == 0))
                REQUEST(&context, all[k].frame, all[k].size, out);
        SCAN(&context, &plant);
        PLANT_STEP(&plant, context.DRIVE, context.RELIEF);
    }
    return plant.LEFT;
}

static void read_sample(const char *path)
{
    FILE *file = fopen(path, "r");
    char hex[600];

    while (file && sample_count < 64 && fscanf(file, "at %u %599s ", &sample[sample_count].tick, hex) == 2) {
        struct one *to = &sample[sample_count++];

        for (to->size = 0; to->size < sizeof to->frame; to->size++)
            if (sscanf(hex + 2 * to->size, "%2hhx", &to->frame[to->size]) != 1)
                break;
    }
}

int main(int argc, char **argv)
{
    unsigned executions, left = 0;
    struct one all[64 + 24];

    if (argc < 10)
        return 2;
    executions = (unsigned)atoi(argv[1]);
    state = strtoull(argv[2], NULL, 10) * 0x9e3779b97f4a7c15u | 1;
    ticks = (unsigned)atoi(argv[3]);
    unit = (unsigned)atoi(argv[4]);
    word_base = (unsigned)atoi(argv[5]);
    words = (unsigned)atoi(argv[6]);
    coil_base = (unsigned)atoi(argv[7]);
    coils = (unsigned)atoi(argv[8]);
    read_sample(argv[9]);
    for (int k = 10; k < argc && value_count < 256; k++)
        values[value_count++] = (unsigned)strtoul(argv[k], NULL, 0);
    for (unsigned at = 1; at <= executions; at++) {
        int more = sample_count ? 1 + (int)below(4) : 4 + (int)below(21);
        int count = sample_count + more;

        memcpy(all, sample, sizeof sample);
        for (int k = sample_count; k < count; k++)
            draw(&all[k]);
        if (!leaves(all, count, below(1u << 31)))
            continue;
        left++;
        if (sample_count && leaves(all, count, 1) && leaves(all, count, 2) && leaves(all, count, 3)) {
            printf("%u\n", at);
            return 0;
        }
    }
    printf("%u\n", sample_count ? 0 : left);
    return 0;
}
