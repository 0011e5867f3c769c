"""Instants as Plex writes them: up to seven digits after the second, more than a `datetime` keeps.

They are counted here in ticks of 100 nanoseconds since 1970, so that no digit is lost.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from mlconnector_sdk.errors import InvalidDocument

__all__ = ["SECOND", "parse", "start_of_day", "ticks", "write"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 10_000_000
"""Ticks in a second."""
_FORM = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?(?:(Z)|([+-])(\d\d):?(\d\d))", re.ASCII
)


def ticks(instant: datetime) -> int:
    """An aware `datetime` in ticks."""
    return (instant - _EPOCH) // timedelta(microseconds=1) * 10


@lru_cache(maxsize=4096)
def parse(text: str) -> int:
    """A date-time with a zone in ticks; seconds and up to 7 further digits are optional.

    Raises:
        InvalidDocument: It is not one: also where the time or the zone is missing, as Plex demands both.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise InvalidDocument(f"{text!r} is not a date with time and zone, e.g. 2026-03-02T08:00:00Z")
    minute, seconds, fraction, _, sign, hours, minutes = match.groups()
    try:
        local = datetime.fromisoformat(f"{minute}:{seconds or '00'}")
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        instant = local.replace(tzinfo=timezone(-offset if sign == "-" else offset))
    except ValueError as problem:
        raise InvalidDocument(f"{text!r} is not a date and time: {problem}") from problem
    return ticks(instant) + int((fraction or "").ljust(7, "0"))


def write(instant: int, digits: int = 0) -> str:
    """Ticks as ISO text in UTC with at least so many digits after the second, and never fewer than needed.

    Example:
        >>> write(17_724_384_000_000_000 + 1_200_000), write(17_724_384_000_000_000, digits=3)
        ('2026-03-02T08:00:00.12Z', '2026-03-02T08:00:00.000Z')
    """
    seconds, rest = divmod(instant, SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{rest:07}"
    fraction = fraction[: max(digits, len(fraction.rstrip("0")))]
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def start_of_day(day: date, zone: str) -> int:
    """Midnight of a calendar day of the plant, in ticks."""
    return ticks(datetime.combine(day, time(), tzinfo=ZoneInfo(zone)))
