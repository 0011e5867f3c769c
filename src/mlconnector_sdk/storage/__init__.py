"""Backends of the ports: memory, and SQLite as the embedded default.

=====================  ==========================================================================
``MemoryStore`` ...    for tests, notebooks and examples: gone when the process ends
``SQLiteStore`` ...    one file that several threads and processes of one machine share
``KeyRing``            the keys with which the SQLite secret and token stores encrypt
=====================  ==========================================================================

Nothing is imported before it is asked for: the memory backend needs neither sqlite3 nor cryptography.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_MODULES = {"KeyRing": "vault", "Memory": "memory", "SQLite": "sqlite"}


def __getattr__(name: str) -> Any:
    if name in __all__:
        module = next(module for prefix, module in _MODULES.items() if name.startswith(prefix))
        return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
