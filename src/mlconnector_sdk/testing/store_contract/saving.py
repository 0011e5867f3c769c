"""Save: the fence, what is written, and that follow-ons share the commit."""

from __future__ import annotations

import itertools
from datetime import UTC
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, Feed, State
from mlconnector_sdk.testing.contract import at_once
from mlconnector_sdk.testing.store_contract.samples import LATER, MINUTE, NOW, OfStore, change, order, scan

__all__ = ["SaveContract"]

# NUL is left out of text, because some databases cannot keep it there; bytes have it.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)
TIME = st.datetimes(timezones=st.just(UTC))
SAVED = st.fixed_dictionaries(
    {
        "kind": TEXT,
        "state": st.sampled_from(State),
        "changed_at": TIME,
        "attempts": st.integers(0, 2**31 - 1),
        "not_before": st.none() | TIME,
        "leased_until": st.none() | TIME,
        "payload": st.none() | st.binary(max_size=50),
        "document": st.none() | st.binary(max_size=50),
        "idempotency_key": TEXT,
        "first_sent_at": st.none() | TIME,
        "references": st.dictionaries(TEXT, TEXT, max_size=3),
        "reason": TEXT,
        "remedy": TEXT,
        "outcome_unknown": st.booleans(),
        "accepted_at": st.none() | TIME,
        "expected_by": st.none() | TIME,
    }
)
OBSERVED = st.fixed_dictionaries(
    {"kind": TEXT, "partner": TEXT, "record": st.binary(max_size=50), "observed_at": TIME, "parent": TEXT}
)


