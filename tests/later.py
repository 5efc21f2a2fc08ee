"""Packages that take seconds to import, imported by the test that needs them first."""

import importlib
from importlib.util import find_spec

import pytest


class _Later:
    """Stands for a package, and imports it when something of it is asked for."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        return getattr(importlib.import_module(self._name), attribute)


def later(name):
    """The package, for a whole file of tests, which is skipped where there is none.

    Every process that runs tests collects all of them: what files import, each of the processes imports.
    """
    if find_spec(name) is None:
        pytest.skip(f"needs {name}", allow_module_level=True)
    return _Later(name)
