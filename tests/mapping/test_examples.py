from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import mlconnector_sdk.mapping

MODULES = [
    module.name
    for module in pkgutil.walk_packages(mlconnector_sdk.mapping.__path__, "mlconnector_sdk.mapping.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
