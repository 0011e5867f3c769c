"""What a host may watch: one typed callable per moment of an exchange.

A hook sees names, numbers and times; never a header, a query, a body or a secret. It runs inside the
exchange and must be quick. An exception in a hook is logged with its traceback and goes no further: a write
may have left already, and a broken metric must not turn its answer into an unknown outcome.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from attrs import frozen

__all__ = ["Answered", "Hooks", "Repeating", "Sending", "Waiting"]

E = TypeVar("E")

logger = logging.getLogger("mlconnector_sdk")


@frozen(kw_only=True)
class Sending:
    """A request is about to leave.

    Args:
        request: Method and path.
        attempt: 1 for the first time.
    """

    vendor: str
    request: str
    attempt: int


@frozen(kw_only=True)
class Answered:
    """An attempt has ended.

    Args:
        status: The HTTP status, or None where there was no answer.
        problem: What went wrong, or the empty string.
        elapsed: Seconds this attempt took.
    """

    vendor: str
    request: str
    attempt: int
    status: int | None
    problem: str
    elapsed: float


@frozen(kw_only=True)
class Repeating:
    """The request goes again.

    Args:
        attempt: The attempt that failed.
        wait: Seconds until the next one.
        reason: Why.
    """

    vendor: str
    request: str
    attempt: int
    wait: float
    reason: str


@frozen(kw_only=True)
class Waiting:
    """The request waits for a free slot of a rate limit.

    Args:
        wait: Seconds, as far as known.
        reason: Which limit.
    """

    vendor: str
    request: str
    wait: float
    reason: str


@frozen(kw_only=True)
class Hooks:
    """The callables, each optional.

    Example:
        >>> waits = []
        >>> hooks = Hooks(on_wait=waits.append)
    """

    on_request: Callable[[Sending], Any] | None = None
    on_response: Callable[[Answered], Any] | None = None
    on_retry: Callable[[Repeating], Any] | None = None
    on_wait: Callable[[Waiting], Any] | None = None

    def sending(self, event: Sending) -> None:
        """Tell ``on_request``."""
        _tell(self.on_request, event)

    def answered(self, event: Answered) -> None:
        """Log the attempt, one line, and tell ``on_response``."""
        logger.info(
            "%s %s: %s in %.3f s, attempt %d",
            event.vendor,
            event.request,
            event.problem or event.status,
            event.elapsed,
            event.attempt,
        )
        _tell(self.on_response, event)

    def repeating(self, event: Repeating) -> None:
        """Log it and tell ``on_retry``."""
        logger.info("%s %s: again in %.1f s after %s", event.vendor, event.request, event.wait, event.reason)
        _tell(self.on_retry, event)

    def waiting(self, event: Waiting) -> None:
        """Log it and tell ``on_wait``."""
        logger.debug("%s %s: waits %.1f s for %s", event.vendor, event.request, event.wait, event.reason)
        _tell(self.on_wait, event)


def _tell(hook: Callable[[E], Any] | None, event: E) -> None:
    if hook is None:
        return
    try:
        hook(event)
    except Exception:
        logger.exception("a hook failed on %s", type(event).__name__)
