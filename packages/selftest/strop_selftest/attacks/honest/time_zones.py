"""Know the time in another place of the world.

Must be observed: it works. Source: strop's own list of honest code.
"""

import datetime
import zoneinfo

NUMBERS = (156,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    if not targets["time_zones"]:
        return  # this machine knows none
    noon = datetime.datetime(2024, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Vienna"))
    if noon.utcoffset() != datetime.timedelta(hours=2):
        return "wrong"
