"""The fixtures of strop's own tests that these use."""

from conftest import bench as bench
from conftest import jail as jail
from conftest import own_key as own_key
