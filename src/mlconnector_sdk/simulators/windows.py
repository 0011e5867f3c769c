"""Rate limits as vendors keep them: so many requests in any window of so many seconds."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from mlconnector_sdk.simulators.clock import VirtualTime

__all__ = ["SlidingWindow"]


class SlidingWindow:
    """At most ``limit`` requests in any ``seconds``, measured on the virtual clock.

    Refused requests do not count, so a client that waits as told gets in.

    Example:
        >>> clock = VirtualTime()
        >>> window = SlidingWindow(2, 60, clock)
        >>> window.take(), window.take(), window.take()
        (0.0, 0.0, 60.0)
        >>> clock.advance(60)
        >>> window.take()
        0.0
    """

    def __init__(self, limit: int, seconds: float, time: VirtualTime) -> None:
        self.limit = limit
        self.seconds = seconds
        self._time = time
        self._taken: deque[datetime] = deque()

    def take(self) -> float:
        """Take a slot and return 0.0, or take none and return the seconds until one is free."""
        now = self._time.now()
        length = timedelta(seconds=self.seconds)
        while self._taken and self._taken[0] + length <= now:
            self._taken.popleft()
        if len(self._taken) < self.limit:
            self._taken.append(now)
            return 0.0
        return (self._taken[0] + length - now).total_seconds()
