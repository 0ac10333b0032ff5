"""Packages of this repository that need not be installed."""

from __future__ import annotations

import importlib.util

import pytest

has_dask = pytest.mark.skipif(not importlib.util.find_spec("strop_dask"), reason="strop[dask] is not installed")
