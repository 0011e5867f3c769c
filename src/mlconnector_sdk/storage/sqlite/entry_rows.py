"""An outbox entry as a row, and back."""

from __future__ import annotations

from typing import Any

from mlconnector_sdk.records import Entry, Feed, State
from mlconnector_sdk.storage.sqlite.values import (
    from_json,
    instant,
    instant_or_none,
    micros,
    micros_or_none,
    to_json,
)

__all__ = ["COLUMNS", "SAVED_COLUMNS", "entry_from", "row_from", "saved_values"]

_Row = tuple[Any, ...]

SAVED_COLUMNS = (
    "kind",
    "state",
    "blocks",
    "changed_at",
    "attempts",
    "not_before",
    "leased_until",
    "idempotency_key",
    "first_sent_at",
    "reference_names",
    "reason",
    "remedy",
    "outcome_unknown",
    "accepted_at",
    "expected_by",
)
"""What `ports.Store.save` writes, beside payload and document."""

COLUMNS = (
    "position",
    "id",
    "flow",
    "feed",
    "number",
    "partner",
    "ordering_key",
    "sequence",
    "dedupe_key",
    "event_id",
    "fingerprint",
    "observed_at",
    "fence",
    "parent",
    "deliberate",
    "purged_at",
    *SAVED_COLUMNS,
)
"""Every column of the table ``entries``; record, payload and document lie in tables of their own."""


def saved_values(entry: Entry) -> _Row:
    """The values of `SAVED_COLUMNS`."""
    return (
        entry.kind,
        entry.state.value,
        entry.blocks,
        micros(entry.changed_at),
        entry.attempts,
        micros_or_none(entry.not_before),
        micros_or_none(entry.leased_until),
        entry.idempotency_key,
        micros_or_none(entry.first_sent_at),
        to_json(entry.references),
        entry.reason,
        entry.remedy,
        entry.outcome_unknown,
        micros_or_none(entry.accepted_at),
        micros_or_none(entry.expected_by),
    )


def row_from(entry: Entry) -> _Row:
    """The values of `COLUMNS`."""
    return (
        entry.position,
        entry.id,
        entry.flow,
        entry.feed.value,
        entry.number,
        entry.partner,
        entry.ordering_key,
        entry.sequence,
        entry.dedupe_key,
        entry.event_id,
        entry.fingerprint,
        micros(entry.observed_at),
        entry.fence,
        entry.parent,
        entry.deliberate,
        micros_or_none(entry.purged_at),
        *saved_values(entry),
    )


def entry_from(row: _Row) -> Entry:
    """The entry of a row with `COLUMNS`, the record, the payload and the document."""
    (
        position,
        id_,
        flow,
        feed,
        number,
        partner,
        ordering_key,
        sequence,
        dedupe_key,
        event_id,
        fingerprint,
        observed_at,
        fence,
        parent,
        deliberate,
        purged_at,
        kind,
        state,
        _blocks,
        changed_at,
        attempts,
        not_before,
        leased_until,
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
    return Entry(
        id=id_,
        position=position,
        flow=flow,
        kind=kind,
        feed=Feed(feed),
        number=number,
        partner=partner,
        ordering_key=ordering_key,
        sequence=sequence,
        dedupe_key=dedupe_key,
        event_id=event_id,
        fingerprint=fingerprint,
        record=record,
        state=State(state),
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
