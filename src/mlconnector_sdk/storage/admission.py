"""The rules by which an observation becomes an outbox entry: pure, and the same for every backend.

A backend of your own asks `check` whether an observation may be admitted at all, looks up what the rules
of `ports.Store.collect` compare it with, and builds the entry with `admitted`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.records import Entry, Feed, NewEntry, State, digest

__all__ = ["WRITTEN_BY_SAVE", "admitted", "aware", "check", "dedupe_key"]

WRITTEN_BY_SAVE = (
    "kind",
    "state",
    "changed_at",
    "attempts",
    "not_before",
    "leased_until",
    "payload",
    "document",
    "idempotency_key",
    "first_sent_at",
    "references",
    "reason",
    "remedy",
    "outcome_unknown",
    "accepted_at",
    "expected_by",
)
"""The fields of an entry that `ports.Store.save` writes: all others tell what was observed, and stay."""


def check(new: NewEntry) -> None:
    """Refuse an observation that lacks what its feed is deduplicated by: it would swallow others.

    Raises:
        StoreError: Such a one; the whole collection is refused with it, because the source is at fault.
    """
    aware(new.observed_at, "observed_at")
    if new.deliberate:
        return
    if new.feed is Feed.EVENT and not new.event_id:
        missing = "event_id"
    elif new.feed is Feed.STATE and not new.fingerprint and new.state is not State.DEAD:
        missing = "fingerprint"
    else:
        return
    raise StoreError(
        f"an observation of {new.kind} {new.number!r} in the flow {new.flow!r} has no {missing}, "
        f"which tells the repeats of its {new.feed.value} feed from news",
        remedy=f"let the source of this flow give every observation its {missing}",
        path=missing,
    )


def aware(instant: datetime, path: str) -> datetime:
    """The instant itself, provided it has a time zone.

    Raises:
        StoreError: It has none.
    """
    if instant.tzinfo is not UTC and instant.utcoffset() is None:
        raise StoreError(
            f"the time {instant.isoformat()} has no time zone, so nobody knows which instant it means",
            remedy="give aware times, in UTC",
            path=path,
        )
    return instant


def dedupe_key(
    *, feed: Feed, flow: str, event_id: str, ordering_key: str, sequence: int, deliberate: bool
) -> str:
    """What admits an observation, unique in a store: the vendor's id, or its place in the line.

    What a person asked for deliberately has its place in the line, too, in a form that no observation has.
    """
    if deliberate:
        return f"|again|{ordering_key}|{sequence}"
    if feed is Feed.EVENT:
        return f"{flow}|{event_id}"
    return f"{ordering_key}|{sequence}"


def admitted(new: NewEntry, *, position: int, sequence: int) -> Entry:
    """The entry that an observation becomes.

    Args:
        position: The next one of the store.
        sequence: The next one under the ordering key.
    """
    key = dedupe_key(
        feed=new.feed,
        flow=new.flow,
        event_id=new.event_id,
        ordering_key=new.ordering_key,
        sequence=sequence,
        deliberate=new.deliberate,
    )
    return Entry(
        id=digest(key),
        position=position,
        flow=new.flow,
        kind=new.kind,
        feed=new.feed,
        number=new.number,
        partner=new.partner,
        ordering_key=new.ordering_key,
        sequence=sequence,
        dedupe_key=key,
        event_id=new.event_id,
        fingerprint=new.fingerprint,
        record=new.record,
        state=new.state,
        observed_at=new.observed_at,
        changed_at=new.observed_at,
        reason=new.reason,
        remedy=new.remedy,
        parent=new.parent,
        deliberate=new.deliberate,
        payload=new.payload,
        document=new.document,
    )
