"""The schema of a record: tables, triggers, and a view for each kind of event, derived from its fields.

docs/reference/record.md describes it for other tools.
"""

from __future__ import annotations

import sqlite3
import typing
from contextlib import closing
from dataclasses import fields
from functools import cache

from strop.base import events as ev
from strop.base.events import Event

APPLICATION_ID = 0x73747270
"""`strp`: marks the file as ours (SQLite's `application_id`)."""
VERSION = 3
"""SQLite's `user_version`; it changes with the tables, not with the kinds of events."""

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE text (digest TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE event (
    seq INTEGER PRIMARY KEY, time REAL NOT NULL, scope TEXT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    seal TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX event_kind_scope ON event (kind, scope);
CREATE TRIGGER meta_insert BEFORE INSERT ON meta WHEN EXISTS (SELECT 1 FROM meta WHERE key = NEW.key)
    BEGIN SELECT RAISE(ABORT, 'meta is append-only'); END;
CREATE TRIGGER text_insert BEFORE INSERT ON text WHEN EXISTS (SELECT 1 FROM text WHERE digest = NEW.digest)
    BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER event_insert BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM event WHERE seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;
"""
# INSERT OR REPLACE deletes without firing delete triggers, so the insert triggers refuse it.

VIEWS: dict[str, type[Event]] = {
    "run_start": ev.RunStarted,
    "run_resumption": ev.RunResumed,
    "run_end": ev.RunFinished,
    "budget_movement": ev.BudgetMoved,
    "improvement_start": ev.ImproveStarted,
    "improvement_end": ev.ImproveFinished,
    "lm_call": ev.LmCalled,
    "lm_response": ev.LmResponded,
    "fault": ev.LmFault,
    "edit": ev.Edited,
    "extraction": ev.Extracted,
    "evaluation": ev.Evaluated,
    "suite_run": ev.SuiteRan,
    "program_run": ev.ProgramRan,
    "changed_calls": ev.CallsChanged,
    "search_end": ev.SearchEnded,
    "function_chosen": ev.FunctionChosen,
    "scenario_found": ev.ScenarioFound,
    "measurement_began": ev.MeasurementBegan,
    "comparison_began": ev.ComparisonBegan,
    "iteration_start": ev.IterationStarted,
    "iteration": ev.IterationFinished,
    "comparison": ev.Compared,
    "audit": ev.AuditNoted,
    "judgement": ev.Judged,
}

_IMPROVEMENT = """
CREATE VIEW improvement AS
SELECT s.*, e.seq AS end_seq, e.time AS end_time, e.outcome, e.detail, e.solution, e.solution_digest, e.utility_calls, e.lm_calls,
       e.cpu_seconds, e.wall_seconds, e.output
FROM improvement_start s LEFT JOIN improvement_end e USING (scope)
"""


@cache
def statements() -> str:
    """The SQL that creates an empty record."""
    refusals = [
        f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;"
        for table in ("meta", "text", "event")
        for verb in ("UPDATE", "DELETE")
    ]
    views = [f"CREATE VIEW {name} AS {_view(kind)};" for name, kind in VIEWS.items()]
    marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
    return "\n".join([_TABLES, *refusals, *views, _IMPROVEMENT + ";", marks])


@cache
def objects() -> frozenset[tuple[str, str, str]]:
    """(type, name, SQL) of every table, index and trigger of a record, as SQLite keeps them."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(statements())
        rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE type != 'view' AND sql NOT NULL")
        return frozenset(rows.fetchall())


def _view(kind: type[Event]) -> str:
    """One row for each event, one column for each field; texts also have a column with their digest."""
    types = typing.get_type_hints(kind)
    columns = ["seq", "time", "scope"]
    for name in (field.name for field in fields(kind) if field.name != "scope"):
        value = f"json_extract(data, '$.{name}')"
        if name not in kind.TEXTS:
            columns.append(f'{value} AS "{name}"')
        elif typing.get_origin(types[name]) is tuple:
            bodies = f"SELECT body FROM json_each(data, '$.{name}') i JOIN text ON digest = i.value ORDER BY i.key"
            columns += [f'(SELECT json_group_array(body) FROM ({bodies})) AS "{name}"', f'{value} AS "{name}_digests"']
        else:
            columns += [f'(SELECT body FROM text WHERE digest = {value}) AS "{name}"', f'{value} AS "{name}_digest"']
    return f"SELECT {', '.join(columns)} FROM event WHERE kind = '{kind.__name__}'"
