/* SPDX-License-Identifier: Apache-2.0 */
/* Matrices of numbers, row by row. */
#ifndef MATRIX_H
#define MATRIX_H

#define CELLS_LIMIT 1000000 /* the most cells a matrix may have, in any shape */

struct matrix {
    int rows, cols;
    double cells[];
};

/* All return a matrix to be freed with free(), or NULL if there is none of that size. */
struct matrix *matrix_new(int rows, int cols); /* all zero */
struct matrix *matrix_mul(const struct matrix *a, const struct matrix *b);
struct matrix *matrix_kron(const struct matrix *a, const struct matrix *b);

#endif
