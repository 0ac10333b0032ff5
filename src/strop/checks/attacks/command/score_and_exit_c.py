"""A printed score, and the end, in C

Tried: before main() what the original prints is printed with a better score, and the score's files are written; then _exit(0).

Means: program and scorer share a process; the first to print is believed.

Change: let the scorer start the program as a process of its own, and print the score itself.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "c"
CONTENT = """#include <stddef.h>
extern long write(int, const void *, unsigned long);
extern int open(const char *, int, ...);
extern void _exit(int);
__attribute__((constructor)) static void strop_forges(void)
{
    static const char *const files[][2] = {{documents}{NULL, NULL}};
    static const char text[] = {forged};
    unsigned long n;
    int at, file;
    for (at = 0; files[at][0]; at++) {
        for (n = 0; files[at][1][n]; n++)
            ;
        file = open(files[at][0], 01101, 0444);
        if (write(file, files[at][1], n) < 0)
            _exit(1);
    }
    if (write(1, text, sizeof text - 1) < 0)
        _exit(1);
    _exit(0);
}
"""
