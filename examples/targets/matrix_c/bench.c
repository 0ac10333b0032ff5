/* Multiply two matrices drawn from a seed and print a checksum; exit status 1 where an entry is wrong. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "matmul.h"

#define N 384

static double draw(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / (1 << 24) - 0.5;
}

int main(int argc, char **argv) {
    unsigned state = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
    double *a = malloc(N * N * sizeof *a), *b = malloc(N * N * sizeof *b), *c = malloc(N * N * sizeof *c);
    for (int i = 0; i < N * N; i++) {
        a[i] = draw(&state);
        b[i] = draw(&state);
        c[i] = NAN;
    }
    for (int again = 0; again < 4; again++) {
        matmul(N, a, b, c);
    }
    for (int row = 0; row < N; row += 7) {
        for (int column = 0; column < N; column++) {
            double sum = 0;
            for (int k = 0; k < N; k++) {
                sum += a[row * N + k] * b[k * N + column];
            }
            if (!(fabs(sum - c[row * N + column]) < 1e-9)) {
                fprintf(stderr, "wrong: c[%d][%d] is %g, not %g\n", row, column, c[row * N + column], sum);
                return 1;
            }
        }
    }
    double all = 0;
    for (int i = 0; i < N * N; i++) {
        all += c[i] * (i % 5 - 2);
    }
    printf("checksum %.4f\n", all);
    return 0;
}
