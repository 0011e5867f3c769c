"""What answers say about waiting: ``Retry-After`` and rate limit headers, in all their spellings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from attrs import frozen

__all__ = ["LONGEST_WAIT", "Quota", "quota", "retry_after"]

LONGEST_WAIT = 24 * 3600.0
"""Seconds: no answer makes us stay away longer than a day, whatever it says."""

# Beyond these, a number is an instant: seconds or milliseconds since 1970.
_EPOCH_SECONDS = 1e9
_EPOCH_MILLISECONDS = 1e12


@frozen(kw_only=True)
class Quota:
    """A vendor's own count.

    Args:
        limit: Requests per window, or None.
        remaining: How many are left in this window, or None.
        reset: Seconds until it ends, or None.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to stay away, from ``Retry-After`` as a number of seconds or a date.

    Returns:
        Never negative, never more than `LONGEST_WAIT`; None where there is no such header or it is garbage.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if re.fullmatch(r"\d{1,18}(\.\d{0,9})?", text, re.ASCII):
        return min(float(text), LONGEST_WAIT)
    try:
        instant = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return min(max((instant - now).total_seconds(), 0.0), LONGEST_WAIT)


def quota(headers: Mapping[str, str], now: datetime) -> Quota | None:
    """The vendor's count, from ``X-Rate-Limit-*``, ``X-RateLimit-*``, ``RateLimit-*`` or ``RateLimit``.

    A reset is seconds left; a number too large for that is read as an instant since 1970.

    Returns:
        None where no such header can be read.
    """
    for prefix in ("x-rate-limit-", "x-ratelimit-", "ratelimit-"):
        found = _quota(
            headers.get(f"{prefix}limit"),
            headers.get(f"{prefix}remaining"),
            headers.get(f"{prefix}reset"),
            now,
        )
        if found is not None:
            return found
    combined = headers.get("ratelimit", "")
    parts = dict(re.findall(r"\b(limit|remaining|reset|q|r|t)\s*=\s*(\d+)", combined))
    return _quota(
        parts.get("limit") or parts.get("q"),
        parts.get("remaining") or parts.get("r"),
        parts.get("reset") or parts.get("t"),
        now,
    )


def _quota(limit: str | None, remaining: str | None, reset: str | None, now: datetime) -> Quota | None:
    found = Quota(limit=_whole(limit), remaining=_whole(remaining), reset=_seconds(reset, now))
    return None if found == Quota() else found


def _whole(text: str | None) -> int | None:
    """The leading number: ``100, 100;w=60`` is 100."""
    match = re.match(r"\s*(\d{1,9})(?![\d.])", text or "", re.ASCII)
    return int(match[1]) if match else None


def _seconds(text: str | None, now: datetime) -> float | None:
    match = re.match(r"\s*(\d{1,15}(\.\d{0,9})?)", text or "", re.ASCII)
    if not match:
        return None
    value = float(match[1])
    if value >= _EPOCH_MILLISECONDS:
        value /= 1000
    if value >= _EPOCH_SECONDS:
        value = max(value - now.timestamp(), 0.0)
    return min(value, LONGEST_WAIT)
