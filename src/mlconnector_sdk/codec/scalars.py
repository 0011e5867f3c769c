"""The two values that JSON has no type for: exact numbers and instants."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timezone
from decimal import Decimal
from typing import Any

__all__ = ["instant", "instant_text", "kind", "number", "number_text"]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)

# Ten to the hundredth exceeds any quantity; beyond it a number is an attack on whoever writes it out.
_LARGEST = 100

_DATE_ALONE = len("2026-03-01")

# A name of its own: it is read once per time in every record.
_from_iso = datetime.fromisoformat


def number(value: Any) -> Decimal:
    """An exact number from its literal text: a JSON number, or text that holds one.

    Raises:
        ValueError: It is no finite number of sensible size.
    """
    if type(value) is not Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(f"expected a number, got {kind(value)}")
        if isinstance(value, str) and not _NUMBER.fullmatch(value):
            raise ValueError(f"expected a number, got text {_short(value)}")
        value = Decimal(value)
    exact: Decimal = value
    if not -_LARGEST <= exact.adjusted() <= _LARGEST:
        raise ValueError("expected a number of sensible size")
    return exact


def number_text(value: Decimal) -> str:
    """The literal text of a number, without an exponent.

    Raises:
        ValueError: It is not finite, or of no sensible size.
    """
    if not value.is_finite() or abs(value.adjusted()) > _LARGEST:
        raise ValueError(f"{value} cannot be written as a JSON number")
    return format(value, "f")


def instant(value: Any, zone: timezone | None = None) -> datetime:
    """An instant, aware and in UTC, from ISO 8601 text; digits beyond microseconds are cut, never rounded.

    Args:
        value: The text.
        zone: What a time without a zone means.

    Raises:
        ValueError: It is no such text, or has no zone and none was declared.
    """
    try:
        found = _from_iso(value)
    except (TypeError, ValueError):
        shown = f"text {_short(value)}" if isinstance(value, str) else kind(value)
        raise ValueError(f"expected a time, got {shown}") from None
    if found.tzinfo is UTC:
        return found
    if len(value) <= _DATE_ALONE:
        raise ValueError(f"expected a date with its time, got {_short(value)}")
    if found.tzinfo is None:
        if zone is None:
            raise ValueError(f"expected a time with its zone, got {_short(value)}")
        found = found.replace(tzinfo=zone)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"expected a time within the calendar, got {_short(value)}") from None


def instant_text(value: datetime) -> str:
    """An instant as RFC 3339 in UTC, with ``Z``; microseconds only where there are any.

    Raises:
        ValueError: It has no zone.
    """
    if value.tzinfo is None:
        raise ValueError(f"the time {value.isoformat()} has no zone")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def kind(value: Any) -> str:
    """What a decoded JSON value is, in a reader's words."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
