"""Retry is three questions: may it be repeated, may we afford it, and how long do we wait.

The first is answered by a table per vendor (`Verdicts`), the second by a `Budget` that a failing service
drains, the third by the arithmetic of the `backoff` package with full jitter. Nothing in this file waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import Factory, field, frozen

from mlconnector_sdk.errors import (
    AuthenticationFailed,
    NotFound,
    PermissionDenied,
    RequestRefused,
    Scope,
    Throttled,
    UnreadableAnswer,
    VendorError,
    VendorUnavailable,
)

if TYPE_CHECKING:
    from mlconnector_sdk.core.answers import Answer

__all__ = ["Budget", "Fault", "Kind", "Row", "Verdict", "Verdicts", "read_fault", "retry_wait"]


class Kind(Enum):
    """What an answer means for the request."""

    REFUSED = "refused"
    """This very request will be refused again."""
    MISSING = "missing"
    """There is no such record."""
    UNAUTHORIZED = "unauthorized"
    """The credentials or the token were not taken: once more with a new token, then give up."""
    FORBIDDEN = "forbidden"
    """Known, but not allowed: a role or a subscription is missing."""
    THROTTLED = "throttled"
    """Too many requests: the whole bucket pauses, then the request goes again."""
    IN_PROGRESS = "in progress"
    """The same idempotency key is still running: wait and send the same key again."""
    UNAVAILABLE = "unavailable"
    """An outage: goes again if repeating is safe."""


_ERRORS: dict[Kind, type[VendorError]] = {
    Kind.REFUSED: RequestRefused,
    Kind.MISSING: NotFound,
    Kind.UNAUTHORIZED: AuthenticationFailed,
    Kind.FORBIDDEN: PermissionDenied,
    Kind.THROTTLED: Throttled,
    Kind.IN_PROGRESS: VendorUnavailable,
    Kind.UNAVAILABLE: VendorUnavailable,
}
_UNSURE = (Kind.IN_PROGRESS, Kind.UNAVAILABLE)


@frozen(kw_only=True)
class Verdict:
    """What an answer means, and what to do about it.

    Args:
        kind: What happens next.
        certain: Whether the vendor certainly did *not* carry the request out; by default true for every
            kind but ``UNAVAILABLE`` and ``IN_PROGRESS``.
        error: The class that is raised in the end; by default the usual one for its kind.
        scope: Whose fault it is; None: as the error class says.
        remedy: What a person should do, one sentence.
        pause: Seconds to stay away at least, where the vendor gives no ``Retry-After``.
        repeats: How often at most the request goes again for this verdict; None: the profile's limit.
    """

    kind: Kind
    certain: bool = field(default=Factory(lambda self: self.kind not in _UNSURE, takes_self=True))
    error: type[VendorError] = field(default=Factory(lambda self: _ERRORS[self.kind], takes_self=True))
    scope: Scope | None = None
    remedy: str = ""
    pause: float = 0.0
    repeats: int | None = None


@frozen(kw_only=True)
class Fault:
    """What an error body says, as far as it can be read.

    Args:
        code: The vendor's own code.
        message: The vendor's own words.
    """

    code: str = ""
    message: str = ""


@frozen(kw_only=True)
class Row:
    """One row of the table: an answer with this status (and code) gets this verdict.

    Args:
        status: ``429``, or a class such as ``"5xx"``.
        code: The vendor's own code; empty matches every code.
        verdict: What it means.
    """

    status: int | str
    code: str = ""
    verdict: Verdict

    def matches(self, status: int, code: str) -> bool:
        """Whether an answer falls under this row."""
        return self.status in (status, f"{status // 100}xx") and self.code in ("", code)


def read_fault(answer: Answer) -> Fault:
    """Read the usual shapes of error bodies.

    Known are ``{code, message}``, ``{error, error_description}``, ``{errors: [...]}``, ``{error: {...}}`` and
    ``{title, detail}`` (RFC 9457); names in any case.
    """
    try:
        body = answer.json()
    except UnreadableAnswer:
        return Fault()
    for _ in range(3):  # an error may be wrapped: in a list, under "errors", under "error"
        if isinstance(body, list) and body:
            body = body[0]
        elif isinstance(body, dict):
            body = {str(key).lower().lstrip("$"): value for key, value in body.items()}
            inner = next((body[name] for name in ("errors", "error") if _wraps(body.get(name))), None)
            if inner is None:
                break
            body = inner
    if not isinstance(body, dict):
        return Fault()
    return Fault(
        code=_first(body, "code", "error_code", "errorcode", "error"),
        message=_first(body, "message", "error_description", "detail", "title", "exceptionmessage"),
    )


def _wraps(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _first(body: dict[str, Any], *names: str) -> str:
    return next((str(body[name]) for name in names if isinstance(body.get(name), str | int)), "")


Inspect: TypeAlias = "Callable[[Answer], Verdict | None]"
ReadFault: TypeAlias = "Callable[[Answer], Fault]"


@frozen(kw_only=True)
class Verdicts:
    """A vendor's table: its own rows first, in order, then what the statuses usually mean.

    Args:
        rows: The vendor's own rows; the first that matches wins.
        fault: Reads code and message from an error body; pure.
        inspect: Looks into an answer with a good status for an error inside; pure; None: it is good.
    """

    rows: tuple[Row, ...] = ()
    fault: ReadFault = read_fault
    inspect: Inspect | None = None

    def judge(self, answer: Answer) -> tuple[Verdict, Fault] | None:
        """What an answer means; None: it is good."""
        if 200 <= answer.status < 300:
            verdict = self.inspect(answer) if self.inspect else None
            return None if verdict is None else (verdict, self.fault(answer))
        fault = self.fault(answer)
        for row in (*self.rows, *_USUAL):
            if row.matches(answer.status, fault.code):
                return row.verdict, fault
        return Verdict(kind=Kind.UNAVAILABLE), fault


_USUAL = (
    Row(status="3xx", verdict=Verdict(kind=Kind.REFUSED, scope=Scope.FLOW, remedy="check the base URL")),
    Row(status=401, verdict=Verdict(kind=Kind.UNAUTHORIZED)),
    Row(status=403, verdict=Verdict(kind=Kind.FORBIDDEN)),
    Row(status=404, verdict=Verdict(kind=Kind.MISSING)),
    Row(status=408, verdict=Verdict(kind=Kind.UNAVAILABLE)),
    Row(status=410, verdict=Verdict(kind=Kind.MISSING)),
    Row(status=425, verdict=Verdict(kind=Kind.UNAVAILABLE)),
    Row(status=429, verdict=Verdict(kind=Kind.THROTTLED)),
    Row(status="4xx", verdict=Verdict(kind=Kind.REFUSED)),
    Row(status="5xx", verdict=Verdict(kind=Kind.UNAVAILABLE)),
)


class Budget:
    """May we afford a retry? Successes earn what retries spend, so that an outage adds little load.

    Args:
        capacity: What it holds at most, and at the start.
        cost: What one retry costs. With 100 and 5 a dead service sees twenty retries, however many calls
            are made, and one more for every five answers that succeed.
    """

    def __init__(self, capacity: float = 100.0, cost: float = 5.0) -> None:
        self._lock = threading.Lock()
        self._capacity = capacity
        self._cost = cost
        self._left = capacity

    def spend(self) -> bool:
        """Take the cost of one retry; False: it cannot be afforded."""
        with self._lock:
            if self._left < self._cost:
                return False
            self._left -= self._cost
            return True

    def earn(self, *, retried: bool) -> None:
        """A request succeeded: after a retry it pays that retry back, else a little."""
        with self._lock:
            self._left = min(self._left + (self._cost if retried else 1.0), self._capacity)

    def renew(self) -> None:
        """After a fork, in the child: no thread holds the mutex."""
        self._lock = threading.Lock()


Jitter: TypeAlias = Callable[[float], float]

_FIRST = 0.5
_LONGEST = 30.0


def retry_wait(attempt: int, jitter: Jitter | None = None) -> float:
    """Seconds to wait after the nth failed attempt: 0.5, 1, 2, 4 ... at most 30, each with full jitter.

    Args:
        attempt: 1 after the first failure.
        jitter: From the ceiling to the wait; by default evenly anything from nothing to the ceiling.
    """
    import backoff  # archived upstream: its arithmetic only, in this one place

    ceilings = _ceilings()
    return (jitter or backoff.full_jitter)(ceilings[min(attempt, len(ceilings)) - 1])


@cache
def _ceilings() -> tuple[float, ...]:
    import backoff

    steps = backoff.expo(factor=_FIRST, max_value=_LONGEST)
    next(steps)  # backoff's generators start with an empty step
    return tuple(next(steps) for _ in range(8))
