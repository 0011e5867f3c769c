"""What can go wrong between a client and a vendor, planned request by request."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from attrs import define, field, frozen

__all__ = [
    "Answer",
    "Delay",
    "Drop",
    "Fault",
    "FaultPlan",
    "Hang",
    "LoseAnswer",
    "SlowWork",
    "Truncate",
    "WebPage",
]


@frozen
class Answer:
    """Answer with this status instead of doing the work: 429, 500, 503 ...

    Args:
        status: The HTTP status.
        retry_after: Sent as the Retry-After header, word for word; None sends none.
        body: The answer's body.
        content_type: Of the body.
        headers: Further headers.
    """

    status: int
    retry_after: str | int | None = None
    body: bytes = b'{"message":"simulated fault"}'
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class Delay:
    """Wait so many (real) seconds before the request is even looked at; then do everything as usual."""

    seconds: float


@frozen
class SlowWork:
    """Take the request at once and work on it for so many (real) seconds: the answer comes late."""

    seconds: float


@frozen
class Hang:
    """Never answer and do nothing: the client runs into its time-out."""


@frozen
class Drop:
    """Break the connection without doing the work.

    Args:
        when: ``before reading`` the body, or ``before answering``, when all of it was read.
    """

    when: Literal["before reading", "before answering"] = "before answering"


@frozen
class LoseAnswer:
    """Do the work, then lose the answer.

    Args:
        how: ``reset`` the connection, ``close`` it in an orderly way, or ``hang`` until the client gives up.
    """

    how: Literal["reset", "close", "hang"] = "reset"


@frozen
class Truncate:
    """Do the work, send the head and half of the body, then close the connection."""


@frozen
class WebPage:
    """Answer 200 with an HTML page, as a proxy or a maintenance page does, without doing the work."""

    html: str = "<!doctype html><html><body><h1>We will be back soon</h1></body></html>"


Fault: TypeAlias = Answer | Delay | SlowWork | Hang | Drop | LoseAnswer | Truncate | WebPage


@define
class _Planned:
    fault: Fault
    method: str
    path: str
    nth: int
    times: int | None
    seen: int = 0

    def strikes(self) -> bool:
        """Count a matching request and say whether it is one of those to fail."""
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)


class FaultPlan:
    """Which requests fail, and how.

    Example:
        >>> plan = FaultPlan()
        >>> plan.add(Answer(503), method="GET", path="*/purchase-orders", nth=2)
        >>> plan.take("GET", "/api/purchasing/v1/purchase-orders") is None
        True
        >>> plan.take("GET", "/api/purchasing/v1/purchase-orders") == Answer(503)
        True
    """

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()
        self.struck: list[tuple[str, str, Fault]] = []
        """Method, path and fault of every request that was made to fail."""

    def add(
        self, fault: Fault, *, method: str = "*", path: str = "*", nth: int = 1, times: int | None = 1
    ) -> None:
        """Plan a fault.

        Args:
            fault: What goes wrong.
            method: The HTTP method, or ``*``.
            path: The path, with ``*`` for any characters: ``*/purchase-orders/*``.
            nth: The first matching request to fail, counted from now; 1 is the next one.
            times: How many in a row; None for all from then on.
        """
        with self._lock:
            self._planned.append(_Planned(fault, method, path, nth, times))

    def clear(self) -> None:
        """Forget every fault that was planned."""
        with self._lock:
            self._planned.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, or None. Every plan that matches counts the request."""
        if not self._planned:
            return None
        with self._lock:
            striking = [
                planned.fault
                for planned in self._planned
                if fnmatchcase(method, planned.method)
                and fnmatchcase(path, planned.path)
                and planned.strikes()
            ]
            if not striking:
                return None
            self.struck.append((method, path, striking[0]))
            return striking[0]
