"""The SQLite backend keeps the contracts."""

from __future__ import annotations

import pytest

from mlconnector_sdk.storage import KeyRing
from mlconnector_sdk.storage.sqlite import (
    SQLiteAuditLog,
    SQLiteSecretStore,
    SQLiteStore,
    SQLiteTokenStore,
)
from mlconnector_sdk.testing import (
    AuditLogContract,
    SecretStoreContract,
    StoreContract,
    TokenStoreContract,
)


class TestSQLiteStore(StoreContract):
    @pytest.fixture
    def store(self, path):
        with SQLiteStore(path) as store:
            yield store


class TestSQLiteAuditLog(AuditLogContract):
    @pytest.fixture
    def log(self, path):
        with SQLiteAuditLog(path) as log:
            yield log


class TestAuditLogOfASQLiteStore(AuditLogContract):
    @pytest.fixture
    def log(self, path):
        with SQLiteStore(path) as store:
            yield store.audit


class TestSQLiteSecretStore(SecretStoreContract):
    @pytest.fixture
    def secrets(self, path):
        with SQLiteSecretStore(path, keys=KeyRing.generate()) as secrets:
            yield secrets


class TestSQLiteTokenStore(TokenStoreContract):
    @pytest.fixture
    def tokens(self, path):
        with SQLiteTokenStore(path, keys=KeyRing.generate()) as tokens:
            yield tokens
