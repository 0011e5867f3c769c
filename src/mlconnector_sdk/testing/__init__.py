"""Contract tests for backends and adapters, a virtual clock, and the crash driver.

A backend of your own is tested by inheriting a contract and overriding its one fixture. The contracts are
imported when they are asked for, because they need pytest and hypothesis.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlconnector_sdk.testing.audit_contract import AuditLogContract
    from mlconnector_sdk.testing.exchange_contract import ExchangeLogContract
    from mlconnector_sdk.testing.secret_contract import SecretStoreContract
    from mlconnector_sdk.testing.store_contract import StoreContract
    from mlconnector_sdk.testing.token_contract import TokenStoreContract

__all__ = [
    "AuditLogContract",
    "ExchangeLogContract",
    "SecretStoreContract",
    "StoreContract",
    "TokenStoreContract",
]

_CONTRACTS = {
    "AuditLogContract": "audit_contract",
    "ExchangeLogContract": "exchange_contract",
    "SecretStoreContract": "secret_contract",
    "StoreContract": "store_contract",
    "TokenStoreContract": "token_contract",
}


def __getattr__(name: str) -> Any:
    if name not in _CONTRACTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest

    module = f"{__name__}.{_CONTRACTS[name]}"
    pytest.register_assert_rewrite(module)  # so that a broken promise shows what was compared
    return getattr(import_module(module), name)
