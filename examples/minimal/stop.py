# There is NO JAIL here: this file runs programs that a model wrote in its own process, with all your rights.
"""STOP, the Self-Taught Optimizer (arXiv 2310.02304), with the names of the paper and the standard library alone.

    python stop.py                                          responses.json answers, which is not a language model
    OPENAI_API_KEY=… python stop.py --model gpt-4.1-mini    OPENAI_BASE_URL names another server of the same kind

An improver I(u, s, L) takes a utility u, a solution s and a language model L, and returns a better solution. STOP gives an
improver its own text as s and the meta-utility û as u. What Algorithm 1 does not say is as in the published implementation,
github.com/microsoft/stop: the budgets (config.py); û of a candidate is 0 if it raises on one copy; a result that fails, or
whose û is 0, is not taken, and then the maker of the present one goes on; a call of u or û beyond its budget is 0; an
improver has no time limit. Unlike there, an LM call of too many responses costs several.
"""

import argparse
import json
import math
import os
import random
import re
import signal
import sys
import urllib.request
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

Ask = Callable[[str, str, float, str, int], str]  # expertise, message, temperature, copy, number among equal ones


@dataclass(frozen=True)
class Setting:  # |D| (§5.1) and the budgets of one improvement (config.py of microsoft/stop)
    copies: int = 5
    utility_calls: int = 25
    meta_utility_calls: int = 25
    lm_calls: int = 4
    responses: int = 6


# The seed improver I_0 (Figure 2 of arXiv v1)
SEED_IMPROVER = '''\
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Improves a solution according to a utility function."""
    expertise = (
        "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    )
    message = f"""Improve the following solution:
```python
{initial_solution}
```

You will be evaluated based on this score function:
```python
{utility.str}
```

You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it."""
    n_messages = min(language_model.max_responses_per_call, utility.budget)
    new_solutions = language_model.batch_prompt(expertise, [message] * n_messages, temperature=0.7)
    new_solutions = extract_code(new_solutions)
    best_solution = max(new_solutions, key=utility)
    return best_solution
'''

# The downstream task (u, s): learning parity with noise (§5.1)
LPN_SEED = '''\
import random


def algorithm(train_samples, train_parity, test_samples):
    """Guesses every parity by tossing a fair coin; it looks at nothing."""
    return [random.randint(0, 1) for _ in test_samples]
'''
LPN = '''"""The utility of a program that learns parity with noise: the mean accuracy on 20 instances.

algorithm(train_samples, train_parity, test_samples) -> predictions
train_samples: 100 lists of 10 bits. train_parity: for each the parity of a hidden subset of its bits, 5% of them flipped.
test_samples: 20 lists of 10 bits. predictions: a list with the parity, 0 or 1, of each.
A program that fails on one instance, or takes more than 2 s for it, has utility 0. The standard library alone is there.
"""
'''
TRAIN, TEST = (4321, 20), (5678, 50)  # the seed of the first instance, and how many; TEST is for reports alone


def sample(rng: random.Random) -> tuple[dict[str, list], list[int]]:
    """One instance: what the program gets, and the labels that it must predict."""
    subset = [rng.random() < 0.3 for _ in range(10)]
    samples = [[rng.randint(0, 1) for _ in range(10)] for _ in range(120)]
    parity = [sum(bit for bit, chosen in zip(row, subset, strict=True) if chosen) % 2 for row in samples]
    noisy = [label ^ (rng.random() < 0.05) for label in parity[:100]]
    return {"train_samples": samples[:100], "train_parity": noisy, "test_samples": samples[100:]}, parity[100:]


def accuracy(labels: list[int], predictions: list[int]) -> float:
    """The share that is right. An array of another shape once scored more than 1000% (§6.3): the length is checked."""
    if len(predictions) != len(labels) or any(each not in (0, 1) for each in predictions):
        raise ValueError("not one 0 or 1 for each test sample")
    return sum(label == each for label, each in zip(labels, predictions, strict=True)) / len(labels)


def lpn_utility(solution: str | None, split: tuple[int, int] = TRAIN) -> float:
    """u(s)."""
    try:
        algorithm = load(solution, "algorithm")
        instances = [sample(random.Random(seed)) for seed in range(split[0], sum(split))]
        return fmean(accuracy(labels, limited(2.0, algorithm, **inputs)) for inputs, labels in instances)
    except (Exception, SystemExit):
        return 0.0


# The meta-utility û (equation 2)
META = '''"""The meta-utility of an improver: the mean utility of the solutions that it reaches on hidden downstream tasks.

improve_algorithm(initial_solution, utility, language_model) -> text of a better solution
utility(solution) -> float; .str says what it measures; .budget: after so many calls it is 0
language_model.batch_prompt(expertise, messages, temperature) -> responses; .max_responses_per_call; .budget of calls
from helpers import extract_code: the program in a response, or None; for a list, a list
An improver that fails has utility 0 on that task. Answer with the whole improver in one fenced block of Python.
"""
'''


class Utility:
    """What an improver gets as u: `budget` calls, then 0."""

    def __init__(self, measure: Callable[[str | None], float], text: str, budget: int) -> None:
        self.str, self.budget, self._measure, self._calls = text, budget, measure, 0

    def __call__(self, solution: str | None) -> float:
        self._calls += 1
        return self._measure(solution) if self._calls <= self.budget else 0.0


