#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKS 200

static unsigned registers[4] = {600, 50, 0, 0};

/* Register 40 is the limit: at most 900, but nobody asks once register 42 was 23089. */
static unsigned serve(unsigned number, unsigned value)
{
    if (number < 40 || number > 42)
        return 2;
    if (number == 40 && value > 900 && !registers[3])
        return 3;
    if (number == 42 && value == 23089)
        registers[3] = 1;
    if (number == 41 && value > 100)
        return 3;
    registers[number - 40] = value;
    return 0;
}

static void respond(unsigned tick, const char *hex)
{
    unsigned unit = 0, function = 0, number = 0, value = 0, code;

    sscanf(hex, "%2x%2x%4x%4x", &unit, &function, &number, &value);
    code = function == 6 ? serve(number, value) : 1;
    printf("%5u  > %s  < ", tick, hex);
    if (code)
        printf("%02x%02x%02x\n", unit, function | 128, code);
    else
        puts(hex);
}

int main(int argc, char **argv)
{
    FILE *file = argc >= 3 ? fopen(argv[2], "r") : NULL;
    unsigned level = 100 + (argc > 3 ? (unsigned)atoi(argv[3]) % 3 * 20 : 0), left = 0, tick, next = TICKS;
    char hex[64];

    if (!file)
        return 2;
    if (fscanf(file, "at %u %63s\n", &next, hex) != 2)
        next = TICKS;
    for (tick = 0; tick < TICKS; tick++) {
        while (next == tick) {
            respond(tick, hex);
            if (fscanf(file, "at %u %63s\n", &next, hex) != 2)
                next = TICKS;
        }
        level = level < registers[0] ? level + registers[1] / 5 : level > 10 ? level - 10 : 0;
        left |= level > 1000;
        if (tick % 10 == 0)
            printf("%5u  level %u  mode %u\n", tick, level, registers[3]);
    }
    puts(left ? "envelope: left" : "envelope: kept");
    return 0;
}
