"""Backends of the ports: memory, and SQLite as the embedded default.

=====================  ==========================================================================
``MemoryStore`` ...    for tests, notebooks and examples: gone when the process ends
``SQLiteStore`` ...    one file that several threads and processes of one machine share
``KeyRing``            the keys with which the SQLite secret and token stores encrypt
=====================  ==========================================================================

Nothing is imported before it is asked for: the memory backend needs neither sqlite3 nor cryptography.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlconnector_sdk.lazy import lazily

if TYPE_CHECKING:
    from mlconnector_sdk.storage.memory import (
        MemoryAuditLog,
        MemorySecretStore,
        MemoryStore,
        MemoryTokenStore,
    )
    from mlconnector_sdk.storage.sqlite import (
        SQLiteAuditLog,
        SQLiteSecretStore,
        SQLiteStore,
        SQLiteTokenStore,
    )
    from mlconnector_sdk.storage.vault import KeyRing

__all__ = [
    "KeyRing",
    "MemoryAuditLog",
    "MemorySecretStore",
    "MemoryStore",
    "MemoryTokenStore",
    "SQLiteAuditLog",
    "SQLiteSecretStore",
    "SQLiteStore",
    "SQLiteTokenStore",
]

_HOMES = {
    "KeyRing": "vault",
    "MemoryAuditLog": "memory",
    "MemorySecretStore": "memory",
    "MemoryStore": "memory",
    "MemoryTokenStore": "memory",
    "SQLiteAuditLog": "sqlite",
    "SQLiteSecretStore": "sqlite",
    "SQLiteStore": "sqlite",
    "SQLiteTokenStore": "sqlite",
}

__getattr__, __dir__ = lazily(__name__, _HOMES)
