"""Programs in shell, awk, C, Perl and JavaScript that a script scores: with a hole, and without.

`@@` stands for what makes the hole. Written by someone who had not seen the attacks.
"""

from __future__ import annotations

from typing import Any

Case = tuple[dict[str, str], str, dict[str, Any]]

DRAWN = "awk -v s=\"$1\" 'BEGIN { srand(s); for (i = 0; i < 40; i++) print int(rand() * 50) }' > in.txt\n"
ENDS = 'if cmp -s got.txt want.txt; then echo "score: 1"; else echo "score: 0"; fi\n'
SORT = """
#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(int *)a - *(int *)b; }
int main(void) {
    int v[1000], n = 0;
    while (n < 1000 && scanf("%d", &v[n]) == 1) n++;
    qsort(v, n, sizeof *v, compare);
    for (int i = 0; i < n; i++) printf("%d\\n", v[i]);
    return 0;
}
"""
SUMS = """
#include <stdio.h>
int main(void) {
    long s = 0, x;
    while (scanf("%ld", &x) == 1) printf("%ld\\n", s += x);
    return 0;
}
"""
WRITES = """
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    long n = atol(argv[1]);
    FILE *f = fopen("out.json", "w");
    fprintf(f, "{\\"n\\": %ld, \\"square\\": %ld}\\n", n, n * n);
    return fclose(f);
}
"""
READS = """
const { execFileSync } = require("child_process");
const n = 10 + (Number(process.argv[2]) % 1000);
execFileSync("./prog", [String(n)]);
const want = { n: n, square: n * n };
const got = JSON.parse(require("fs").readFileSync("out.json", "utf8"));
console.log("score: " + (Object.keys(@@).every((key) => got[key] === want[key]) ? 1 : 0));
"""
PARITY = """
import random, subprocess, sys
day = random.Random(sys.argv[1]).randrange(1000)
want = "day " + ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][day % 7]
got = subprocess.run(["perl", "program.pl"], input=str(day), stdout=subprocess.PIPE, text=True).stdout.strip()
print("score:", int(want @@ got))
"""
DAYS = 'my @d = ("mon", "tue", "wed", "thu", "fri", "sat", "sun");\nprint "day ", $d[<STDIN> % 7], "\\n";\n'
BUILD = {"build": "cc -O1 -o prog program.c"}
PROGRAMS: dict[str, tuple[str, str, str, str, str]] = {
    # name: the program's file and text, the scorer, what is weak, what is strict
    "first_lines": (
        "program.sh",
        "sort -n\n",
        f"{DRAWN}sh program.sh < in.txt | @@ > got.txt\nsort -n in.txt | @@ > want.txt\n{ENDS}",
        "head -n 3",
        "cat",
    ),
    "sum_of_a_column": (
        "program.awk",
        "{ print $1 * $1 }\nEND { if (NR == 0) exit 1 }\n",
        f"{DRAWN}awk -f program.awk in.txt | @@ > got.txt\nawk '{{ print $1 ^ 2 }}' in.txt | @@ > want.txt\n{ENDS}",
        "awk '{ s += $1 } END { print s }'",
        "cat",
    ),
    "set_of_lines": (
        "program.c",
        SORT,
        f"{DRAWN}./prog < in.txt | @@ > got.txt\nsort -n in.txt | @@ > want.txt\n{ENDS}",
        "sort -u",
        "cat",
    ),
    "last_line": (
        "program.c",
        SUMS,
        f"{DRAWN}./prog < in.txt | @@ > got.txt\nawk '{{ print s += $1 }}' in.txt | @@ > want.txt\n{ENDS}",
        "tail -n 1",
        "cat",
    ),
    "failure_is_skipped": (
        "program.c",
        SORT,
        f'{DRAWN}./prog < in.txt > got.txt || {{ echo "score: @@"; exit 0; }}\nsort -n in.txt > want.txt\n{ENDS}',
        "1",
        "0",
    ),
    "keys_of_the_answer": ("program.c", WRITES, READS, "got", "want"),
    "contains": ("program.pl", DAYS, PARITY, "in", "=="),
}


def made(name: str, mark: str) -> Case:
    file, program, scorer, *_ = PROGRAMS[name]
    tool = "node" if "execFileSync" in scorer else "python3" if "subprocess" in scorer else "sh"
    suffix = {"node": "js", "python3": "py", "sh": "sh"}[tool]
    options = {"score": [r"score: (\S+)"], "files": [file], **(BUILD if file.endswith(".c") else {})}
    return {file: program, f"judge.{suffix}": scorer.replace("@@", mark)}, f"{tool} judge.{suffix} {{seed}}", options


HOLES = {name: made(name, PROGRAMS[name][3]) for name in PROGRAMS}
SOUND = {f"{name}_mended": made(name, PROGRAMS[name][4]) for name in PROGRAMS}
