"""Time that a test owns: it stands still until it is advanced."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Scheduled", "VirtualTime"]


class Scheduled(Protocol):
    """Something that has things to do at later instants."""

    def next_due(self) -> datetime | None:
        """When the next thing is to be done, or None."""
        ...

    def run_due(self) -> None:
        """Do everything whose time has come, and return when it is done."""
        ...


class VirtualTime:
    """The clock of one or several simulators; a client may share it (it satisfies `ports.Clock`).

    Args:
        start: The first instant, aware.
        follow: False: time stands still between calls of `advance`. True: it also runs with real time, as
            a demonstration needs it.

    Example:
        >>> clock = VirtualTime(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
        >>> clock.advance(90)
        >>> clock.now().isoformat()
        '2026-03-02T08:01:30+00:00'
    """

    def __init__(
        self, start: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC), *, follow: bool = False
    ) -> None:
        self.follow = follow
        self._start = start.astimezone(UTC)
        self._advanced = timedelta(0)
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._scheduled: list[Scheduled] = []

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._start + self._elapsed()

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._elapsed().total_seconds()

    def advance(self, seconds: float) -> None:
        """Move on, stopping at every instant at which something is due; return when all of it is done."""
        target = self.now() + timedelta(seconds=seconds)
        while (due := self._next_due()) is not None and due <= target:
            self._move_to(due)
            self._run_due()
        self._move_to(target)
        self._run_due()

    def sleep(self, seconds: float) -> None:
        """Wait: by advancing, or for real where the clock follows real time."""
        if self.follow:
            threading.Event().wait(seconds)
        else:
            self.advance(seconds)

    def join(self, scheduled: Scheduled) -> None:
        """Have these things done when their time comes."""
        self._scheduled.append(scheduled)

    def leave(self, scheduled: Scheduled) -> None:
        """Forget them."""
        self._scheduled.remove(scheduled)

    def _elapsed(self) -> timedelta:
        real = timedelta(seconds=time.monotonic() - self._began) if self.follow else timedelta(0)
        return self._advanced + real

    def _move_to(self, instant: datetime) -> None:
        with self._lock:
            self._advanced += max(instant - self.now(), timedelta(0))

    def _next_due(self) -> datetime | None:
        return min((due for item in self._scheduled if (due := item.next_due()) is not None), default=None)

    def _run_due(self) -> None:
        for item in tuple(self._scheduled):
            item.run_due()
