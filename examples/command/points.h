#ifndef POINTS_H
#define POINTS_H

typedef struct {
    long x, y;
} point;

/* The square of the distance between two points. */
long squared(point a, point b);

/* The square of the smallest distance between two of n >= 2 points. */
long closest(const point *points, int n);

#endif
