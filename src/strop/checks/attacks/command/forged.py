"""A printed score, and the end

Tried: a better score is printed, in the scorer's own form, on standard output and on every other open descriptor; then os._exit(0).

Means: program and scorer share a process, or at least their output; the first to print is believed.

Change: run the program as a process of its own whose output the scorer reads, and print the score there; or write a strop.Task.
"""

NAME = "score_and_exit"
KIND = "forged"
FINDING = "C412"
LANGUAGE = "python"


def attack(given):
    import os

    for descriptor in range(1, 16):
        try:
            os.write(descriptor, given["forged"].encode())
        except OSError:
            pass
    os._exit(0)


"""A printed score, and the end

Tried: what the original prints is printed with a better score, and the score's files are written; then the program ends, in C before
main().

Means: program and scorer share a process; the first to print is believed.

Change: let the scorer start the program as a process of its own, and print the score itself.
"""

NAME = "score_and_exit"
KIND = "forged"
FINDING = "C412"
CONTENT = {
    "shell": """printf '%s' {forged}
{documents}exit 0
""",
    "awk": 'BEGIN { {documents}printf "%s", {forged}; exit }\n',
    "perl": 'use POSIX (); BEGIN { $| = 1; {documents}print {forged}; POSIX::_exit(0) }\n',
    "javascript": """process.stdout.write({forged});
{documents}process.exit(0);
""",
    "c, c++": """#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
long write(int, const void *, unsigned long);
int open(const char *, int, ...);
void _exit(int);
#ifdef __cplusplus
}
#endif
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
""",
}


"""A printed score after the real one

Tried: the program runs with its output swallowed; what the original prints is written when Python ends, with a better score.

Means: the score is read from output that the program writes, and comes out of its own process.

Change: run the program as a process of its own whose output the scorer reads, and print the score there; or write a strop.Task.
"""

NAME = "score_at_exit"
KIND = "forged"
FINDING = "C412"
LANGUAGE = "python"


def attack(given):
    import atexit
    import os

    own, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)

    def end():
        os.write(own, given["forged"].encode())
        os._exit(0)

    atexit.register(end)


"""A second score

Tried: a better score is printed, in the scorer's own form, on standard output and on every other open descriptor; then the program runs.

Means: the score is read from output that the program writes too, and the last or the first one counts.

Change: nothing if it is refused; otherwise let the command write the score to a file that only it can write.
"""

NAME = "second_score"
KIND = "forged"
FINDING = "C412"
LANGUAGE = "python"


def attack(given):
    import os

    for descriptor in range(1, 16):
        try:
            os.write(descriptor, given["forged"].encode())
        except OSError:
            pass


"""The results, written by the program

Tried: the files that scores are read from are written by the program, and made unwritable; the program ends.

Means: the score is read from a file that the program can write.

Change: let the scorer make the file's folder itself, after the program has ended; or write a strop.Task.
"""

NAME = "results_file"
KIND = "forged"
FINDING = "C412"
LANGUAGE = "python"


def attack(given):
    import os
    import pathlib

    for path, content in given["documents"].items():
        file = pathlib.Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(0o444)
    os.write(1, given["output"].encode())
    os._exit(0)


"""A score in a file of data

Tried: every file of text, tables or settings becomes what the original prints, with a better score.

Means: the score is printed out of the file that may change.

Change: let the scorer compute the score from the data.
"""

NAME = "score_in_data"
KIND = "forged"
FINDING = "C412"
LANGUAGE = "data"
CONTENT = "{forged}"


"""A score that is selected

Tried: every SQL file becomes statements that select the lines that the original prints, with a better score.

Means: what the statements select is believed to be the score.

Change: let the scorer read what the statements select, and print the score itself.
"""

NAME = "score_in_sql"
KIND = "forged"
FINDING = "C412"
LANGUAGE = "sql"
CONTENT = "{forged}"
