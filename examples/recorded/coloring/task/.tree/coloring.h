#ifndef COLORING_H
#define COLORING_H

/* Colour the n vertices so that the ends of every edge differ, with few colours: color[v] is 0, 1, 2, ...
   edge[v * n + w] is 1 if v and w are joined, else 0. */
void coloring(int n, const unsigned char *edge, int *color);

#endif
