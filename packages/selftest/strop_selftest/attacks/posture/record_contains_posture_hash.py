"""Keep the first event of a run, and read the record again.

Must be observed: what was observed of the jail stands in it, with its digest, and a weaker jail has another digest.
Source: strop's own list of cases, `record_contains_posture_hash`.
"""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

from strop.base.events import RunStarted
from strop.base.protections import Posture, Protection
from strop.lm.scripted import Scripted
from strop.runs.assembly import first_event
from strop.runs.spec import RunSpec
from strop.store import Store

NUMBERS = (161,)
ROLE = "host"


def check(ground):
    posture = ground.posture or Posture({"read": Protection("reading the host's files", False)})
    model = Scripted(lambda request: "")
    environment = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = f"{folder}/data"  # a weaker machine has no home for the key
        try:
            with Store.create(Path(folder), {}) as store:
                store.append(first_event(RunSpec(), model, posture))
            with Store.open(Path(folder)) as store:
                kept = [stored.event.posture for stored in store.events(RunStarted)]
        finally:
            os.environ.clear()
            os.environ.update(environment)
    name, first = next(iter(posture.protections.items()))
    weaker = Posture({name: replace(first, enforced=not first.enforced)})
    found = [] if [each["digest"] for each in kept] == [posture.digest] else [f"the record holds {kept}"]
    found += [] if all(set(each["protections"]) == names(posture) for each in kept) else ["a protection is missing"]
    return found + (["another posture has the same digest"] if weaker.digest == posture.digest else [])


def names(posture):
    return set(posture.protections)
