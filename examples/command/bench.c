/* Find the closest of many points drawn from a seed. They lie at least 11 apart, but for one pair that is put closer. */
#include <stdio.h>
#include <stdlib.h>

#include "points.h"

enum { SIDE = 100, N = SIDE * SIDE };

static unsigned long state;

static long drawn(long below)
{
    state = state * 6364136223846793005UL + 1442695040888963407UL;
    return (long)((state >> 33) % (unsigned long)below);
}

int main(int argc, char **argv)
{
    static point points[N + 1];

    state = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    for (int i = 0; i < N; i++) {
        points[i].x = i % SIDE * 100 + drawn(90);
        points[i].y = i / SIDE * 100 + drawn(90);
    }
    points[N] = points[drawn(N)];
    long apart = 1 + drawn(9);
    points[N].x += apart;
    for (int i = N; i > 0; i--) {
        int j = (int)drawn(i + 1);
        point held = points[i];
        points[i] = points[j];
        points[j] = held;
    }
    long found = closest(points, N + 1);
    printf("closest: %ld\n", found);
    return found != apart * apart;
}
