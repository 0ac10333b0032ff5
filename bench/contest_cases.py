"""Random cases of contest problems, by the numbers of the suite (`contest.py`): whole inputs, most of them small.

Where a statement says how its inputs are generated (problems 147 to 171), a case is drawn as it says.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from string import ascii_uppercase

Case = Callable[[random.Random], str]
CASES: dict[int, Case] = {}
"""Problem → a function that draws one input."""


def of(number: int) -> Callable[[Case], Case]:
    """Put a function into the table."""

    def entered(case: Case) -> Case:
        CASES[number] = case
        return case

    return entered


def lines(*rows: object) -> str:
    """Rows of numbers, or of text, as lines."""
    return "".join(f"{row if isinstance(row, str) else ' '.join(map(str, row))}\n" for row in rows)  # type: ignore[call-overload]


def shuffled(rng: random.Random, n: int) -> list[int]:
    """A permutation of 1 to n."""
    return rng.sample(range(1, n + 1), n)


def reached(queue: list[tuple[int, int]], free: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """The squares of a board that are connected with those of the queue."""
    found = set(queue)
    while queue:
        i, j = queue.pop()
        new = {(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)} & free - found
        found |= new
        queue += sorted(new)
    return found


def logarithmic(rng: random.Random, low: float, high: float) -> int:
    """A number between the two, each order of magnitude as likely."""
    return int(low * (high / low) ** rng.random())


Edge = tuple[int, int]


def colouring(rng: random.Random) -> tuple[int, list[Edge]]:
    """A graph, half of the time one that three colours suffice for."""
    n = logarithmic(rng, 20, 400)
    m, parts = int(n * rng.uniform(2, 5)), [rng.randrange(3 if rng.random() < 0.5 else n) for _ in range(n)]
    edges: set[Edge] = set()
    while len(edges) < m:
        u, v = sorted(rng.sample(range(n), 2))
        edges |= {(u + 1, v + 1)} if parts[u] != parts[v] else set()
    return n, sorted(edges)


def clauses(rng: random.Random, n: int, m: int) -> list[list[int]]:
    """Clauses of three different variables."""
    return [[v * rng.choice((-1, 1)) for v in rng.sample(range(1, n + 1), 3)] for _ in range(m)]


@of(0)
def pack_polyominoes(rng: random.Random) -> str:
    n, shapes = (
        logarithmic(rng, 100, 2000),
        (1, 1, 2, 5, 12, 35, 108, 369, 1285, 4655),
    )  # so many free ones of 1, 2, … cells
    rows: list[tuple[int, ...]] = [(n,)]
    for size in rng.choices(range(1, 11), shapes, k=n):
        cells = {(0, 0)}
        while len(cells) < size:
            x, y = rng.choice(sorted(cells))
            cells.add(rng.choice(((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1))))
        left, low = min(x for x, _ in cells), min(y for _, y in cells)
        rows += [(size,), *sorted((x - left, y - low) for x, y in cells)]
    return lines(*rows)


@of(5)
def hamiltonian_path(rng: random.Random) -> str:
    n = rng.choice((40, 100, 250, 600, 1500))
    path = shuffled(rng, n)
    edges = {*pairwise(path)}
    while len(edges) < min(6 * n, n * (n - 1)):
        u, v = rng.randint(1, n), rng.randint(1, n)
        edges |= {(u, v)} if u != v else set()
    least = [round(n * (1 - 0.5 * (1 - k / 9) ** 2)) for k in range(10)]
    return lines((n, len(edges)), least, *rng.sample(sorted(edges), len(edges)))


@of(11)
def palindrome_path(rng: random.Random) -> str:
    n, m = rng.randint(6, 20), rng.randint(6, 20)
    free = {(r, c) for r in range(n) for c in range(m) if rng.random() < 0.85}
    start = rng.choice(sorted(free))
    part = reached([start], free)
    end = rng.choice(sorted(part))
    rows = ("".join("01"[(r, c) in part] for c in range(m)) for r in range(n))
    return lines((n, m), *rows, (start[0] + 1, start[1] + 1, end[0] + 1, end[1] + 1))


@of(27)
def points_without_rectangles(rng: random.Random) -> str:
    low = logarithmic(rng, 10, 300)
    return lines(rng.sample([low, logarithmic(rng, max(low, 100), 100_000 / low)], 2))


@of(33)
def number_of_increasing_subsequences(rng: random.Random) -> str:
    wanted = [max(2, int(10 ** rng.uniform(0.5, 18))) for _ in range(rng.randint(20, 100))]
    return lines((len(wanted),), wanted)


@of(44)
def tour_with_primes(rng: random.Random) -> str:
    n = rng.choice((40, 80, 150, 300, 600))
    xs = sorted(rng.sample(range(-(10**6), 10**6), n))
    centres = [rng.randint(-(10**6), 10**6) for _ in range(rng.choice((1, 4, 40)))]
    return lines((n,), *((x, rng.choice(centres) + rng.randint(-(10**5), 10**5)) for x in xs))


@of(58)
def grid_with_so_many_paths(rng: random.Random) -> str:
    return lines((rng.choice((logarithmic(rng, 2, 1e18), rng.randint(1, 10**18))),))


@of(62)
def balls_on_pillars(rng: random.Random) -> str:
    n, m = rng.randint(10, 50), rng.randint(100, 400)
    balls = [colour for colour in range(1, n + 1) for _ in range(m)]
    rng.shuffle(balls)
    return lines((n, m), *(balls[k * m : (k + 1) * m] for k in range(n)))


@of(147)
def rectangles_for_advertisers(rng: random.Random) -> str:
    n = round(50 * 4 ** rng.random())
    corners = [divmod(place, 10_000) for place in rng.sample(range(10**8), n)]
    cuts = [0, *sorted(rng.sample(range(1, 10**8), n - 1)), 10**8]
    return lines((n,), *((*corner, b - a) for corner, (a, b) in zip(corners, pairwise(cuts), strict=True)))


@of(148)
def walk_over_tiles(rng: random.Random) -> str:
    squares = [(i, j) for i in range(50) for j in range(50)]
    single: set[Edge] = set(squares)
    tile: dict[Edge, Edge] = {}
    for i, j in rng.sample(squares, len(squares)):
        near = [each for each in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)) if each in single]
        if (i, j) in single and near:
            pair = {(i, j), rng.choice(near)}
            single -= pair
            tile |= dict.fromkeys(pair, min(pair))
    names: dict[Edge, int] = {}
    board = [[names.setdefault(tile.get((i, j), (i, j)), len(names)) for j in range(50)] for i in range(50)]
    worth = [[rng.randint(0, 99) for _ in range(50)] for _ in range(50)]
    return lines((rng.randint(0, 49), rng.randint(0, 49)), *board, *worth)


@of(150)
def matrix_of_strings(rng: random.Random) -> str:
    hidden = [rng.choices("ABCDEFGH", k=20) for _ in range(20)]
    length, m, found = rng.randint(4, 10), rng.randint(400, 800), []
    for _ in range(m):
        i, j, down = rng.randint(0, 19), rng.randint(0, 19), rng.randint(0, 1)
        places = (((i + down * k) % 20, (j + (1 - down) * k) % 20) for k in range(rng.randint(length - 2, length + 2)))
        found.append("".join(hidden[a][b] for a, b in places))
    return lines((20, m), *found)


@of(151)
def patrol_roads(rng: random.Random) -> str:
    n = rng.randint(25, 35) * 2 - 1
    map_of: dict[Edge, int] = {}
    for _ in range(rng.randint(2 * n, 4 * n)):
        down, i, j = rng.randint(0, 1), rng.randint(0, n // 2) * 2, rng.randint(0, n - 1)
        half, time = rng.randint(3, 10), rng.randint(5, 9)
        ways = ((i, k) for k in range(max(j - half, 0), min(j + half, n - 1) + 1))
        map_of |= {(b, a) if down else (a, b): time for a, b in ways}
    largest: set[Edge] = set()
    left = set(map_of)
    while left:
        part = reached([min(left)], left)
        left -= part
        largest = max(largest, part, key=len)
    rows = ("".join(str(map_of[i, j]) if (i, j) in largest else "#" for j in range(n)) for i in range(n))
    return lines((n, *rng.choice(sorted(largest))), *rows)


@of(152)
def deliver_food(rng: random.Random) -> str:
    orders: list[list[int]] = []
    while len(orders) < 1000:
        a, b, c, d = (rng.randint(0, 800) for _ in range(4))
        orders += [[a, b, c, d]] if abs(a - c) + abs(b - d) >= 100 else []
    return lines(*orders)


@of(158)
def cut_strawberry_cake(rng: random.Random) -> str:
    wanted = [rng.randint(1, 100) for _ in range(10)]
    places: list[Edge] = []
    while len(places) < sum(k * n for k, n in enumerate(wanted, 1)):
        x, y = rng.randint(-9999, 9999), rng.randint(-9999, 9999)
        is_apart = all((x - a) ** 2 + (y - b) ** 2 > 100 for a, b in places)
        places += [(x, y)] if x * x + y * y < 10**8 and is_apart else []
    return lines((len(places), 100), wanted, *places)


@of(159)
def join_rectangles(rng: random.Random) -> str:
    n = rng.randint(15, 30) * 2 + 1
    inner = range(n // 4, 3 * n // 4 + 1)
    points = rng.sample([(x, y) for x in inner for y in inner], rng.randint(n, n * n // 12))
    return lines((n, len(points)), *points)


@of(162)
def pyramid_of_balls(rng: random.Random) -> str:
    balls = rng.sample(range(465), 465)
    return lines(*(balls[k * (k + 1) // 2 : (k + 1) * (k + 2) // 2] for k in range(30)))


@of(163)
def map_of_wards(rng: random.Random) -> str:
    ward: dict[Edge, int] = dict.fromkeys(((i, j) for i in range(50) for j in range(50)), 0)
    ward |= {place: k for k, place in enumerate(rng.sample(list(ward), 100), 1)}
    while empty := [place for place in ward if not ward[place]]:
        for i, j in rng.choices(empty, k=len(empty)):
            near = [each for each in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)) if each in ward]
            ward[i, j] = ward[i, j] or ward[rng.choice(near)]
    return lines((50, 100), *([ward[i, j] for j in range(50)] for i in range(50)))


@of(164)
def stacks_of_boxes(rng: random.Random) -> str:
    boxes = shuffled(rng, 200)
    return lines((200, 10), *(boxes[k : k + 20] for k in range(0, 200, 20)))


@of(165)
def words_on_keyboard(rng: random.Random) -> str:
    keys = ""
    while len(set(keys)) < 26:
        keys = "".join(rng.choices(ascii_uppercase, k=225))
    words: set[str] = set()
    while len(words) < 200:
        words.add("".join(rng.choices(ascii_uppercase, k=5)))
    start = (rng.randint(0, 14), rng.randint(0, 14))
    return lines((15, 200), start, *(keys[k : k + 15] for k in range(0, 225, 15)), *sorted(words))


@of(167)
def catch_mackerels(rng: random.Random) -> str:
    taken: dict[Edge, None] = {}
    for most in (5000, 10_000):
        clusters = range(rng.randint(10, 25))
        weights = [rng.random() for _ in clusters]
        kinds = [(rng.randint(20_000, 80_000), rng.randint(20_000, 80_000), rng.randint(1000, 5000)) for _ in clusters]
        while len(taken) < most:
            ((x, y, spread),) = rng.choices(kinds, weights)
            fish = round(rng.gauss(x, spread)), round(rng.gauss(y, spread))
            taken |= {fish: None} if min(fish) >= 0 and max(fish) <= 10**5 else {}
    return lines((5000,), *taken)


@of(169)
def drive_out_ogres(rng: random.Random) -> str:
    squares = [(i, j) for i in range(20) for j in range(20)]
    edge: list[Edge] = []
    while len(edge) < 40:
        lucky = set(rng.sample(squares, 40))
        rows, columns = (
            [[b for a, b in way if a == k] for k in range(20)] for way in (lucky, {(j, i) for i, j in lucky})
        )

        def is_between(place: int, others: list[int]) -> bool:
            return min(others, default=place) < place < max(others, default=place)

        edge = [
            (i, j)
            for i, j in squares
            if not (is_between(j, rows[i]) and is_between(i, columns[j])) and (i, j) not in lucky
        ]
    letters = dict.fromkeys(lucky, "o") | dict.fromkeys(rng.sample(edge, 40), "x")
    return lines((20,), *("".join(letters.get((i, j), ".") for j in range(20)) for i in range(20)))


@of(170)
def clean_by_rota(rng: random.Random) -> str:
    weeks = [10**6]
    while not 0 <= 500_000 - sum(weeks) <= 10_000:
        weeks = [rng.randint(0, 10_000) for _ in range(99)]
    return lines((100, 500_000), [*weeks, 500_000 - sum(weeks)])


@of(171)
def skate_to_targets(rng: random.Random) -> str:
    return lines((20, 40), *(divmod(place, 20) for place in rng.sample(range(400), 40)))


@of(174)
def colour_graph(rng: random.Random) -> str:
    n, edges = colouring(rng)
    return lines((n, len(edges)), *edges)


@of(175)
def satisfy_colouring(rng: random.Random) -> str:
    n, edges = colouring(rng)
    found: list[tuple[int, ...]] = []
    for v in range(1, 3 * n, 3):
        found += [(v, v + 1, v + 2), *((-a, -b, -b) for a, b in ((v, v + 1), (v, v + 2), (v + 1, v + 2)))]
    found += [(c - 3 * u, c - 3 * v, c - 3 * v) for u, v in edges for c in range(3)]
    return lines((3 * n, len(found)), *found)


@of(176)
def satisfy_clauses(rng: random.Random) -> str:
    n = logarithmic(rng, 20, 400)
    found = clauses(rng, n, int(n * rng.uniform(1, 4.5)))
    return lines((n, len(found)), *found)


@of(177)
def colour_clauses(rng: random.Random) -> str:
    n = logarithmic(rng, 20, 350)
    edges = [(1, 2), (2, 3), (1, 3)]
    for v in range(4, 2 * n + 4, 2):
        edges += [(v, v + 1), (3, v), (3, v + 1)]
    last = 2 * n + 3
    for clause in clauses(rng, n, int(n * rng.uniform(1, 2.5))):
        x, y, z = (2 * abs(literal) + 2 + (literal < 0) for literal in clause)
        a, b, c, d, e = range(last + 1, last + 6)
        edges += [(x, a), (y, b), (a, b), (a, c), (b, c), (c, d), (d, e), (1, d), (1, e), (z, e)]
        last = e
    return lines((last, len(edges)), *edges)


@of(210)
def fighters_against_bases(rng: random.Random) -> str:
    n, m = rng.randint(20, 140), rng.randint(20, 150)
    rows = ["".join(rng.choices("#*.", (2, 2, 6), k=m)) for _ in range(n)]
    rows[0] = "*" + rows[0][1:]
    places = {side: [(x, y) for x in range(n) for y in range(m) if rows[x][y] == side] for side in "*#"}
    bases: list[tuple[int, ...]] = []
    for side in "*#":
        bases.append((len(places[side]),))
        for x, y in places[side]:
            bases += [(x, y), (rng.randint(0, 1000), rng.randint(0, 2000), rng.randint(0, 10), rng.randint(0, 200))]
    fighters = [
        (*rng.choice(places["*"]), rng.randint(40, 150), rng.randint(80, 800)) for _ in range(rng.randint(1, 10))
    ]
    return lines((n, m), *rows, *bases, (len(fighters),), *fighters)


@of(214)
def sort_by_reversals(rng: random.Random) -> str:
    n = rng.randint(100, 1000)
    return lines((n,), shuffled(rng, n))


@of(227)
def four_subsequences(rng: random.Random) -> str:
    n = rng.choice((300, 1000, 3000, 10_000))
    return lines((n,), shuffled(rng, n))


@of(229)
def increasing_after_ten_changes(rng: random.Random) -> str:
    n, x = rng.choice((300, 1000, 3000, 10_000)), rng.choice((10**2, 10**5, 10**8, 10**9))
    return lines((n, x), [rng.randint(1, 10**9) for _ in range(n)])
