"""The times of change that Plex writes, and what is wrong with them on request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.plex import instants
from mlconnector_sdk.simulators.plex.rules import PlexRules

__all__ = ["Stamps"]

_DIGITS = (7, 0, 3, 2, 6)


class Stamps:
    """Makes the times: by default never the same twice, and with a changing number of digits."""

    def __init__(self, time: VirtualTime, rules: PlexRules) -> None:
        self._time = time
        self._rules = rules
        self._late = timedelta(0)
        self._count = 0
        self._taken: set[int] = set()
        self._free: dict[int, int] = {}

    def next(self) -> str:
        """The present instant by Plex's clock, as text."""
        rules = self._rules
        began = self._time.now() + timedelta(seconds=rules.clock_skew) - self._late
        if rules.whole_seconds:
            return instants.write(instants.ticks(began) // instants.SECOND * instants.SECOND)
        self._count += 1
        stamp = self._first_free(instants.ticks(began))
        return instants.write(stamp, 7 if rules.seven_digits else _DIGITS[self._count % len(_DIGITS)])

    @contextmanager
    def late(self, seconds: float) -> Iterator[None]:
        """Inside, times are so many seconds old: those at which the transactions began."""
        before, self._late = self._late, timedelta(seconds=seconds)
        try:
            yield
        finally:
            self._late = before

    def _first_free(self, instant: int) -> int:
        stamp = self._free.get(instant, instant)
        while stamp in self._taken or (self._rules.seven_digits and stamp % 10 == 0):
            stamp += 1
        self._taken.add(stamp)
        self._free[instant] = stamp + 1
        return stamp
