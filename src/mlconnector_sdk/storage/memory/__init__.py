"""Backends that live in this process alone: for tests, notebooks and examples."""

from mlconnector_sdk.storage.memory.audit import MemoryAuditLog
from mlconnector_sdk.storage.memory.secrets import MemorySecretStore
from mlconnector_sdk.storage.memory.store import MemoryStore
from mlconnector_sdk.storage.memory.tokens import MemoryTokenStore

__all__ = ["MemoryAuditLog", "MemorySecretStore", "MemoryStore", "MemoryTokenStore"]
