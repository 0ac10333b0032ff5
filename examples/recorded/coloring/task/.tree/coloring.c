#include "coloring.h"

/* Each vertex, in order, gets the first colour that none of its neighbours has. */
void coloring(int n, const unsigned char *edge, int *color)
{
    for (int v = 0; v < n; v++) {
        int c = 0;
        for (int w = 0; w < v; w++)
            if (edge[v * n + w] && color[w] == c) {
                c++;
                w = -1;
            }
        color[v] = c;
    }
}
