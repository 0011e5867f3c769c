"""The memory backend keeps the contracts."""

from __future__ import annotations

import pytest

from mlconnector_sdk.storage.memory import MemoryAuditLog, MemorySecretStore, MemoryStore, MemoryTokenStore
from mlconnector_sdk.testing import (
    AuditLogContract,
    SecretStoreContract,
    StoreContract,
    TokenStoreContract,
)


class TestMemoryStore(StoreContract):
    walks = 100

    @pytest.fixture
    def store(self):
        with MemoryStore() as store:
            yield store


class TestMemoryAuditLog(AuditLogContract):
    @pytest.fixture
    def log(self):
        return MemoryAuditLog()


class TestMemorySecretStore(SecretStoreContract):
    @pytest.fixture
    def secrets(self):
        return MemorySecretStore()


class TestMemoryTokenStore(TokenStoreContract):
    @pytest.fixture
    def tokens(self):
        return MemoryTokenStore()
