"""The fixtures of strop's own tests that these use."""

from conftest import jail as jail
from conftest import own_key as own_key
from end_to_end.conftest import start_strop as start_strop
from end_to_end.conftest import strop as strop
from hostile.conftest import nothing_idle as nothing_idle
