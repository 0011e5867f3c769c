"""The keys that keep a document single.

`ordering_key` puts observations in line, `idempotency_key` is what the vendor sees. (What admits an
observation, the dedupe key, is the store's: see `ports.Store.collect`.)
"""

from __future__ import annotations

from urllib.parse import quote

from mlconnector_sdk.records import digest

__all__ = ["idempotency_key", "ordering_key"]


def ordering_key(*, flow: str, tenant: str, environment: str, partner: str, number: str) -> str:
    """One line in which the observations of one business document wait for each other.

    The same number may exist in another company code, in the test system and at another partner: all of
    them are part of the key. It is readable on purpose: people see it in a database.

    Example:
        >>> ordering_key(flow="orders", tenant="1234", environment="test", partner="ACME", number="PO|7")
        'orders|1234|test|ACME|PO%7C7'
    """
    return "|".join(quote(part, safe=" -._:/#") for part in (flow, tenant, environment, partner, number))


def idempotency_key(ordering_key: str, kind: str, sequence: int, payload: bytes) -> str:
    """What the vendor is shown to recognise a repeat: other bytes never get the same key."""
    return digest(ordering_key, kind, str(sequence), payload)
