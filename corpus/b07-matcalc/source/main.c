/* SPDX-License-Identifier: Apache-2.0 */
/* matcalc FILE: carry out the file's commands; matrices have the names a to z.
 *
 *     new A ROWS COLS VALUE      set A ROW COL VALUE      (rows and columns count from 0)
 *     mul C A B   kron C A B     C becomes the product, the Kronecker product
 *     size A   sum A   print A
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix.h"

static struct matrix *named[26];

static int keep(char name, struct matrix *m)
{
    if (!m)
        return -1;
    free(named[name - 'a']);
    named[name - 'a'] = m;
    return 0;
}

static int new(char name, int rows, int cols, double value)
{
    struct matrix *m = matrix_new(rows, cols);
    int i;

    for (i = 0; m && i < rows * cols; i++)
        m->cells[i] = value;
    return keep(name, m);
}

static int set(struct matrix *m, int row, int col, double value)
{
    if (!m || row < 0 || row >= m->rows || col < 0 || col >= m->cols)
        return -1;
    m->cells[row * m->cols + col] = value;
    return 0;
}

static int show(const char *word, const struct matrix *m)
{
    double sum = 0;
    int i;

    if (!m)
        return -1;
    for (i = 0; i < m->rows * m->cols; i++) {
        sum += m->cells[i];
        if (!strcmp(word, "print"))
            printf("%.12g%c", m->cells[i], (i + 1) % m->cols ? ' ' : '\n');
    }
    if (!strcmp(word, "sum"))
        printf("%.12g\n", sum);
    if (!strcmp(word, "size"))
        printf("%d %d\n", m->rows, m->cols);
    return 0;
}

static int carry_out(const char *line)
{
    char word[8], n[3][2];
    const struct matrix *a, *b;
    int rows, cols;
    double value;

    if (sscanf(line, "new %1[a-z] %d %d %lf", n[0], &rows, &cols, &value) == 4)
        return new(n[0][0], rows, cols, value);
    if (sscanf(line, "set %1[a-z] %d %d %lf", n[0], &rows, &cols, &value) == 4)
        return set(named[n[0][0] - 'a'], rows, cols, value);
    if (sscanf(line, "%7s %1[a-z] %1[a-z] %1[a-z]", word, n[0], n[1], n[2]) == 4) {
        a = named[n[1][0] - 'a'];
        b = named[n[2][0] - 'a'];
        if (!a || !b || (strcmp(word, "mul") && strcmp(word, "kron")))
            return -1;
        return keep(n[0][0], *word == 'm' ? matrix_mul(a, b) : matrix_kron(a, b));
    }
    if (sscanf(line, "%7s %1[a-z]", word, n[0]) == 2)
        return show(word, named[n[0][0] - 'a']);
    return -1;
}

int main(int argc, char **argv)
{
    char line[128];
    FILE *f;
    int i, bad = 0;

    if (argc != 2 || !(f = fopen(argv[1], "r"))) {
        fprintf(stderr, "usage: matcalc FILE\n");
        return 2;
    }
    while (!bad && fgets(line, sizeof line, f)) {
        bad = carry_out(line);
        if (bad)
            fprintf(stderr, "matcalc: cannot: %s", line);
    }
    fclose(f);
    for (i = 0; i < 26; i++)
        free(named[i]);
    return bad ? 2 : 0;
}
