"""History and find: what people and loops look up."""

from __future__ import annotations

from typing import Any

from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.testing.store_contract.samples import OfStore, change, order, scan

__all__ = ["FindContract"]


class FindContract(OfStore):
    """`history` and `find`."""

    def filled(self, store: Store) -> list[Entry]:
        """Six entries of two flows, in four states."""
        entries = self.add(
            store,
            order("PO-1", "A"),
            scan("e1", "PO-1"),
            order("PO-2", "A"),
            order("PO-1", "B"),
            scan("e2", "1Z"),
            order("PO-3", "A"),
        )
        states = [State.ACCEPTED, State.DEAD, State.DEAD, State.PENDING, State.HELD, State.ACCEPTED]
        self.save(store, *(change(entry, state=state) for entry, state in zip(entries, states, strict=True)))
        return [self.stored(store, entry) for entry in entries]

    def test_history_is_one_line_by_sequence(self, store: Store) -> None:
        """Whatever state its entries are in; an unknown key has none."""
        entries = self.filled(store)
        assert self.answer(store.history("orders|PO-1")) == [entries[0], entries[3]]
        assert self.answer(store.history("orders|PO")) == []

    def test_find_by_each_criterion(self, store: Store) -> None:
        """Oldest position first."""
        entries = self.filled(store)

        def found(**criteria: Any) -> list[int]:
            return [entries.index(entry) for entry in self.answer(store.find(**criteria))]

        assert found() == [0, 1, 2, 3, 4, 5]
        assert found(flow="orders") == [0, 2, 3, 5]
        assert found(number="PO-1") == [0, 1, 3]
        assert found(entry_id=entries[4].id) == [4]
        assert found(states=[State.DEAD]) == [1, 2]
        assert found(states=[State.PENDING, State.ACCEPTED, State.PENDING]) == [0, 3, 5]
        assert found(states=tuple(State)) == [0, 1, 2, 3, 4, 5]
        assert found(states=[State.REJECTED]) == found(number="PO") == found(entry_id="x") == []

    def test_find_by_everything_given(self, store: Store) -> None:
        """Criteria narrow each other."""
        entries = self.filled(store)

        def found(**criteria: Any) -> list[int]:
            return [entries.index(entry) for entry in self.answer(store.find(**criteria))]

        assert found(flow="orders", number="PO-1") == [0, 3]
        assert found(flow="orders", states=[State.DEAD]) == [2]
        assert found(number="PO-1", states=[State.DEAD, State.ACCEPTED]) == [0, 1]
        assert found(flow="scans", number="PO-1", entry_id=entries[1].id, states=[State.DEAD]) == [1]
        assert found(flow="orders", entry_id=entries[1].id) == []

    def test_find_gives_no_more_than_asked_for(self, store: Store) -> None:
        """The oldest ones, also over several states; 100 unless told."""
        entries = self.filled(store)
        assert self.answer(store.find(limit=2)) == entries[:2]
        assert self.answer(store.find(states=[State.ACCEPTED, State.DEAD], limit=3)) == entries[:3]
        assert self.answer(store.find(limit=0)) == []
        self.add(store, *(order(f"PO-1{n}", "A") for n in range(100)))
        assert len(self.answer(store.find())) == 100
        assert len(self.answer(store.find(limit=1_000))) == 106
