"""What will happen later: webhook attempts and their retries, a supplier who takes his time."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime

from mlconnector_sdk.simulators.clock import VirtualTime

__all__ = ["Agenda"]


class Agenda:
    """Actions with a due time on the virtual clock, done one after the other.

    `VirtualTime.advance` and `run_due` do what is due in the thread of the caller, so that a test knows
    when it is done. Between `start` and `stop` a background thread does it too, once it was woken, and by
    itself where the clock follows real time.
    """

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._items: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._running = threading.Lock()
        self._woken = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def at(self, due: datetime, action: Callable[[], None]) -> None:
        """Do this then. Nothing happens before `wake`, `run_due` or an advance of the clock."""
        with self._changed:
            heapq.heappush(self._items, (due, next(self._numbers), action))

    def next_due(self) -> datetime | None:
        """When the next action is due, or None."""
        with self._changed:
            return self._items[0][0] if self._items else None

    def run_due(self) -> None:
        """Do everything that is due and return when it is done, whoever began it."""
        with self._running:
            while (action := self._take_due()) is not None:
                action()

    def wake(self) -> None:
        """Let the background thread look."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def start(self) -> None:
        """Start the background thread."""
        self._time.join(self)
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="simulator agenda", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background thread; what is not yet due stays undone."""
        if self._thread is None:
            return
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        self._thread = None
        self._time.leave(self)

    def _take_due(self) -> Callable[[], None] | None:
        with self._changed:
            if self._stopping or not self._items or self._items[0][0] > self._time.now():
                return None
            return heapq.heappop(self._items)[2]

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._woken and not self._stopping:
                    self._changed.wait(self._patience())
                if self._stopping:
                    return
                self._woken = False
            self.run_due()

    def _patience(self) -> float | None:
        if not self._time.follow:
            return None
        if not self._items:
            return 1.0
        return min(1.0, max(0.0, (self._items[0][0] - self._time.now()).total_seconds()))
