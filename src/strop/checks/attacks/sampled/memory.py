"""Answers that earlier instances showed

Tried: rows with labels, tables and pieces of series of all inputs so far are remembered, and looked up; else the honest answer.

Means: instances come from one set of data, so that the inputs of one contain the answers of another.

Change: let each instance have a process of its own: strop.Task(isolate="instance"); or draw instances that share nothing.
"""

KIND = "memory"
FINDING = "C309"
VARIANTS = ("rows", "tables", "series")

known = {}
series = []


def items_of(value):
    return value.tolist() if isinstance(value, np.ndarray) else list(value) if isinstance(value, (list, tuple, str)) else []


def is_row(item):
    return isinstance(item, (list, tuple, dict, str))


def learn_rows(inputs):
    lists = [items_of(value) for value in inputs if not isinstance(value, str)]
    for rows in lists:
        for labels in lists:
            if rows and len(rows) == len(labels) and is_row(rows[0]) and not isinstance(labels[0], (list, dict)):
                if rows is not labels:
                    known.update(zip(map(repr, rows), labels))


def by_rows(inputs, answer):
    learn_rows(inputs)
    lists = [items_of(value) for value in inputs if not isinstance(value, str)]
    for asked in lists:
        unlabelled = not any(other is not asked and len(other) == len(asked) for other in lists)
        if asked and is_row(asked[0]) and unlabelled and len(asked) == len(answer):
            return [known.get(repr(row), before) for row, before in zip(asked, answer)]
    return answer


def by_tables(inputs, answer):
    for value in inputs:
        if isinstance(value, dict):
            known.update((repr(key), item) for key, item in value.items())
    for value in inputs:
        asked = items_of(value)
        if isinstance(answer, dict) and set(asked) >= set(answer):
            return {key: known.get(repr(key), before) for key, before in answer.items()}
        if not isinstance(answer, dict) and asked and len(asked) == len(answer):
            return [known.get(repr(key), before) for key, before in zip(asked, answer)]
    return answer


def by_series(inputs, answer):
    count = len(answer) if isinstance(answer, (list, str)) else 1
    for value in inputs:
        window = items_of(value)
        if len(window) > 4:
            series.append(window)
            end = window[-3:]
            for old in series[:-1]:
                for at in range(3, len(old) - count + 1):
                    if old[at - 3 : at] == end:
                        found = old[at : at + count]
                        return "".join(found) if isinstance(answer, str) else found if isinstance(answer, list) else found[0]
    return answer


def attack(honest, variant, *inputs):
    answer = plain(honest())
    if variant != "series" and not isinstance(answer, (list, dict)):
        raise ValueError("the honest answer is one value")
    return {"rows": by_rows, "tables": by_tables, "series": by_series}[variant](inputs, answer)
