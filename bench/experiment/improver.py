import ast
import re

from helpers import extract_code

EXPERTISE = (
    "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms, "
    "with a long record of winning heuristic optimization contests."
)

RULES = """Rules for the answer:
- First think about what limits the score of the present program and state the idea in a few sentences; then give the
  COMPLETE program in one fenced block, in the language and form that the text of the score function demands.
- Correctness first: the program is run untested. Check index bounds, array sizes, integer widths, termination, the exact
  output format and every validity constraint; keep a valid answer at all times and output the best one seen.
- Respect the time limit with a wide margin, aiming at about half of it on a slow machine. If no clock may be used, count
  elementary work (not just iterations, whose cost varies with the input) and drive the cooling schedule with this counter.
- Mark at most three influential numeric constants (a temperature, a width, a probability; a work limit first of all), each
  defined on a line of its own that ends in a comment with one or two alternative values, such as
  `const double T0 = 2.0; // TUNE: 1.0, 4.0` (or `T0 = 2.0  # TUNE: 1.0, 4.0` in Python)."""

FIRST = [
    "Approach: recall what the best known solutions of exactly this kind of problem do, and implement the strongest one that "
    "is robust: a good initial construction, then a local search or simulated annealing with rich moves, whose score changes "
    "are computed incrementally (in O(1) or nearly so) so that millions of moves fit in the time.",
    "Approach: find a structural insight that others miss (an exact subproblem solvable by dynamic programming, flow or "
    "matching, a relaxation, a better state representation, a beam search with hashing and a sharp evaluation), build the "
    "program around it, and spend the remaining time on local improvement of its result.",
    "Approach: a portfolio. Run two or three really different constructions with small budgets, keep the best results, and "
    "spend the larger part of the budget on intensively improving them (large neighbourhood search, ejection chains, restarts).",
    "Approach: keep what works in the present program, but replace its weakest component by a much stronger algorithm and use "
    "the whole allowed time.",
]

LATER = [
    "Task: raise the score of the best program. Diagnose from the report where it loses most (which instances, how much time "
    "is unused, which phase is weak), then make one substantial algorithmic improvement there, and keep all that works.",
    "Task: combine. Take the strongest ideas of the programs shown, repair any failure that the reports mention, and write one "
    "program better than each of them: faster incremental evaluation, better moves, better schedule, safer time use.",
    "Task: the best program may be caught in its approach. Keep it as a first phase if it is cheap, and add a different, "
    "stronger main search after it; never return less than the first phase found.",
    "Task: polish. Look for bugs, wasted work and badly chosen parameters in the best program; speed up its inner loop and "
    "retune the schedule, without changing its approach.",
]


def clip(text, limit):
    text = str(text)
    if len(text) <= limit:
        return text
    half = limit // 2
    return text[:half] + "\n... (cut) ...\n" + text[-half:]


def looks_sound(code):
    """A cheap static test, so that broken answers cost no evaluation."""
    if not code or len(code.strip()) < 30:
        return False
    if "#include" in code:
        return "main" in code and code.count("{") == code.count("}")
    if re.search(r"^\s*(def|import|from)\s", code, re.M) and ";\n" not in code:
        try:
            ast.parse(code)
        except (SyntaxError, ValueError):
            return False
    return True


