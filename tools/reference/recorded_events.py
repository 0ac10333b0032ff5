"""The page of the events of a record, and of the SQLite file that holds them."""

from __future__ import annotations

from reference.documents import LINKS
from reference.markdown import code, elsewhere, page, section, table
from reference.types import Fields, doc
from strop.base.events import KINDS
from strop.store.schema import VIEWS

READERS = (
    "For researchers who analyse what happened in a run with their own program, from its record or from its export."
)
COMMON = {
    "seq": ("integer", "Number of the event in the record: 1, 2, 3, … in the order in which things happened."),
    "time": ("number, Unix seconds", "When the event was recorded."),
    "kind": ("string", "Kind of the event: a heading of this page. The views do not have it."),
    "scope": (
        "string",
        "Place in the run where it happened: a path such as `t1/improve`, the self-improvement of iteration 1, or "
        "`t1/improve/u-3f2a91b04c7d#0/copy2`, the first evaluation of that candidate on copy 2 of the task.",
    ),
}
TABLES = {
    "event": "One row an event: `seq`, `time`, `scope`, `kind`, `seal`, and `data`, the fields as JSON with digests for texts.",
    "text": "Each program, prompt and response once: `digest` (SHA-256 of the text) and `body` (the text).",
    "meta": "Facts of the record: `key` and `value`.",
}


def events_page() -> str:
    """The text of the page."""
    made = Fields(
        {kind: f"[{words[1:].partition(']')[0]}](json.md{words.partition('](')[2]}" for kind, words in LINKS.items()}
    )
    views = {kind: view for view, kind in VIEWS.items()}
    rows = [
        (section(name), code(views[kind]), doc(kind).partition(". ")[0].rstrip(".") + ".")
        for name, kind in KINDS.items()
    ]
    return page(
        "Events of a record",
        READERS,
        [
            "strop records everything that happens in a run as events, in the file `run.sqlite` of the run's directory. "
            "An event is recorded before the run goes on, so that `kill -9` loses none. "
            f"{elsewhere('The record', 'record.md')} says what else a run keeps.",
            "",
            *table(("event", "view", "meaning"), rows),
            "",
            "## What every event has",
            "",
            *table(("field", "type", "meaning"), [(code(name), *one) for name, one in COMMON.items()]),
            "",
            "## Read the lines of an export",
            "",
            "`strop export RUN` writes the events as `events.jsonl`, one JSON object a line, with the fields of every event and "
            "those of its kind. `--texts digests` writes SHA-256 digests in place of programs, prompts, responses, errors and "
            "notes.",
            "",
            "```python",
            "import pandas as pd",
            "",
            'events = pd.read_json("events.jsonl", lines=True)',
            'evaluations = events[events.kind == "Evaluated"].dropna(axis="columns", how="all")',
            "```",
            "",
            "## Read the SQLite file",
            "",
            "Any SQLite tool reads `run.sqlite`. While the run goes on, and after a kill, `run.sqlite-wal` and `run.sqlite-shm` "
            "belong to the file.",
            "",
            *table(("table", "rows and columns"), [(code(name), words) for name, words in TABLES.items()]),
            "",
            "Each kind of event has a view: one row an event, with the columns `seq`, `time`, `scope` and one for each field.",
            "",
            "- A field of the type *text*, such as `solution`, is the text itself. The column `solution_digest` has its digest.",
            "- A *list of texts*, such as `messages`, is a list in JSON. The column `messages_digests` lists their digests.",
            "- Lists and objects are JSON, which `json_each` reads. `true` and `false` are 1 and 0.",
            "- Quote the columns `limit`, `index` and `by` in SQL.",
            "",
            "The view `improvement` has one row for each execution of an improver: it joins `improvement_start` and "
            "`improvement_end` by `scope`. `outcome` is null where the improver has not ended.",
            "",
            "The ten best programs in training:",
            "",
            "```sql",
            "SELECT max(value) AS value, substr(solution_digest, 1, 12) AS solution, scope",
            "FROM evaluation WHERE utility <> 'self-improvement' AND split = 'train' AND verdict = 'ok'",
            "GROUP BY solution_digest ORDER BY 1 DESC LIMIT 10;",
            "```",
        ],
        *(
            [
                f"## {name}",
                "",
                f"{doc(kind)} Its view is `{views[kind]}`.",
                "",
                *made.table(kind, without=("scope",), texts=kind.TEXTS),
            ]
            for name, kind in KINDS.items()
        ),
    )
