/* Tests in the Test Anything Protocol, which strop reads. */
#include <stdio.h>

#include "points.h"

static int count, failed;

static void is(long found, long expected, const char *what)
{
    count++;
    failed += found != expected;
    printf("%s %d - %s: %ld\n", found == expected ? "ok" : "not ok", count, what, found);
}

int main(void)
{
    const point two[] = {{0, 0}, {3, 4}};
    const point line[] = {{-9, 0}, {-5, 0}, {0, 0}, {2, 0}, {50, 0}};
    const point same[] = {{7, 7}, {1, 2}, {7, 7}};
    const point last[] = {{0, 0}, {100, 0}, {0, 100}, {100, 100}, {101, 100}};

    is(squared(two[0], two[1]), 25, "distance");
    is(closest(two, 2), 25, "two points");
    is(closest(line, 5), 4, "points on a line");
    is(closest(same, 3), 0, "equal points");
    is(closest(last, 5), 1, "the last two");
    printf("1..%d\n", count);
    return failed > 0;
}
