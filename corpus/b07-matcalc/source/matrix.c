/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "matrix.h"

struct matrix *matrix_new(int rows, int cols)
{
    struct matrix *m;
    int cells = rows * cols;

    if (rows < 1 || cols < 1 || cells > CELLS_LIMIT)
        return NULL;
    m = malloc(sizeof *m + cells * sizeof *m->cells);
    if (!m)
        return NULL;
    m->rows = rows;
    m->cols = cols;
    memset(m->cells, 0, cells * sizeof *m->cells);
    return m;
}

struct matrix *matrix_mul(const struct matrix *a, const struct matrix *b)
{
    struct matrix *m;
    int r, c, k;

    if (a->cols != b->rows)
        return NULL;
    m = matrix_new(a->rows, b->cols);
    for (r = 0; m && r < m->rows; r++)
        for (k = 0; k < a->cols; k++)
            for (c = 0; c < m->cols; c++)
                m->cells[r * m->cols + c] += a->cells[r * a->cols + k] * b->cells[k * b->cols + c];
    return m;
}

struct matrix *matrix_kron(const struct matrix *a, const struct matrix *b)
{
    struct matrix *m = matrix_new((int)(a->rows * b->rows), (int)(a->cols * b->cols));
    int r, c;

    for (r = 0; m && r < m->rows; r++)
        for (c = 0; c < m->cols; c++)
            m->cells[r * m->cols + c] = a->cells[r / b->rows * a->cols + c / b->cols] *
                                        b->cells[r % b->rows * b->cols + c % b->cols];
    return m;
}