def improve_algorithm(initial_solution, utility, language_model):
    """Improves a solution by guided rounds of prompts with feedback, then by mechanical tuning."""
    pool = []          # dicts with code, scores
    seen = {initial_solution.strip()}

    def mean(entry):
        return sum(entry["scores"]) / len(entry["scores"])

    def ranked():
        return sorted(pool, key=mean, reverse=True)

    def evaluate(codes):
        codes = codes[: max(0, utility.remaining)]
        if not codes:
            return []
        try:
            values = list(utility.map(codes))
        except Exception:
            values = []
            for code in codes:
                try:
                    values.append(utility(code))
                except Exception:
                    values.append(0.0)
        added = []
        for code, value in zip(codes, values):
            entry = {"code": code, "scores": [float(value or 0.0)]}
            pool.append(entry)
            added.append(entry)
        return added

    def report_of(entry):
        if "report" in entry:
            return entry["report"]
        entry["report"] = {}
        try:
            found = utility.report(entry["code"])
            if isinstance(found, dict):
                entry["report"] = found
        except Exception:
            pass
        return entry["report"]

    def describe(entry, limit=3000):
        report = report_of(entry)
        lines = ["score: %.4f" % mean(entry)]
        for key in ("verdict", "error", "verdicts", "instances", "notes", "metrics"):
            if report.get(key):
                lines.append("%s: %s" % (key, clip(report[key], 900)))
        return clip("\n".join(lines), limit)

    def timed_out(entry):
        report = report_of(entry)
        text = " ".join(str(report.get(k, "")) for k in ("verdict", "verdicts", "error", "notes")).lower()
        return any(w in text for w in ("timeout", "timed out", "time limit", "tle"))

    def first_message(i):
        return (
            "Improve the following solution:\n```\n" + initial_solution + "\n```\n\n"
            "You will be evaluated based on this score function:\n```\n" + utility.str + "\n```\n\n"
            + FIRST[i % len(FIRST)] + "\n\n" + RULES
        )

    def later_message(i):
        order = ranked()
        best = order[0]
        parts = [
            "The solutions below are to be improved. They are evaluated by this score function:\n```\n",
            utility.str,
            "\n```\n\nBest program so far:\n```\n", best["code"], "\n```\nWhat the scorer reports of it:\n", describe(best), "\n",
        ]
        if timed_out(best):
            parts.append("It exceeded the time limit on some instance: at least halve its work limit.\n")
        # the other programs: code for the recombining message, the reports alone otherwise
        for entry in order[1:3]:
            if i % len(LATER) in (1, 2) and len(entry["code"]) < 30000:
                parts += ["\nAnother program:\n```\n", entry["code"], "\n```\n"]
            parts += ["\nWhat the scorer reports of another program:\n", describe(entry, 1500), "\n"]
        parts += ["\n", LATER[i % len(LATER)], "\n\n", RULES]
        return "".join(parts)

    round_no = 0
    while language_model.remaining > 0 and utility.remaining > 0:
        width = max(1, language_model.max_responses_per_call)
        rounds_left = max(1, language_model.remaining)
        share = -(-utility.remaining // rounds_left)
        take = max(1, min(width, share))
        have = bool(pool) and max(mean(e) for e in pool) > 0
        if have:
            messages = [later_message(i + (round_no - 1) * (width if width < len(LATER) and round_no > 2 else 0))
                        for i in range(width)]
        else:
            messages = [first_message(i + round_no) for i in range(width)]
            if pool:
                hint = "\n\nAn earlier attempt failed, so be simpler and safer. The scorer said:\n"
                messages = [m + hint + describe(pool[-1], 1500) for m in messages]
        try:
            responses = language_model.batch_prompt(EXPERTISE, messages, temperature=0.8 if not have else 0.7)
        except Exception:
            break
        round_no += 1
        fresh = []
        for response in responses:
            try:
                code = extract_code(response)
            except Exception:
                code = None
            if code and code.strip() not in seen and looks_sound(code):
                seen.add(code.strip())
                fresh.append(code)
        evaluate(fresh[:take])

    # leftover evaluations: tune marked constants of the best program
    tune = re.compile(
        r"^(?P<head>[^\n]*?=\s*)(?P<val>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?P<mid>[A-Za-z]*\s*;?\s*(?://|#)\s*TUNE:\s*)"
        r"(?P<alts>[^\n]*)$", re.M)
    tried = set()
    while utility.remaining > 0 and pool and mean(ranked()[0]) > 0:
        best = ranked()[0]
        code = best["code"]
        marks = list(tune.finditer(code)) if "improve_algorithm" not in code else []
        options = []
        slow = timed_out(best)
        for m in marks:
            integral = re.fullmatch(r"-?\d+", m.group("val")) is not None
            name = m.group("head").lower()
            is_work = any(w in name for w in ("work", "limit", "budget", "iter", "step"))
            for alt in re.findall(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", m.group("alts"))[:2]:
                if integral and not re.fullmatch(r"-?\d+", alt):
                    continue
                try:
                    grows = float(alt) > float(m.group("val"))
                except ValueError:
                    continue
                if is_work and grows:
                    continue           # more work risks the time limit on unseen instances
                if is_work and not slow:
                    continue
                new = code[: m.start("val")] + alt + code[m.end("val"):]
                if new.strip() not in seen and new not in tried:
                    options.append((0 if is_work else 1, new))
        if options:
            options.sort(key=lambda o: o[0])
            new = options[0][1]
            tried.add(new)
            seen.add(new.strip())
            evaluate([new])
            continue
        # nothing to tune: measure the two leaders again if they are close (the utility may be random)
        order = ranked()
        if len(order) > 1 and mean(order[0]) - mean(order[1]) < 0.02 and len(order[0]["scores"]) < 3:
            target = min(order[:2], key=lambda e: len(e["scores"]))
            try:
                target["scores"].append(float(utility(target["code"]) or 0.0))
            except Exception:
                break
            continue
        break

    if not pool:
        return initial_solution
    best = ranked()[0]
    if mean(best) <= 0:
        return initial_solution
    return best["code"]