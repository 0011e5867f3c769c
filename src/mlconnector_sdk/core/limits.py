"""Rate limits that never sleep and own no clock: they give a slot, or say how long to wait for one.

The vendor counts a request at some unknown moment between its departure and the arrival of its answer. So a
slot of a rate is held until one whole window *after the answer*: whatever the latency, no window at the
vendor ever holds more requests than the limit allows.

Times are seconds on a monotonic clock, handed in by the caller. Every method holds a mutex for microseconds.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from heapq import heappop, heappush
from typing import TypeAlias

from attrs import evolve, frozen

from mlconnector_sdk.core.headers import Quota

__all__ = ["Bucket", "Concurrency", "LimitSpec", "Rate", "Refusal", "Slot"]


@frozen
class Rate:
    """At most ``calls`` requests in any window of ``seconds``.

    Args:
        calls: How many.
        seconds: The window.
        learns: The vendor's limit header speaks of this very window, and replaces ``calls``.
    """

    calls: int
    seconds: float
    learns: bool = False


@frozen
class Concurrency:
    """At most ``calls`` requests at the same time."""

    calls: int


LimitSpec: TypeAlias = Rate | Concurrency
"""A limit as a profile states it."""


@frozen
class Refusal:
    """No slot now.

    Args:
        wait: Seconds after which asking again is worth while; a lower bound, exact for rates.
        reason: Which limit.
        freed: Where a running request stands in the way: resolves when one of them ends.
    """

    wait: float
    reason: str
    freed: Future[None] | None = None


class Slot:
    """A request's place in every limit of a bucket; `Bucket.release` gives it back."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open = True


class _Window:
    """The sliding window of one rate: slots in use, and answered ones until their window is over."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.running = 0
        self._held_until: list[float] = []  # a heap: the next one to be free comes first

    def wait(self, now: float) -> float:
        """Seconds until a slot is free."""
        while self._held_until and self._held_until[0] <= now:
            heappop(self._held_until)
        if self.running + len(self._held_until) < self.rate.calls:
            return 0.0
        # A running request holds its slot for at least one whole window from now.
        return self._held_until[0] - now if self._held_until else self.rate.seconds

    def answered(self, now: float) -> None:
        """A request has ended: its slot is held for one more window."""
        self.running -= 1
        heappush(self._held_until, now + self.rate.seconds)


class Bucket:
    """All limits that count one group of one credential's requests together.

    Args:
        specs: The limits; none at all is fine: then only the vendor's own words hold (pauses, quotas).
    """

    def __init__(self, specs: tuple[LimitSpec, ...] = ()) -> None:
        self._lock = threading.Lock()
        self._windows = [_Window(each) for each in specs if isinstance(each, Rate)]
        self._most = min((each.calls for each in specs if isinstance(each, Concurrency)), default=0)
        self._running = 0
        self._waiters: list[Future[None]] = []
        self._paused_until = 0.0
        self._quota: Quota | None = None
        self._quota_until = 0.0
        self._quota_left = 0

    def reserve(self, now: float) -> Slot | Refusal:
        """Take a slot in every limit, or in none of them."""
        with self._lock:
            refusal = self._refusal(now)
            if refusal is not None:
                return refusal
            self._running += 1
            self._quota_left -= 1
            for window in self._windows:
                window.running += 1
            return Slot()

    def refusal(self, now: float) -> Refusal | None:
        """Why no slot would be given now; None: one would. Takes nothing."""
        with self._lock:
            return self._refusal(now, peek=True)

    def release(self, slot: Slot, now: float, *, counted: bool = True) -> None:
        """The request has ended; again for the same slot: nothing happens.

        Args:
            slot: What `reserve` gave.
            now: When its answer arrived.
            counted: False when the request certainly never left: then no window holds it.
        """
        with self._lock:
            if not slot.open:
                return
            slot.open = False
            self._running -= 1
            for window in self._windows:
                if counted:
                    window.answered(now)
                else:
                    window.running -= 1
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.set_result(None)

    def pause(self, until: float) -> None:
        """Nothing leaves before ``until``; an earlier pause that lasts longer stands."""
        with self._lock:
            self._paused_until = max(self._paused_until, until)

    def learn(self, quota: Quota, now: float) -> None:
        """Take in what an answer's headers said about the vendor's own count."""
        with self._lock:
            for window in self._windows:
                if quota.limit and window.rate.learns:
                    window.rate = evolve(window.rate, calls=quota.limit)
            if quota.remaining is None or quota.reset is None:
                return
            until = now + quota.reset
            # Requests under way may not be in its count yet.
            left = quota.remaining - self._running
            if self._quota_until > now and until < self._quota_until + _SAME_WINDOW:
                left = min(left, self._quota_left)
                until = max(until, self._quota_until)
            self._quota_left, self._quota_until = left, until

    def renew(self) -> None:
        """After a fork, in the child: no thread holds the mutex, and the parent's requests are not ours."""
        self._lock = threading.Lock()
        self._running = 0
        self._waiters = []
        for window in self._windows:
            window.running = 0

    def _refusal(self, now: float, *, peek: bool = False) -> Refusal | None:
        wait, reason = self._paused_until - now, "the vendor's request to stay away"
        if self._quota_until > now and self._quota_left <= 0 and self._quota_until - now > wait:
            wait, reason = self._quota_until - now, "the vendor's own count of requests"
        for window in self._windows:
            held = window.wait(now)
            if held > wait:
                wait, reason = held, f"the limit of {window.rate.calls} in {window.rate.seconds:g} s"
        if wait > 0:
            return Refusal(wait, reason)
        if self._most and self._running >= self._most:
            freed: Future[None] = Future()
            if not peek:
                self._waiters.append(freed)
            return Refusal(_NOT_KNOWN, f"the limit of {self._most} at the same time", freed)
        return None


# Vendors count down in whole seconds: two answers of one window may name ends this far apart.
_SAME_WINDOW = 1.5

# How long a request that stands in the way will take, nobody knows.
_NOT_KNOWN = 1.0
