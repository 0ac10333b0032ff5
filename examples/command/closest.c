#include "points.h"

long closest(const point *points, int n)
{
    long best = squared(points[0], points[1]);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (i != j && squared(points[i], points[j]) < best)
                best = squared(points[i], points[j]);
    return best;
}
