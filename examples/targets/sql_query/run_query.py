"""Run query.sql on a database drawn from a seed, check its rows, and print them with the steps that SQLite's machine took."""

import json
import random
import sqlite3
import sys
from pathlib import Path

draw = random.Random(int(sys.argv[1]))
customers = [(number, draw.choice(["Bern", "Graz", "Lyon", "Pisa"])) for number in range(60)]
orders = [(draw.randrange(50), draw.randrange(1, 500), draw.randrange(365)) for _ in range(600)]

spent = {number: sum(amount for who, amount, _ in orders if who == number) for number, _ in customers}
last = {number: max((day for who, _, day in orders if who == number), default=None) for number, _ in customers}
expected = sorted(
    (
        (
            number,
            city,
            spent[number],
            last[number],
            1 + sum(spent[n] > spent[number] for n, c in customers if c == city),
        )
        for number, city in customers
    ),
    key=lambda row: (row[1], row[4], row[0]),
)

database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, city TEXT NOT NULL)")
database.execute("CREATE TABLE orders (customer INTEGER NOT NULL, amount INTEGER NOT NULL, day INTEGER NOT NULL)")
database.executemany("INSERT INTO customers VALUES (?, ?)", customers)
database.executemany("INSERT INTO orders VALUES (?, ?, ?)", orders)

steps = 0


def step():
    global steps
    steps += 1


database.set_progress_handler(step, 100)
rows = database.execute(Path("query.sql").read_text()).fetchall()
database.set_progress_handler(None, 0)
if rows != expected:
    wrong = next((pair for pair in zip(rows, expected) if pair[0] != pair[1]), (len(rows), len(expected)))
    sys.exit(f"wrong: {wrong[0]} where {wrong[1]} is right")
print(json.dumps({"steps": steps * 100, "rows": rows}))
