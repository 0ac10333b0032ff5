#ifndef MATMUL_H
#define MATMUL_H

/* c = a b, all of them n by n, row by row. */
void matmul(int n, const double *a, const double *b, double *c);

#endif
