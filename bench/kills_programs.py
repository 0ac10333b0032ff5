"""The improvers with threads of bench/kills.py: how they ask, and what a killed run must have in common with one left alone."""

from __future__ import annotations

from dataclasses import dataclass

_HEAD = """
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from helpers import extract_code
from language_model import BudgetExceeded

def asked(number, text):
    return f"Improve it ({number}):\\n```python\\n{text}```\\n"

def programs(answers):
    return [program for program in extract_code(answers) if program]

def improve_algorithm(initial_solution, utility, language_model):
    nothing = (-1.0, initial_solution)
"""
_RACING = """
    def chain(number):
        for step in range(2):
            shown = f"Improve it:\\n```python\\n{initial_solution}```\\n"
            try:
                answers = language_model.prompt("e", f"{shown}{number} {step}", n_responses=number + 1)
                answers += language_model.prompt("e", shown, n_responses=%s)
            except BudgetExceeded:
                answers = []
            found = programs(answers)
            utility.map([f"# {number} {step} {place}\\n{one}" for place, one in enumerate(found)] if %s else found)
        utility.report(initial_solution)
    threads = [threading.Thread(target=chain, args=(number,)) for number in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return initial_solution.replace("0.1", "0.2")
"""
_NESTED = """
    def inner(_):
        found = programs(language_model.prompt("e", asked(0, initial_solution), n_responses=2))
        [utility.report(one) for one in found]
        return max([*zip(utility.map(found), found), nothing])
    def outer(_):
        with ThreadPoolExecutor(2) as pool:
            return max(pool.map(inner, range(3)))
    with ThreadPoolExecutor(3) as pool:
        return max(pool.map(outer, range(3)))[1]
"""
_COMPLETED = """
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(language_model.prompt, "e", asked(n, initial_solution), 3) for n in range(5)]
        scores = {}
        for call in as_completed(calls):
            for one in programs(call.result()):
                scores[pool.submit(utility, one)] = one
        return max([*((score.result(), scores[score]) for score in as_completed(scores)), nothing])[1]
"""
_RAISING = """
    def work(n):
        found = programs(language_model.prompt("e", asked(n, initial_solution), n_responses=2))
        if n % 2:
            raise KeyError(n)
        return max([*((utility(one), one) for one in found), nothing])
    with ThreadPoolExecutor(4) as pool:
        ended = [pool.submit(work, n) for n in range(6)]
    alone = threading.Thread(target=work, args=(7,))
    alone.start()
    alone.join()
    return max(each.result() for each in ended if not each.exception())[1]
"""
_ASYNCIO = """
    async def work(n):
        found = programs(await asyncio.to_thread(language_model.prompt, "e", asked(n, initial_solution), 2))
        values = await asyncio.gather(*(asyncio.to_thread(utility, one) for one in found))
        return max([*zip(values, found), nothing])
    async def main():
        return max(await asyncio.gather(*map(work, range(6))))
    return asyncio.run(main())[1]
"""
_SPENT = """
    text = initial_solution.replace("0.1", "0.3")
    def work(n):
        try:
            language_model.prompt("e", asked(0, initial_solution), n_responses=3)
        except BudgetExceeded:
            pass
        utility.map([text] * 3)
        return utility.report(text)["utility"]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(8)))
    return text
"""
_LEFT = """
    def work(n):
        for one in programs(language_model.prompt("e", asked(n, initial_solution), n_responses=2)):
            utility(one)
    pool = ThreadPoolExecutor(3)
    next(as_completed([pool.submit(work, n) for n in range(9)])).result()
    pool.shutdown(wait=False)
    return initial_solution.replace("0.1", "0.2")
"""
_ENOUGH = ("--utility-budget", "200", "--lm-budget", "40")


@dataclass(frozen=True)
class Improver:
    """An improver whose threads race."""

    text: str
    flags: tuple[str, ...] = _ENOUGH
    """Its budgets."""
    same: tuple[str, ...] | None = None
    """Counts that must equal those of the run left alone; None: all counts and all events must."""
    ends: int = 0
    """Exit code."""
    replays: bool = True
    """Whether a replay agrees: not where a limit ended the run, nor where the threads ask until the improver returns."""


_CALLS = ("calls", "reserved lm_calls")
IMPROVERS = {
    "threads": Improver(_HEAD + _RACING % ("2", "False")),
    "nested": Improver(_HEAD + _NESTED),
    "completed": Improver(_HEAD + _COMPLETED),
    "raising": Improver(_HEAD + _RAISING),
    "asyncio": Improver(_HEAD + _ASYNCIO),
    "spent": Improver(_HEAD + _SPENT, ("--utility-budget", "10", "--lm-budget", "5")),
    "greedy": Improver(
        _HEAD + _RACING % ("number + 1", "True"),
        ("--utility-budget", "7", "--lm-budget", "7"),
        (*_CALLS, "evaluations", "reserved utility_calls"),
    ),
    "left": Improver(_HEAD + _LEFT, same=(), replays=False),
    "limited": Improver(_HEAD + _RACING % ("number + 1", "True"), (*_ENOUGH, "--max-calls", "10"), _CALLS, 4, False),
}
"""By name."""
