"""Moments and business dates.

A moment is aware and in UTC. A business date is what the calendar in the plant says: the same moment is
the 2nd in Detroit and the 3rd in Shanghai, so the plant's time zone always comes from the settings.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlconnector_sdk.errors import ConfigurationError, InvalidDocument

__all__ = ["business_date", "parse_instant", "time_zone"]

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d\d):(\d\d))?",
    re.ASCII,
)


def parse_instant(text: str, *, path: str = "") -> datetime:
    """A moment from RFC 3339 text, in UTC.

    Fractions of a second (Plex and .NET write seven digits) are cut after the sixth, never rounded: a
    rounded moment may be later than the record it stands for. Seconds may be left out.

    Args:
        path: Where the text stands, for the error.

    Raises:
        InvalidDocument: It is no such text, no such moment exists, or it names no zone.

    Example:
        >>> parse_instant("2026-03-02T15:04:05.1234567Z").isoformat()
        '2026-03-02T15:04:05.123456+00:00'
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise InvalidDocument(f"{text[:40]!r} is not a moment such as 2026-03-02T15:04:05Z", path=path)
    if not match[8] and not match[9]:
        raise InvalidDocument(
            f"{text!r} names no time zone, so nobody can say which moment it is",
            path=path,
            remedy="have the source write Z or an offset such as -05:00",
        )
    year, month, day, hour, minute = (int(match[group]) for group in range(1, 6))
    microsecond = int((match[7] or "")[:6].ljust(6, "0"))
    offset = timedelta(hours=int(match[10] or 0), minutes=int(match[11] or 0))
    try:
        zone = timezone(-offset if match[9] == "-" else offset)
        moment = datetime(year, month, day, hour, minute, int(match[6] or 0), microsecond, zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidDocument(f"{text!r} is no moment that exists: {error}", path=path) from error


def time_zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name, e.g. ``America/Detroit``.

    Raises:
        ConfigurationError: There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"{name!r} is not the name of a time zone",
            remedy="use an IANA name such as America/Detroit or UTC",
        ) from error


def business_date(moment: datetime, zone: str | ZoneInfo) -> date:
    """The calendar date of a moment at a place.

    Args:
        moment: Aware.
        zone: The plant's time zone.

    Raises:
        InvalidDocument: The moment is not aware.
        ConfigurationError: There is no such time zone.

    Example:
        >>> business_date(parse_instant("2026-03-03T02:30:00Z"), "America/Detroit").isoformat()
        '2026-03-02'
    """
    if moment.tzinfo is None:
        raise InvalidDocument(f"{moment.isoformat()} names no time zone, so it has no date at a place")
    return moment.astimezone(time_zone(zone) if isinstance(zone, str) else zone).date()
