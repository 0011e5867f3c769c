"""An outbox entry as a row, and back."""

from __future__ import annotations

from typing import Any

from mlconnector_sdk.records import Entry, Feed, State
from mlconnector_sdk.storage.admission import dedupe_key
from mlconnector_sdk.storage.sqlite.values import (
    from_json,
    instant,
    instant_or_none,
    micros,
    micros_or_none,
    to_json,
)

__all__ = [
    "ADMITTED_COLUMNS",
    "BLOCKING",
    "OBSERVED_COLUMNS",
    "SAVED_COLUMNS",
    "UNFINISHED",
    "UNFINISHED_AGAIN",
    "admitted_values",
    "blocking",
    "entry_from",
    "saved_values",
    "select",
]

_Row = tuple[Any, ...]
_FEEDS = {feed.value: feed for feed in Feed}
_STATES = {state.value: state for state in State}

BLOCKING, UNFINISHED, UNFINISHED_AGAIN = 1, 2, 3
"""Values of the column ``blocking``: how later entries of the line wait for one (0: they do not)."""

SAVED_COLUMNS = (
    "state",
    "leased_until",
    "not_before",
    "changed_at",
    "attempts",
    "kind",
    "idempotency_key",
    "first_sent_at",
    "reference_names",
    "reason",
    "remedy",
    "outcome_unknown",
    "accepted_at",
    "expected_by",
)
"""What `ports.Store.save` writes, beside ``blocking``, payload and document."""

OBSERVED_COLUMNS = (
    "position",
    "id",
    "flow",
    "feed",
    "number",
    "partner",
    "ordering_key",
    "sequence",
    "event_id",
    "fingerprint",
    "observed_at",
    "parent",
    "deliberate",
)
"""What never changes once an entry was admitted."""

ADMITTED_COLUMNS = (*OBSERVED_COLUMNS, "changed_at", "state", "kind", "reason", "remedy", "blocking")
"""What a new entry brings with it; the other columns begin with their defaults."""

_COLUMNS = (*OBSERVED_COLUMNS, "fence", "purged_at", *SAVED_COLUMNS)
_SELECTED = {column: f"entries.{column}" for column in _COLUMNS} | {
    "record": "coalesce(record, x'')",
    "payload": "payload",
    "document": "document",
}
_CONTENT = """
    LEFT JOIN records ON records.position = entries.position
    LEFT JOIN payloads ON payloads.position = entries.position
"""


def select(*, content: bool = True, **instead: str) -> str:
    """The beginning of a query whose rows `entry_from` reads.

    Args:
        content: Whether records, payloads and documents are looked up, too.
        instead: Expressions to select instead of columns.
    """
    without = {} if content else {"record": "x''", "payload": "NULL", "document": "NULL"}
    expressions = (_SELECTED | without | instead).values()
    return f"SELECT {', '.join(expressions)} FROM entries {_CONTENT if content else ''}"


def blocking(entry: Entry, stored: int = UNFINISHED) -> int:
    """The value of the column of that name.

    Args:
        entry: As it is to be.
        stored: The value so far; for a new entry it does not matter.
    """
    if not entry.blocks:
        return 0
    if entry.state is State.DEAD:
        return BLOCKING
    return UNFINISHED if stored == UNFINISHED else UNFINISHED_AGAIN


def saved_values(entry: Entry) -> _Row:
    """The values of `SAVED_COLUMNS`."""
    return (
        entry.state.value,
        micros_or_none(entry.leased_until),
        micros_or_none(entry.not_before),
        micros(entry.changed_at),
        entry.attempts,
        entry.kind,
        entry.idempotency_key,
        micros_or_none(entry.first_sent_at),
        to_json(entry.references),
        entry.reason,
        entry.remedy,
        entry.outcome_unknown,
        micros_or_none(entry.accepted_at),
        micros_or_none(entry.expected_by),
    )


def admitted_values(entry: Entry) -> _Row:
    """The values of `ADMITTED_COLUMNS`."""
    observed_at = micros(entry.observed_at)
    return (
        entry.position,
        entry.id,
        entry.flow,
        entry.feed.value,
        entry.number,
        entry.partner,
        entry.ordering_key,
        entry.sequence,
        entry.event_id,
        entry.fingerprint,
        observed_at,
        entry.parent,
        entry.deliberate,
        observed_at,
        entry.state.value,
        entry.kind,
        entry.reason,
        entry.remedy,
        blocking(entry),
    )


def entry_from(row: _Row) -> Entry:
    """The entry of a row that `select` gave."""
    (
        position,
        id_,
        flow,
        feed_value,
        number,
        partner,
        ordering_key,
        sequence,
        event_id,
        fingerprint,
        observed_at,
        parent,
        deliberate,
        fence,
        purged_at,
        state,
        leased_until,
        not_before,
        changed_at,
        attempts,
        kind,
        idempotency_key,
        first_sent_at,
        reference_names,
        reason,
        remedy,
        outcome_unknown,
        accepted_at,
        expected_by,
        record,
        payload,
        document,
    ) = row
    feed = _FEEDS[feed_value]
    return Entry(
        id=id_,
        position=position,
        flow=flow,
        kind=kind,
        feed=feed,
        number=number,
        partner=partner,
        ordering_key=ordering_key,
        sequence=sequence,
        dedupe_key=dedupe_key(
            feed=feed,
            flow=flow,
            event_id=event_id,
            ordering_key=ordering_key,
            sequence=sequence,
            deliberate=deliberate,
        ),
        event_id=event_id,
        fingerprint=fingerprint,
        record=record,
        state=_STATES[state],
        observed_at=instant(observed_at),
        changed_at=instant(changed_at),
        attempts=attempts,
        not_before=instant_or_none(not_before),
        fence=fence,
        leased_until=instant_or_none(leased_until),
        payload=payload,
        idempotency_key=idempotency_key,
        first_sent_at=instant_or_none(first_sent_at),
        references=from_json(reference_names),
        reason=reason,
        remedy=remedy,
        outcome_unknown=bool(outcome_unknown),
        parent=parent,
        deliberate=bool(deliberate),
        document=document,
        accepted_at=instant_or_none(accepted_at),
        expected_by=instant_or_none(expected_by),
        purged_at=instant_or_none(purged_at),
    )
