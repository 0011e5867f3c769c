"""Databases to try."""

from __future__ import annotations

import shutil

import pytest

from mlconnector_sdk.storage.sqlite import Database


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    path = tmp_path_factory.mktemp("database") / "empty.db"
    Database(path).close()
    return path


@pytest.fixture
def path(empty_database, tmp_path):
    """A database without rows; copying one takes a tenth of the time of making one."""
    return shutil.copy(empty_database, tmp_path / "sync.db")
