"""Values as SQLite keeps them: times as whole microseconds, mappings as JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from mlconnector_sdk.storage.admission import aware

__all__ = ["from_json", "instant", "instant_or_none", "json_pair", "micros", "micros_or_none", "to_json"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def micros(at: datetime) -> int:
    """Microseconds since 1970 in UTC, exactly.

    Raises:
        StoreError: The time has no zone.
    """
    # Asking a time for its zone takes longer than all the arithmetic, and nearly all are in UTC.
    since = (at if at.tzinfo is UTC else aware(at, "time")) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=4_096)  # the rows of one batch share most of their times
def instant(value: int) -> datetime:
    """The time that `micros` counted, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def micros_or_none(at: datetime | None) -> int | None:
    """As `micros`; None stays None."""
    return None if at is None else micros(at)


@lru_cache(maxsize=4_096)
def instant_or_none(value: int | None) -> datetime | None:
    """As `instant`; None stays None."""
    return None if value is None else instant(value)


def to_json(mapping: Mapping[str, str]) -> str:
    """Compact JSON text, readable in any language."""
    return "{" + ",".join([json_pair(name, value) for name, value in mapping.items()]) + "}"


def json_pair(name: str, value: str) -> str:
    """One member of what `to_json` writes. Text that contains it after ``{`` or ``,`` has the member:
    within a string, a quotation mark never follows either of them without a backslash between.
    """
    return f"{_encode(name)}:{_encode(value)}"


def from_json(text: str) -> dict[str, str]:
    """The mapping that `to_json` wrote."""
    mapping: dict[str, str] = {} if text == "{}" else json.loads(text)
    return mapping
