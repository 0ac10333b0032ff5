import numpy as np

STRASSEN = (
    ((1, 0, 0, 1), (1, 0, 0, 1), (1, 0, 0, 1)),
    ((0, 0, 1, 1), (1, 0, 0, 0), (0, 0, 1, -1)),
    ((1, 0, 0, 0), (0, 1, 0, -1), (0, 1, 0, 1)),
    ((0, 0, 0, 1), (-1, 0, 1, 0), (1, 0, 1, 0)),
    ((1, 1, 0, 0), (0, 0, 0, 1), (-1, 1, 0, 0)),
    ((-1, 0, 1, 0), (1, 1, 0, 0), (0, 0, 0, 1)),
    ((0, 1, 0, -1), (0, 0, 1, 1), (1, 0, 0, 0)),
)


def construct():
    """Strassen's seven products on the four blocks of 2 by 2, and plain products for the last column: 36."""
    triples = []
    for half in range(2):
        for pair in range(2):
            for a, b, c in STRASSEN:
                u, v, w = np.zeros((2, 4), int), np.zeros((4, 5), int), np.zeros((2, 5), int)
                u[:, 2 * half : 2 * half + 2] = np.reshape(a, (2, 2))
                v[2 * half : 2 * half + 2, 2 * pair : 2 * pair + 2] = np.reshape(b, (2, 2))
                w[:, 2 * pair : 2 * pair + 2] = np.reshape(c, (2, 2))
                triples.append([u.ravel().tolist(), v.ravel().tolist(), w.ravel().tolist()])
    for i in range(2):
        for j in range(4):
            u, v, w = [0] * 8, [0] * 20, [0] * 10
            u[4 * i + j] = v[5 * j + 4] = w[5 * i + 4] = 1
            triples.append([u, v, w])
    return triples
