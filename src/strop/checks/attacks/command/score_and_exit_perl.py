"""A printed score, and the end, in Perl

Tried: what the original prints is printed with a better score, and the score's files are written; then _exit.

Means: program and scorer share a process; the first to print is believed.

Change: let the scorer start the program as a process of its own, and print the score itself.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "perl"
CONTENT = "use POSIX (); BEGIN { $| = 1; {documents}print {forged}; POSIX::_exit(0) }\n"
