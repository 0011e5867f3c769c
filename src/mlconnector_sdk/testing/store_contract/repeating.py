"""What a person asks for deliberately: it is always new."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, NewEntry, State, digest
from mlconnector_sdk.testing.store_contract.samples import OfStore, change, observation, order, scan

__all__ = ["DeliberateContract"]


def _again(new: NewEntry, **changes: Any) -> NewEntry:
    """The same once more, because a person wants it."""
    return evolve(new, deliberate=True, **changes)


class DeliberateContract(OfStore):
    """`collect` and `save`, with deliberate entries."""

    @pytest.mark.parametrize("seen", [order("PO-1", "A"), scan("e1")], ids=["state", "event"])
    def test_a_deliberate_entry_is_always_new(self, store: Store, seen: NewEntry) -> None:
        """Whatever was observed before, within a collection and in a later one."""
        self.add(store, seen, _again(seen), _again(seen))
        [fourth] = self.add(store, _again(seen))
        assert (fourth.sequence, fourth.deliberate) == (4, True)
        line = self.answer(store.history(seen.ordering_key))
        assert [entry.deliberate for entry in line] == [False, True, True, True]
        assert len({entry.id for entry in line}) == 4

    @pytest.mark.parametrize("bare", [order("PO-1", ""), scan("")], ids=["state", "event"])
    def test_a_deliberate_entry_needs_no_key_of_its_own(self, store: Store, bare: NewEntry) -> None:
        """Neither a fingerprint nor an event id; two of them are two."""
        assert [entry.sequence for entry in self.add(store, _again(bare), _again(bare))] == [1, 2]

    def test_the_keys_of_a_deliberate_entry(self, store: Store) -> None:
        """Its place in the line, in a form that no observation has."""
        self.add(store, order("PO-1", "A"))
        [state] = self.add(store, _again(order("PO-1", "A")))
        [happened] = self.add(store, _again(scan("e1")))
        assert (state.dedupe_key, happened.dedupe_key) == ("|again|orders|PO-1|2", "|again|scans|1Z|1")
        assert (state.id, happened.id) == (digest(state.dedupe_key), digest(happened.dedupe_key))

    def test_what_a_deliberate_entry_brings_with_it(self, store: Store) -> None:
        """The bytes to send, what the partner has then, and whose repeat it is."""
        for payload, document in ((b"ISA*00*", b"{}"), (b"", None), (None, b""), (None, None)):
            new = _again(order("PO-1", "A"), parent="p1", payload=payload, document=document)
            [entry] = self.add(store, new)
            assert observation(entry) == new
            assert self.stored(store, entry) == entry
        leased: list[Entry] = self.lease(store)
        assert (leased[0].payload, leased[0].document) == (b"ISA*00*", b"{}")

    def test_the_next_poll_knows_what_was_repeated(self, store: Store) -> None:
        """The fingerprint of a deliberate entry is the latest of its line."""
        self.add(store, order("PO-1", "A"), order("PO-1", "B"))
        self.add(store, _again(order("PO-1", "A")))
        assert self.collect(store, order("PO-1", "A")).known == 1
        [edit] = self.add(store, order("PO-1", "B"))
        assert (edit.sequence, edit.dedupe_key) == (4, "orders|PO-1|4")

    def test_a_repeated_event_is_still_known(self, store: Store) -> None:
        """By its id, whether it was observed or asked for first."""
        self.add(store, scan("e1"), _again(scan("e1")), _again(scan("e2")))
        assert self.collect(store, scan("e1"), scan("e2")).known == 2

    def test_a_deliberate_follow_on(self, store: Store) -> None:
        """It appears in the commit that asks for it, as often as it is asked for."""
        [entry] = self.add(store, order("PO-1", "A"))
        self.save(store, change(entry, _again(order("PO-1", "A")), state=State.REJECTED))
        stored = self.stored(store, entry)
        self.save(store, change(stored, _again(order("PO-1", "A")), state=State.SUPERSEDED))
        line = self.answer(store.history("orders|PO-1"))
        assert [each.dedupe_key for each in line] == [
            "orders|PO-1|1",
            "|again|orders|PO-1|2",
            "|again|orders|PO-1|3",
        ]