class LanguageModel:
    """What an improver gets as L: `budget` calls of at most `max_responses_per_call` responses; a larger call costs several."""

    def __init__(self, ask: Ask, setting: Setting, copy: str = "") -> None:
        self.budget, self.max_responses_per_call = setting.lm_calls, setting.responses
        self._ask, self._copy, self._calls, self._asked = ask, copy, 0, Counter[tuple]()

    def batch_prompt(self, expertise: str, messages: list[str], temperature: float = 0.7) -> list[str]:
        cost = math.ceil(len(messages) / self.max_responses_per_call)
        if self._calls + cost > self.budget:
            raise RuntimeError("the budget of the language model is spent")
        self._calls, responses = self._calls + cost, []
        for prompt in ((expertise, message, temperature) for message in messages):
            responses.append(self._ask(*prompt, self._copy, self._asked[prompt]))
            self._asked[prompt] += 1
        return responses


def improve(improver: str, solution: str, utility: Utility, language_model: LanguageModel) -> str | None:
    """I(u, s, L) (equation 1); None if the improver raises, empty if it returns no text."""
    try:
        improved = load(improver, "improve_algorithm")(solution, utility, language_model)
        return improved if isinstance(improved, str) else ""
    except (Exception, SystemExit):
        return None


def u_hat(
    improver: str | None, ask: Ask, setting: Setting, splits: tuple = (TRAIN,), strict: bool = False
) -> list[float]:
    """Mean utility on each split of what the improver makes of |D| copies of (u, s); `strict`: 0 if it raises on one."""
    found = []
    for copy in range(setting.copies):
        utility = Utility(lpn_utility, LPN, setting.utility_calls)
        print(f"an improver works on copy {copy + 1} of {setting.copies}", file=sys.stderr)
        found.append(improve(improver, LPN_SEED, utility, LanguageModel(ask, setting, f"copy{copy}")))
    worth = 0.0 if strict and None in found else 1.0
    return [worth * fmean(lpn_utility(solution, split) for solution in found) for split in splits]


# Algorithm 1: for t = 1 to T do I_t <- I_{t-1}(û, I_{t-1}, L)


def self_improve(seed_improver: str, iterations: int, ask: Ask, setting: Setting) -> Iterator[tuple[str, list[float]]]:
    """I_t and its û, in training and test, for t = 0, …, T. If a result is not taken, the maker of I_t improves it next."""
    maker = at_work = improver = seed_improver
    values = u_hat(seed_improver, ask, setting, (TRAIN, TEST))
    yield improver, values
    for _ in range(iterations):
        utility = Utility(lambda s: u_hat(s, ask, setting, strict=True)[0], META, setting.meta_utility_calls)
        candidate = improve(at_work, improver, utility, LanguageModel(ask, setting))
        again = [0.0] if candidate is None else u_hat(candidate, ask, setting, (TRAIN, TEST))
        if again[0] > 0:
            maker, improver, values = at_work, candidate, again
        at_work = improver if again[0] > 0 else maker
        yield improver, values


def load(program: str | None, name: str) -> Callable:
    space: dict = {}
    limited(2.0, exec, program, space)
    return space[name]


def late(*_: object) -> None:
    raise TimeoutError


def limited(seconds: float, function: Callable, *arguments: object, **named: object) -> object:
    """Call a function that may compute for so long."""
    signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        return function(*arguments, **named)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def extract_code(response: str | list[str]) -> object:
    """The last fenced block of Python in a response, or None; for a list, a list."""
    if isinstance(response, list):
        return [extract_code(each) for each in response]
    blocks = re.findall(r"^```(?:python)?[ \t]*\n(.*?)^```[ \t]*$", response, re.DOTALL | re.MULTILINE)
    return blocks[-1].rstrip() if blocks else None


def from_table(expertise: str, message: str, temperature: float, copy: str, number: int) -> str:
    """A response of responses.json: a checksum of what was asked chooses, so that every run is the same."""
    table = json.loads(Path(__file__).with_name("responses.json").read_text(encoding="utf-8"))
    fitting = table["improver" if "improve_algorithm(" in message else "lpn"]
    return "\n".join(fitting[zlib.crc32(f"{copy} {number} {message}".encode()) % len(fitting)])


def from_server(expertise: str, message: str, temperature: float, copy: str, number: int, *, model: str) -> str:
    """A response of a server that speaks OpenAI's chat completions."""
    base = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1").rstrip("/")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ.get('OPENAI_API_KEY', '')}"}
    messages = [{"role": "system", "content": expertise}, {"role": "user", "content": message}]
    body = json.dumps({"model": model, "messages": messages, "temperature": temperature}).encode()
    request = urllib.request.Request(f"{base}/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=600) as response:
        return json.load(response)["choices"][0]["message"]["content"] or ""


sys.modules["helpers"] = sys.modules[__name__]  # `from helpers import extract_code` of an improver

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="STOP on learning parity with noise. There is no jail.")
    parser.add_argument("-T", type=int, default=1, help="iterations of Algorithm 1")
    parser.add_argument("--model", help="name of a model; without it, the table responses.json answers")
    arguments = parser.parse_args()
    ask = partial(from_server, model=arguments.model) if arguments.model else from_table
    for t, (improver, (train, test)) in enumerate(self_improve(SEED_IMPROVER, arguments.T, ask, Setting())):
        print(f"I_{t}: û = {train:.3f} in training, {test:.3f} on held-out instances", flush=True)
    print(f"\n{improver}\n")
    if not arguments.model:
        print("A table of given responses answered, which is no language model: these figures are no result.")
