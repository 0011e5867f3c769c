"""The raw exchanges of documents in memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from mlconnector_sdk.ports import MOST_EXCHANGES
from mlconnector_sdk.records import RawExchange

__all__ = ["MemoryExchangeLog"]


class MemoryExchangeLog:
    """An `ExchangeLog` that is gone when the process ends. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, deque[RawExchange]] = {}

    def keep(self, exchanges: Mapping[str, Sequence[RawExchange]]) -> None:
        """Add exchanges, by entry id, oldest first; of each entry the newest stay."""
        with self._lock:
            for entry_id, new in exchanges.items():
                self._kept.setdefault(entry_id, deque(maxlen=MOST_EXCHANGES)).extend(new)

    def read(self, entry_id: str) -> list[RawExchange]:
        """What is kept of an entry, in the order in which it was added."""
        with self._lock:
            return list(self._kept.get(entry_id, ()))

    def forget(self, entry_ids: Iterable[str]) -> None:
        """Remove what is kept of entries."""
        with self._lock:
            for entry_id in entry_ids:
                self._kept.pop(entry_id, None)
