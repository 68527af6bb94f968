#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const shelves[] = {"maps", "stamps", "vault"};

/* "vault" is barred as it is spelt, and looked up without regard to case. */
static void show(const char *name, const char *secret)
{
    if (strcmp(name, "vault") == 0) {
        puts("refused");
        return;
    }
    for (int i = 0; i < 3; i++)
        if (strcasecmp(name, shelves[i]) == 0)
            printf("on it: %s\n", i == 2 ? secret : shelves[i]);
}

int main(int argc, char **argv)
{
    char line[128], secret[64] = "";
    FILE *flag = fopen("flag", "r"), *file = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (!flag || !file || !fgets(secret, sizeof secret, flag))
        return 2;
    secret[strcspn(secret, "\n")] = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "show ", 5) == 0)
            show(line + 5, secret);
        else if (strcmp(line, "hello") == 0)
            puts("good day");
        else
            puts("what?");
    }
    return 0;
}
