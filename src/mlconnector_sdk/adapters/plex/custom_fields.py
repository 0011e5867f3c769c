"""Values in the custom fields of a Plex record: read, compared, ordered in time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from mlconnector_sdk.adapters.plex.models import PurchaseOrder
from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.gathering import Stamp

__all__ = ["Value", "custom_fields", "is_same", "read_stamp", "stamp_text"]

Value: TypeAlias = str | Decimal | None
"""What is written: text (also for dates), a number, or nothing."""

_EARLIEST = datetime.min.replace(tzinfo=UTC)


def custom_fields(order: PurchaseOrder, key: str) -> Mapping[str, Any]:
    """The custom fields of an order as Plex shows them; none at all is an empty mapping.

    Raises:
        InvalidDocument: Something else than an object stands under the key.
    """
    found = order.extra.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidDocument(
            f"the custom fields of purchase order {order.number} are not an object",
            path=key,
            remedy="name the key of the custom fields in the profile: custom_fields",
        )
    return found


def is_same(current: Any, target: Value) -> bool:
    """Whether a field holds a value already, however Plex writes it: ``18.000``, a date with a time ..."""
    if target is None:
        return current is None or current == ""
    if current is None or isinstance(current, bool | dict | list):
        return False
    if isinstance(target, Decimal):
        return _number(current) == target
    if str(current) == target:
        return True
    instant = _instant(current)
    return instant is not None and instant == _instant(target)


def read_stamp(text: Any) -> Stamp:
    """The stamp in a field; the earliest of all where there is none, or none that can be read."""
    instant, _, rest = str(text or "").partition(" ")
    number, _, reference = rest.partition(" ")
    is_number = number.isdecimal() and len(number) < 20
    return _instant(instant) or _EARLIEST, int(number) if is_number else 0, reference


def stamp_text(stamp: Stamp) -> str:
    """A stamp as `read_stamp` reads it."""
    instant, control_number, reference = stamp
    return f"{instant.isoformat()} {control_number} {reference}"


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _instant(value: Any) -> datetime | None:
    """A time or a date (its midnight) as Plex may write it; None for anything else."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
