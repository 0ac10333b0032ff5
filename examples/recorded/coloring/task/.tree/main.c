/* Draw three random graphs from a seed, colour them, check the colourings, and print how many colours they take. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coloring.h"

#define N 120

static uint64_t state;

static uint32_t draw(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

int main(int argc, char **argv)
{
    static unsigned char edge[N * N], copy[N * N];
    static int color[N], used[N];
    int total = 0;
    if (argc < 2)
        return 2;
    state = strtoull(argv[1], NULL, 10);
    for (int graph = 0; graph < 3; graph++) {
        memset(edge, 0, sizeof edge);
        memset(used, 0, sizeof used);
        memset(color, -1, sizeof color);
        for (int v = 0; v < N; v++)
            for (int w = 0; w < v; w++)
                edge[v * N + w] = edge[w * N + v] = draw() % 2;
        memcpy(copy, edge, sizeof edge);
        coloring(N, copy, color);
        for (int v = 0; v < N; v++) {
            if (color[v] < 0 || color[v] >= N) {
                fprintf(stderr, "graph %d: vertex %d has no colour from 0 to %d\n", graph, v, N - 1);
                return 1;
            }
            for (int w = 0; w < v; w++)
                if (edge[v * N + w] && color[v] == color[w]) {
                    fprintf(stderr, "graph %d: vertices %d and %d are joined and have one colour\n", graph, v, w);
                    return 1;
                }
            total += !used[color[v]];
            used[color[v]] = 1;
        }
    }
    printf("colours: %d\n", total);
    return 0;
}