class SaveContract(OfStore):
    """`save`."""

    def leased(self, store: Store) -> Entry:
        """One entry in the hands of a worker."""
        self.add(store, order("PO-1", "A"))
        [entry] = self.lease(store)
        return entry

    def test_what_is_saved_is_stored(self, store: Store) -> None:
        """Every field that delivery changes, with a fence that is one higher."""
        entry = self.leased(store)
        saved = evolve(
            entry,
            kind="860",
            state=State.DEAD,
            changed_at=NOW + MINUTE,
            attempts=3,
            not_before=LATER,
            leased_until=None,
            payload=b"ISA*00*\0\xff",
            document=b"\0\xff{}",
            idempotency_key="k",
            first_sent_at=NOW,
            references={"execution": "x-1", "file": "Bestellung für Ölfilter.edi"},
            reason="no such supplier",
            remedy="add it to partners.toml",
            outcome_unknown=True,
            accepted_at=NOW + MINUTE,
            expected_by=LATER,
        )
        assert self.save(store, change(saved)) == []
        assert self.stored(store, entry) == evolve(saved, fence=entry.fence + 1)

    def test_what_was_observed_stays(self, store: Store) -> None:
        """Whatever a worker made of its copy: it is what admitted the entry."""
        entry = self.leased(store)
        rewritten = evolve(
            entry,
            flow="scans",
            feed=Feed.EVENT,
            number="PO-2",
            partner="Bolt",
            ordering_key="orders|PO-2",
            sequence=7,
            dedupe_key="x",
            event_id="e1",
            fingerprint="B",
            record=b"other",
            observed_at=LATER,
            parent="p1",
            deliberate=True,
            purged_at=LATER,
        )
        assert self.save(store, change(rewritten)) == []
        assert self.stored(store, entry) == evolve(entry, fence=entry.fence + 1)

    def test_several_saves_of_an_entry_in_one_call(self, store: Store) -> None:
        """Each is judged by the fence that the one before it left."""
        entry = self.leased(store)
        refused = self.save(
            store,
            change(entry, payload=b"first", references={"a": "1"}),
            change(entry, fence=entry.fence + 1, payload=b"second", references={"a": "2"}),
            change(entry, reason="overtaken"),
        )
        assert refused == [entry.id]
        stored = self.stored(store, entry)
        assert (stored.payload, stored.references, stored.reason) == (b"second", {"a": "2"}, "")
        assert stored.fence == entry.fence + 2

    def test_what_is_cleared_stays_cleared(self, store: Store) -> None:
        """None and empty values replace others."""
        entry = self.leased(store)
        full: dict[str, Any] = {
            "payload": b"x",
            "document": b"y",
            "references": {"a": "b"},
            "not_before": NOW,
            "first_sent_at": NOW,
            "accepted_at": NOW,
            "expected_by": NOW,
            "reason": "x",
        }
        self.save(store, change(entry, **full))
        empty: dict[str, Any] = {
            "payload": None,
            "document": None,
            "references": {},
            "not_before": None,
            "first_sent_at": None,
            "accepted_at": None,
            "expected_by": None,
            "reason": "",
        }
        self.save(store, change(self.stored(store, entry), **empty))
        stored = self.stored(store, entry)
        assert {name: getattr(stored, name) for name in empty} == empty
        for one, other in (("payload", "document"), ("document", "payload")):
            self.save(store, change(self.stored(store, entry), **{one: b"", other: None}))
            stored = self.stored(store, entry)
            assert (getattr(stored, one), getattr(stored, other)) == (b"", None)

    def test_an_old_fence_is_refused(self, store: Store) -> None:
        """The second save of the same entry, as of a worker that did not notice the first."""
        entry = self.leased(store)
        assert self.save(store, change(entry, reason="first")) == []
        assert self.save(store, change(entry, reason="second")) == [entry.id]
        assert self.stored(store, entry).reason == "first"

    def test_a_worker_that_was_overtaken_is_refused(self, store: Store) -> None:
        """Its lease ended and another took the entry: only the other's result counts."""
        slow = self.leased(store)
        [quick] = self.lease(store, now=LATER, until=LATER + MINUTE)
        assert self.save(store, change(slow, reason="slow")) == [slow.id]
        assert self.save(store, change(quick, reason="quick")) == []
        assert self.stored(store, slow).reason == "quick"

    def test_a_fence_from_the_future_is_refused(self, store: Store) -> None:
        """Equal, not at least."""
        entry = self.leased(store)
        assert self.save(store, change(entry, fence=entry.fence + 1)) == [entry.id]
        assert self.stored(store, entry) == entry

    def test_an_unknown_entry_is_refused(self, store: Store) -> None:
        """Nothing appears that was never admitted."""
        entry = self.leased(store)
        assert self.save(store, change(entry, scan("e1"), id="nobody's")) == ["nobody's"]
        assert list(self.answer(store.find())) == [entry]

    def test_a_refused_entry_refuses_no_other(self, store: Store) -> None:
        """Of several in one save, each is judged by its own fence."""
        entries = self.add(store, *(order(f"PO-{n}", "A") for n in range(3)))
        self.save(store, change(entries[1], reason="overtaken"))
        refused = self.save(store, *(change(entry, reason="saved") for entry in entries))
        assert refused == [entries[1].id]
        assert [entry.reason for entry in self.answer(store.find())] == ["saved", "overtaken", "saved"]

    def test_nothing_to_save(self, store: Store) -> None:
        """Is nothing refused."""
        assert self.save(store) == []

    def test_follow_ons_appear_with_what_asked_for_them(self, store: Store) -> None:
        """By the rules of collect: those that are known already add nothing."""
        entry = self.leased(store)
        self.add(store, scan("e1"))
        follow_ons = (scan("e1"), scan("e2", parent=entry.id), order("PO-1", "B"), order("PO-1", "B"))
        assert self.save(store, change(entry, *follow_ons, state=State.ACCEPTED)) == []
        found = self.answer(store.find())
        assert [(each.number, each.event_id, each.sequence) for each in found] == [
            ("PO-1", "", 1),
            ("1Z", "e1", 1),
            ("1Z", "e2", 2),
            ("PO-1", "", 2),
        ]
        assert found[2].parent == entry.id

    def test_follow_ons_are_refused_with_what_asked_for_them(self, store: Store) -> None:
        """An effect that somebody else records asks for its follow-ons there."""
        entry = self.leased(store)
        self.save(store, change(entry))
        assert self.save(store, change(entry, scan("e1"))) == [entry.id]
        assert self.answer(store.history("scans|1Z")) == []

    def test_an_invalid_follow_on_undoes_the_save(self, store: Store) -> None:
        """The whole of it, with the entries before and after."""
        entries = self.add(store, *(order(f"PO-{n}", "A") for n in range(3)))
        before = self.everything(store)
        with pytest.raises(StoreError):
            self.save(
                store,
                change(entries[0], scan("e1"), reason="saved"),
                change(entries[1], scan("e2"), scan(""), reason="saved"),
                change(entries[2], scan("e3"), reason="saved"),
            )
        assert self.everything(store) == before

    def test_of_many_saves_at_once_one_wins(self, store: Store) -> None:
        """All came with the same fence."""
        entry = self.leased(store)
        results = at_once(8, lambda n: self.save(store, change(entry, scan(str(n)), reason=str(n))))
        [winner] = [n for n, refused in enumerate(results) if refused == []]
        assert self.stored(store, entry).reason == str(winner)
        assert [each.event_id for each in self.answer(store.history("scans|1Z"))] == [str(winner)]

    def test_values_survive_exactly(self, store: Store) -> None:
        """Any text, any bytes, any instant to the microsecond."""
        numbers = itertools.count(1)

        @settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
        @given(observed=OBSERVED, saved=SAVED)
        def survives(observed: dict[str, Any], saved: dict[str, Any]) -> None:
            count = next(numbers)
            new = scan(f"e{count}", f"number {count}", **observed)
            [entry] = self.add(store, new)
            assert {name: getattr(entry, name) for name in observed} == observed
            assert self.save(store, change(entry, **saved)) == []
            assert self.stored(store, entry) == evolve(entry, **saved, fence=entry.fence + 1)

        survives()

    def test_names_and_numbers_survive_exactly(self, store: Store) -> None:
        """What a vendor calls things is up to the vendor."""
        name = "O'Brien & Söhne | 株式会社 % _ \\ \" ; 🏭"
        new = scan(name, name, flow=name, kind=name, partner=name, ordering_key=name)
        [entry] = self.add(store, new)
        assert self.answer(store.history(name)) == [entry]
        assert self.answer(store.find(flow=name, number=name)) == [entry]
        assert self.lease(store, name)[0].event_id == name

    def test_long_records_survive(self, store: Store) -> None:
        """One megabyte each of record and payload."""
        megabyte = bytes(range(256)) * 4096
        [entry] = self.add(store, order("PO-1", "A", record=megabyte))
        self.save(store, change(entry, payload=megabyte[::-1]))
        stored = self.stored(store, entry)
        assert stored.record == megabyte
        assert stored.payload == megabyte[::-1]
