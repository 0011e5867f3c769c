"""Observations to try a store with, and the fixture that a backend overrides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve, fields

from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Change, Checkpoint, Collected, Collection, Entry, Event, Feed, NewEntry
from mlconnector_sdk.testing.contract import Contract

__all__ = ["LATER", "MINUTE", "NOW", "OfStore", "change", "event", "observation", "order", "scan"]

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""When things happen in the contract."""
MINUTE = timedelta(minutes=1)
"""A minute."""
LATER = NOW + 5 * MINUTE
"""When leases of the contract have run out."""


def event(event_id: str, **changes: Any) -> Event:
    """A webhook."""
    return evolve(
        Event(source="stedi.transactions", event_id=event_id, body=b"{}", received_at=NOW), **changes
    )


def order(number: str, fingerprint: str, **changes: Any) -> NewEntry:
    """An observation of a state feed: an ERP order as it is now."""
    new = NewEntry(
        flow="orders",
        kind="850",
        feed=Feed.STATE,
        number=number,
        partner="ACME",
        ordering_key=f"orders|{number}",
        fingerprint=fingerprint,
        record=f"{number} {fingerprint}".encode(),
        observed_at=NOW,
    )
    return evolve(new, **changes)


def scan(event_id: str, number: str = "1Z", **changes: Any) -> NewEntry:
    """An observation of an event feed: something that happened to a parcel."""
    new = NewEntry(
        flow="scans",
        kind="tracking",
        feed=Feed.EVENT,
        number=number,
        partner="ACME",
        ordering_key=f"scans|{number}",
        event_id=event_id,
        record=event_id.encode(),
        observed_at=NOW,
    )
    return evolve(new, **changes)


def change(entry: Entry, *follow_ons: NewEntry, **changes: Any) -> Change:
    """An entry as it should now be, and what its effect asks for."""
    return Change(entry=evolve(entry, **changes), follow_ons=follow_ons)


def observation(entry: Entry) -> NewEntry:
    """What an entry was made from."""
    return NewEntry(**{each.name: getattr(entry, each.name) for each in fields(NewEntry)})


class OfStore(Contract):
    """Tests of a store."""

    @pytest.fixture
    def store(self) -> Any:
        """A new, empty store; closed afterwards."""
        raise NotImplementedError(f"{type(self).__name__} has to override the fixture `store`")

    def collect(self, store: Store, *entries: NewEntry, **rest: Any) -> Collected:
        """One commit of collect."""
        return self.answer(store.collect(Collection(entries=entries, **rest)))

    def add(self, store: Store, *entries: NewEntry) -> list[Entry]:
        """Entries that the store has to take as new."""
        added = self.collect(store, *entries).added
        assert len(added) == len(entries)
        return list(added)

    def lease(
        self,
        store: Store,
        flow: str = "orders",
        *,
        now: datetime = NOW,
        until: datetime = LATER,
        limit: int = 100,
        without: Sequence[str] = (),
    ) -> list[Entry]:
        """One lease."""
        return list(self.answer(store.lease(flow, now=now, until=until, limit=limit, without=without)))

    def save(self, store: Store, *changes: Change) -> list[str]:
        """One save: the ids that were refused."""
        return list(self.answer(store.save(changes)))

    def stored(self, store: Store, entry: Entry) -> Entry:
        """An entry as the store has it now."""
        [found] = self.answer(store.find(entry_id=entry.id))
        return found

    def everything(self, store: Store) -> dict[str, Any]:
        """All that a small store holds, to see that nothing of a refused call remains."""
        return {
            "entries": list(self.answer(store.find())),
            "inbox": list(self.answer(store.pending_events("stedi.transactions"))),
            "checkpoint": self.answer(store.checkpoint("orders")),
        }

    def point(self, cursor: str, revision: int) -> Checkpoint:
        """A checkpoint of the flow ``orders``."""
        return Checkpoint(flow="orders", cursors={"orders": cursor}, revision=revision)
