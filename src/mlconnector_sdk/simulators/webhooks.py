"""Webhooks as vendors send them: over real HTTP, with a time limit, retries, and the usual accidents."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field, frozen

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.simulators.agenda import Agenda
from mlconnector_sdk.simulators.clock import VirtualTime

__all__ = ["Attempt", "Notice", "Subscription", "WebhookSender"]


@frozen(kw_only=True)
class Notice:
    """Something that happened.

    Args:
        id: The event's id.
        kind: Its type.
        content: What the vendor has to say about it; the subscription makes the body.
    """

    id: str
    kind: str
    content: Mapping[str, Any] = field(repr=False)


@frozen(kw_only=True)
class Attempt:
    """One attempt to deliver an event.

    Args:
        attempt: 1 for the first, 2 for the first retry ...
        at: On the virtual clock.
        status: What the receiver answered in time, or None.
        reason: Why there is no status.
    """

    event_id: str
    kind: str
    url: str
    attempt: int
    at: datetime
    status: int | None
    reason: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the vendor is content: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@define(kw_only=True, eq=False)
class Subscription:
    """Where events go, and what goes wrong on the way.

    Args:
        url: The receiver.
        headers: What authenticates the vendor there.
        kinds: The event types that are sent; empty for all.
        pack: Makes the body.
        retries: Seconds from a failed attempt to the next one.
        limit: Real seconds within which the receiver has to answer.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)
    kinds: frozenset[str]
    pack: Callable[[Notice], bytes]
    retries: Sequence[float]
    limit: float
    _twice: int = 0
    _lost: int = 0
    _late: list[float] = field(factory=list)
    _reversing: int = 0
    _held: list[Notice] = field(factory=list)

    def twice(self, events: int = 1) -> None:
        """Send each of the next events two times, with the same event id."""
        self._twice += events

    def lose(self, events: int = 1) -> None:
        """Never send the next events."""
        self._lost += events

    def late(self, seconds: float, events: int = 1) -> None:
        """Send the next events so many virtual seconds late."""
        self._late += [seconds] * events

    def reverse(self, events: int = 2) -> None:
        """Hold the next events back until the last of them, then send them the last one first."""
        self._reversing = events

    def schedule(self, notice: Notice) -> list[tuple[float, Notice]]:
        """What is now to be sent, and how many seconds from now."""
        if self.kinds and notice.kind not in self.kinds:
            return []
        if self._lost:
            self._lost -= 1
            return []
        if self._reversing:
            self._held.append(notice)
            if len(self._held) < self._reversing:
                return []
            released, self._held, self._reversing = self._held[::-1], [], 0
            return [(0.0, held) for held in released]
        delay = self._late.pop(0) if self._late else 0.0
        copies = 2 if self._twice else 1
        self._twice = max(0, self._twice - 1)
        return [(delay, notice)] * copies


class WebhookSender:
    """Delivers events to every subscription, one attempt after the other.

    Attributes:
        attempts: Every attempt, in order.
        undelivered: Events that no attempt delivered: the vendor's error queue.
    """

    def __init__(self, time: VirtualTime, agenda: Agenda) -> None:
        self.attempts: list[Attempt] = []
        self.undelivered: list[Notice] = []
        self._time = time
        self._agenda = agenda
        self._subscriptions: list[Subscription] = []
        self._reported = 0
        self._lock = threading.Lock()

    def subscribe(self, subscription: Subscription) -> None:
        """Send what happens from now on to this receiver too.

        Raises:
            ConfigurationError: The URL is no HTTP URL.
        """
        parts = urlsplit(subscription.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"{subscription.url!r} is not a URL to send webhooks to")
        with self._lock:
            self._subscriptions.append(subscription)

    def emit(self, notice: Notice) -> None:
        """Put an event on its way; it leaves with the next run of the agenda."""
        now = self._time.now()
        with self._lock:
            for subscription in self._subscriptions:
                for delay, due_notice in subscription.schedule(notice):
                    self._plan(subscription, due_notice, 1, now + timedelta(seconds=delay))

    def deliver(self) -> list[int | None]:
        """Deliver what is due.

        Returns:
            The status of every attempt since the last call (None: no answer), whoever made it.
        """
        self._agenda.run_due()
        with self._lock:
            statuses = [attempt.status for attempt in self.attempts[self._reported :]]
            self._reported = len(self.attempts)
        return statuses

    def _plan(self, subscription: Subscription, notice: Notice, attempt: int, due: datetime) -> None:
        self._agenda.at(due, partial(self._attempt, subscription, notice, attempt))

    def _attempt(self, subscription: Subscription, notice: Notice, attempt: int) -> None:
        at = self._time.now()
        status, reason = _post(
            subscription.url, subscription.headers, subscription.pack(notice), subscription.limit
        )
        made = Attempt(
            event_id=notice.id,
            kind=notice.kind,
            url=subscription.url,
            attempt=attempt,
            at=at,
            status=status,
            reason=reason,
        )
        with self._lock:
            self.attempts.append(made)
            if made.delivered:
                return
            if attempt > len(subscription.retries):
                self.undelivered.append(notice)
                return
            self._plan(
                subscription, notice, attempt + 1, at + timedelta(seconds=subscription.retries[attempt - 1])
            )


def _post(url: str, headers: Mapping[str, str], body: bytes, limit: float) -> tuple[int | None, str]:
    """The receiver's status, or None and the reason."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=limit)
    target = parts.path or "/"
    began = time.monotonic()
    try:
        connection.request(
            "POST",
            f"{target}?{parts.query}" if parts.query else target,
            body,
            {"Content-Type": "application/json", **headers},
        )
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as problem:
        return None, f"{type(problem).__name__}: {problem}"
    finally:
        connection.close()
    if time.monotonic() - began > limit:
        return None, f"answered {status}, but not within {limit:g} seconds"
    return status, ""
