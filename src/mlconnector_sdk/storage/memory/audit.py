"""The audit trail in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from mlconnector_sdk.records import AuditEvent

__all__ = ["MemoryAuditLog"]


class MemoryAuditLog:
    """An `AuditLog` that is gone when the process ends. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[str, AuditEvent] = {}

    def write(self, events: Sequence[AuditEvent]) -> None:
        """Keep these lines; one whose id is known already is left as it is."""
        with self._lock:
            for event in events:
                self._lines.setdefault(event.id, event)

    def read(self, *, number: str = "", entry_id: str = "") -> list[AuditEvent]:
        """The lines about a business number or an entry, oldest first (both empty: about no document)."""
        with self._lock:
            lines = list(self._lines.values())
        if number or entry_id:
            about = [
                line
                for line in lines
                if (not number or line.number == number) and (not entry_id or line.entry_id == entry_id)
            ]
        else:
            about = [line for line in lines if not line.number and not line.entry_id]
        return sorted(about, key=lambda line: line.at)
