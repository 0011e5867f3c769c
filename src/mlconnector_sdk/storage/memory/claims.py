"""Who owns which name until when, in memory."""

from __future__ import annotations

import threading
from datetime import datetime

__all__ = ["MemoryClaims"]


class MemoryClaims:
    """Names that one owner holds at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[str, datetime]] = {}

    def claim(self, name: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Become the only owner of a name until then; again by the same owner extends. False: taken."""
        with self._lock:
            holder, expires = self._held.get(name, (owner, now))
            if holder != owner and expires > now:
                return False
            self._held[name] = (owner, until)
            return True

    def release(self, name: str, owner: str) -> None:
        """Give a claim back; not ours or not there: nothing happens."""
        with self._lock:
            if name in self._held and self._held[name][0] == owner:
                del self._held[name]
