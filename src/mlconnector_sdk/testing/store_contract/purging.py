"""Purge: what documents say goes when its time is over, and that they were there stays."""

from __future__ import annotations

from datetime import datetime

import pytest
from attrs import evolve

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import AuditEvent, Entry, Purged, State
from mlconnector_sdk.testing.store_contract.samples import (
    LATER,
    MINUTE,
    NOW,
    OfStore,
    change,
    event,
    order,
    scan,
)

__all__ = ["PurgeContract"]

KEPT = [State.PENDING, State.IN_FLIGHT, State.HELD, State.DEAD, State.REJECTED]


class PurgeContract(OfStore):
    """`purge`."""

    def purge(self, store: Store, before: datetime = LATER, **options: int) -> tuple[int, int]:
        """How many entries and events were purged."""
        purged = self.answer(store.purge(before, **options))
        assert isinstance(purged, Purged)
        return purged.entries, purged.events

    def sent(self, store: Store, number: str = "PO-1", state: State = State.ACCEPTED) -> Entry:
        """An entry with everything that a document leaves behind."""
        [entry] = self.add(store, order(number, "A", parent="p1"))
        self.save(
            store,
            change(
                entry,
                state=state,
                payload=b"ISA*00*",
                document=b"{}",
                idempotency_key="k",
                references={"execution": number},
                reason="a reason",
                attempts=1,
                accepted_at=NOW,
                first_sent_at=NOW,
                expected_by=LATER,
            ),
        )
        return self.stored(store, entry)

    def test_nothing_to_purge(self, store: Store) -> None:
        """An empty store has nothing."""
        assert self.purge(store) == (0, 0)

    def test_what_a_document_says_goes_and_everything_else_stays(self, store: Store) -> None:
        """Record, payload and document; the fence grows, so that no older copy brings them back."""
        entry = self.sent(store)
        assert self.purge(store) == (1, 0)
        purged = self.stored(store, entry)
        emptied = evolve(entry, record=b"", payload=None, document=None, purged_at=LATER)
        assert purged == evolve(emptied, fence=purged.fence)
        assert self.save(store, change(entry, state=State.DELIVERED)) == [entry.id]
        assert self.save(store, change(purged, state=State.DELIVERED)) == []
        delivered = self.stored(store, entry)
        assert (delivered.record, delivered.payload, delivered.purged_at) == (b"", None, LATER)

    @pytest.mark.parametrize("state", list(State))
    def test_what_is_not_done_is_left_alone(self, store: Store, state: State) -> None:
        """Pending, in flight, or before a person: somebody still needs it, however old it is."""
        entry = self.sent(store, state=state)
        assert self.purge(store) == ((0, 0) if state in KEPT else (1, 0))
        assert (self.stored(store, entry) == entry) == (state in KEPT)

    def test_what_is_young_is_left_alone(self, store: Store) -> None:
        """The last change counts, and it has to be earlier."""
        entry = self.sent(store)
        self.save(store, change(entry, changed_at=NOW + MINUTE))
        assert self.purge(store, NOW + MINUTE) == (0, 0)
        assert self.stored(store, entry).record == entry.record
        assert self.purge(store, NOW + MINUTE + MINUTE / 1_000_000) == (1, 0)

    def test_what_was_purged_is_not_purged_again(self, store: Store) -> None:
        """Its instant stays the first, so that a loop comes to an end."""
        entry = self.sent(store)
        assert self.purge(store) == (1, 0)
        assert self.purge(store, LATER + MINUTE) == (0, 0)
        assert self.stored(store, entry).purged_at == LATER

    def test_no_more_than_asked_for(self, store: Store) -> None:
        """Of entries and of events each; the rest is there for the next call."""
        entries = [self.sent(store, f"PO-{n}") for n in range(3)]
        self.sent(store, "PO-9", State.DEAD)
        for n in range(2):
            self.answer(store.admit(event(f"e{n}")))
        self.collect(store, closes=tuple(("stedi.transactions", f"e{n}") for n in range(2)))
        assert self.purge(store, limit=0) == (0, 0)
        assert [self.purge(store, limit=1) for _ in range(4)] == [(1, 1), (1, 1), (1, 0), (0, 0)]
        assert [self.stored(store, entry).purged_at for entry in entries] == [LATER] * 3

    def test_a_purged_state_is_still_compared_with(self, store: Store) -> None:
        """Its fingerprint stays, so that what has not changed is not sent again."""
        self.sent(store)
        self.purge(store)
        assert self.collect(store, order("PO-1", "A")).known == 1
        [edit] = self.add(store, order("PO-1", "B"))
        assert edit.sequence == 2

    def test_a_purged_event_is_still_known(self, store: Store) -> None:
        """By its id."""
        [entry] = self.add(store, scan("e1"))
        self.save(store, change(entry, state=State.ACCEPTED))
        assert self.purge(store) == (1, 0)
        assert self.collect(store, scan("e1")).known == 1

    def test_a_purged_entry_is_still_found(self, store: Store) -> None:
        """By number, id, reference and line, and as what the partner has."""
        entry = self.sent(store)
        self.purge(store)
        purged = self.stored(store, entry)
        assert list(self.answer(store.find(number="PO-1"))) == [purged]
        assert list(self.answer(store.find(reference=("execution", "PO-1")))) == [purged]
        assert list(self.answer(store.history("orders|PO-1"))) == [purged]
        assert self.answer(store.accepted("orders|PO-1")) == purged

    def test_the_audit_trail_stays(self, store: Store) -> None:
        """It tells the story, and never what a document said."""
        entry = self.sent(store)
        line = AuditEvent(
            id="1", at=NOW, flow="orders", kind="sent", text="sent", number="PO-1", entry_id=entry.id
        )
        self.answer(store.audit.write([line]))
        self.purge(store)
        assert list(self.answer(store.audit.read(number="PO-1"))) == [line]

    def test_closed_events_are_emptied_and_never_admitted_again(self, store: Store) -> None:
        """Those received before; what is open waits as it is, however old."""
        for name, minute in (("old", 0), ("open", 0), ("young", 5)):
            self.answer(store.admit(event(name, received_at=NOW + minute * MINUTE)))
        closes = tuple(("stedi.transactions", name) for name in ("old", "young"))
        self.collect(store, closes=closes)
        assert self.purge(store) == (0, 1)
        assert self.purge(store) == (0, 0)
        assert list(self.answer(store.pending_events("stedi.transactions"))) == [event("open")]
        self.collect(store, closes=closes)  # once more, as a repeated commit would
        assert self.purge(store) == (0, 0)
        assert not any(self.answer(store.admit(event(name))) for name in ("old", "open", "young"))
        assert self.purge(store, LATER + MINUTE) == (0, 1)

    def test_an_instant_without_a_zone_is_refused(self, store: Store) -> None:
        """Nobody knows which it is."""
        entry = self.sent(store)
        with pytest.raises(StoreError):
            self.purge(store, LATER.replace(tzinfo=None))
        assert self.stored(store, entry) == entry
