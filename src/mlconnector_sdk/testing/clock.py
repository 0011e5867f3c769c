"""A clock that tests own."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

__all__ = ["VirtualClock"]


class VirtualClock:
    """Time that passes only when somebody sleeps or says so; for both colours, and for many threads.

    Sleeping returns at once and moves the time forward. It is never awaited, so that async clients can use
    it too.

    Args:
        start: The first instant, aware; 2 March 2026, 08:00 UTC by default.

    Example:
        >>> clock = VirtualClock()
        >>> clock.sleep(90)
        >>> clock.now().isoformat()
        '2026-03-02T08:01:30+00:00'
        >>> clock.slept
        [90]
    """

    def __init__(self, start: datetime = datetime(2026, 3, 2, 8, tzinfo=UTC)) -> None:
        self._start = start.astimezone(UTC)
        self._elapsed = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []
        """Every sleep, in order, in seconds."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Let so much time pass, and note it."""
        with self._lock:
            self.slept.append(seconds)
            self._elapsed += max(seconds, 0.0)

    def advance(self, seconds: float) -> None:
        """Let so much time pass, without anybody having slept."""
        with self._lock:
            self._elapsed += seconds
