"""The inbox: each event once, oldest first, until a commit closes it."""

from __future__ import annotations

from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Event
from mlconnector_sdk.testing.contract import at_once
from mlconnector_sdk.testing.store_contract.samples import MINUTE, NOW, OfStore, event, scan

__all__ = ["InboxContract"]


class InboxContract(OfStore):
    """`admit` and `pending_events`."""

    def pending(self, store: Store, limit: int = 100, source: str = "stedi.transactions") -> list[Event]:
        """What waits in the inbox."""
        return list(self.answer(store.pending_events(source, limit=limit)))

    def test_an_event_is_admitted_once(self, store: Store) -> None:
        """The second of the same id says False and changes nothing, whatever it carries."""
        assert self.answer(store.admit(event("e1", body=b"first")))
        assert not self.answer(store.admit(event("e1", body=b"second")))
        assert self.pending(store) == [event("e1", body=b"first")]

    def test_the_same_id_at_another_source_is_another_event(self, store: Store) -> None:
        """Ids belong to their source."""
        assert self.answer(store.admit(event("e1")))
        assert self.answer(store.admit(event("e1", source="shipstation")))
        assert self.pending(store, source="shipstation") == [event("e1", source="shipstation")]

    def test_a_closed_event_is_never_admitted_again(self, store: Store) -> None:
        """Vendors repeat webhooks for days."""
        self.answer(store.admit(event("e1")))
        self.collect(store, closes=(("stedi.transactions", "e1"),))
        assert not self.answer(store.admit(event("e1")))
        assert self.pending(store) == []

    def test_events_wait_oldest_first(self, store: Store) -> None:
        """In the order in which they came, as many as asked for."""
        events = [event(f"e{n}", received_at=NOW + n * MINUTE) for n in (3, 4, 5)]
        for each in events:
            self.answer(store.admit(each))
        assert self.pending(store) == events
        assert self.pending(store, limit=2) == events[:2]
        assert self.pending(store, limit=0) == []
        assert self.pending(store, source="nobody's") == []

    def test_a_commit_closes_the_events_it_answers_and_no_others(self, store: Store) -> None:
        """Closing one that is not there, or is closed, is no error."""
        for name in ("e1", "e2"):
            self.answer(store.admit(event(name)))
        self.answer(store.admit(event("e1", source="shipstation")))
        closes = (("stedi.transactions", "e1"), ("stedi.transactions", "e1"), ("stedi.transactions", "none"))
        self.collect(store, scan("e1"), closes=closes)
        assert self.pending(store) == [event("e2")]
        assert self.pending(store, source="shipstation") == [event("e1", source="shipstation")]

    def test_one_of_many_at_once_is_admitted(self, store: Store) -> None:
        """A vendor may deliver the same event twice at the same moment."""
        admitted = at_once(8, lambda n: self.answer(store.admit(event("e1", body=str(n).encode()))))
        assert sum(admitted) == 1
        assert len(self.pending(store)) == 1
