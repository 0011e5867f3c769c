"""Collect: what is new, what is known, and that a commit happens entirely or not at all."""

from __future__ import annotations

import pytest

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, Feed, NewEntry, State, digest
from mlconnector_sdk.testing.contract import at_once
from mlconnector_sdk.testing.store_contract.samples import (
    MINUTE,
    NOW,
    OfStore,
    change,
    event,
    observation,
    order,
    scan,
)

__all__ = ["CollectContract"]


class CollectContract(OfStore):
    """`collect` and `checkpoint`."""

    def history(self, store: Store, ordering_key: str) -> list[Entry]:
        """Everything under an ordering key."""
        return list(self.answer(store.history(ordering_key)))

    def test_an_observation_becomes_an_entry(self, store: Store) -> None:
        """With everything it told, and a clean start for the rest."""
        new = order("PO-1", "A", parent="p1", reason="a reason", remedy="a remedy")
        [entry] = self.add(store, new)
        assert observation(entry) == new
        assert (entry.sequence, entry.changed_at, entry.attempts, entry.fence) == (1, NOW, 0, 0)
        assert (entry.not_before, entry.leased_until, entry.first_sent_at) == (None, None, None)
        assert (entry.accepted_at, entry.expected_by, entry.purged_at) == (None, None, None)
        assert (entry.payload, entry.document) == (None, None)
        assert (entry.idempotency_key, dict(entry.references)) == ("", {})
        assert not entry.outcome_unknown
        assert self.history(store, new.ordering_key) == [entry]

    def test_the_keys_of_an_entry(self, store: Store) -> None:
        """The dedupe key is made of what admitted it; the id is its digest."""
        [state] = self.add(store, order("PO-1", "A"))
        [happened] = self.add(store, scan("e1"))
        assert state.dedupe_key == "orders|PO-1|1"
        assert happened.dedupe_key == "scans|e1"
        assert (state.id, happened.id) == (digest(state.dedupe_key), digest(happened.dedupe_key))

    def test_positions_grow(self, store: Store) -> None:
        """In the order given, over all flows and commits."""
        added = self.add(store, order("PO-2", "A"), scan("e1"), order("PO-1", "A"))
        added += self.add(store, scan("e0", "1A"))
        positions = [entry.position for entry in added]
        assert positions == sorted(set(positions))

    def test_the_same_state_again_is_known(self, store: Store) -> None:
        """Polling a hundred times what has not changed adds nothing."""
        self.add(store, order("PO-1", "A"))
        for minute in range(100):
            again = order("PO-1", "A", observed_at=NOW + minute * MINUTE, record=b"other bytes")
            collected = self.collect(store, again)
            assert (collected.added, collected.known) == ((), 1)

    def test_a_state_that_comes_back_is_new(self, store: Store) -> None:
        """An edit A, B, A is three entries in that order: it is compared with the latest alone."""
        for fingerprint in "ABA":
            self.add(store, order("PO-1", fingerprint))
        line = self.history(store, "orders|PO-1")
        assert [(entry.sequence, entry.fingerprint) for entry in line] == [(1, "A"), (2, "B"), (3, "A")]
        assert len({entry.id for entry in line}) == 3

    def test_the_rules_apply_one_after_the_other_within_a_collection(self, store: Store) -> None:
        """As if each observation had come alone."""
        collected = self.collect(store, *(order("PO-1", fingerprint) for fingerprint in "AABBA"))
        assert [entry.fingerprint for entry in collected.added] == ["A", "B", "A"]
        assert [entry.sequence for entry in collected.added] == [1, 2, 3]
        assert collected.known == 2

    @pytest.mark.parametrize("state", list(State))
    def test_the_latest_counts_whatever_became_of_it(self, store: Store, state: State) -> None:
        """Also one from before go-live, and a dead letter."""
        [entry] = self.add(store, order("PO-1", "A"))
        self.save(store, change(entry, state=state))
        assert self.collect(store, order("PO-1", "A")).known == 1
        assert self.add(store, order("PO-1", "B"))[0].sequence == 2

    def test_what_existed_before_go_live_is_compared_with(self, store: Store) -> None:
        """A baseline entry is known, and an edit of it is news."""
        [known] = self.add(store, order("PO-1", "A", state=State.KNOWN))
        assert known.state is State.KNOWN
        assert self.collect(store, order("PO-1", "A")).known == 1
        [edit] = self.add(store, order("PO-1", "B"))
        assert (edit.state, edit.sequence) == (State.PENDING, 2)

    def test_an_event_is_known_by_its_id_per_flow(self, store: Store) -> None:
        """Whatever it carries, and under whatever ordering key; another flow takes it for itself."""
        self.add(store, scan("e1", "1Z"), scan("e2", "1Z"))
        collected = self.collect(store, scan("e1", "1Z"), scan("e2", "other"), scan("e3"), scan("e3"))
        assert ([entry.event_id for entry in collected.added], collected.known) == (["e3"], 3)
        [elsewhere] = self.add(store, scan("e1", flow="arrivals", ordering_key="arrivals|1Z"))
        assert elsewhere.sequence == 1

    def test_events_never_collapse(self, store: Store) -> None:
        """Two that say the same are two, when their ids differ."""
        same = [scan(f"e{n}", record=b"same", fingerprint="same") for n in range(3)]
        assert [entry.sequence for entry in self.add(store, *same)] == [1, 2, 3]

    def test_an_entry_may_be_dead_on_arrival(self, store: Store) -> None:
        """It is kept with its reason, admitted once, and never leased."""
        unreadable = scan("e1", state=State.DEAD, reason="not JSON", remedy="ask the vendor")
        [entry] = self.add(store, unreadable)
        assert (entry.state, entry.reason, entry.remedy) == (State.DEAD, "not JSON", "ask the vendor")
        assert self.collect(store, unreadable).known == 1
        assert self.lease(store, "scans") == []
        # There is no fingerprint of what cannot be read.
        self.add(store, order("PO-1", "", state=State.DEAD, reason="not JSON"))

    @pytest.mark.parametrize(
        "invalid",
        [scan(""), order("PO-9", "")],
        ids=["an event without its id", "a state without its fingerprint"],
    )
    def test_an_observation_without_its_key_is_refused(self, store: Store, invalid: NewEntry) -> None:
        """It would swallow all that come after it; and nothing else of the collection remains."""
        self.answer(store.admit(event("e1")))
        self.collect(store, order("PO-1", "A"), checkpoint=self.point("a", 0))
        before = self.everything(store)
        with pytest.raises(StoreError):
            self.collect(
                store,
                order("PO-1", "B"),
                order("PO-2", "A"),
                invalid,
                order("PO-3", "A"),
                closes=(("stedi.transactions", "e1"),),
                checkpoint=self.point("b", 1),
            )
        assert self.everything(store) == before
        assert self.add(store, order("PO-1", "B"))[0].sequence == 2

    def test_the_checkpoint_moves_with_the_entries(self, store: Store) -> None:
        """From revision to revision, per flow."""
        assert self.answer(store.checkpoint("orders")) is None
        assert self.collect(store, order("PO-1", "A"), checkpoint=self.point("a", 0)).checkpoint_moved
        assert self.answer(store.checkpoint("orders")) == self.point("a", 1)
        assert self.collect(store, checkpoint=self.point("b", 1)).checkpoint_moved
        assert self.answer(store.checkpoint("orders")) == self.point("b", 2)
        assert self.answer(store.checkpoint("scans")) is None

    @pytest.mark.parametrize("revision", [0, 1, 3])
    def test_the_checkpoint_moves_only_from_where_it_is(self, store: Store, revision: int) -> None:
        """Another poller was faster: it stays, and the entries stand."""
        for n, cursor in enumerate("ab"):
            self.collect(store, checkpoint=self.point(cursor, n))
        collected = self.collect(store, order("PO-1", "A"), checkpoint=self.point("c", revision))
        assert not collected.checkpoint_moved
        assert len(collected.added) == 1
        assert self.answer(store.checkpoint("orders")) == self.point("b", 2)

    def test_a_first_checkpoint_has_revision_0(self, store: Store) -> None:
        """One that claims to have read another is not believed."""
        assert not self.collect(store, checkpoint=self.point("a", 1)).checkpoint_moved
        assert self.answer(store.checkpoint("orders")) is None

    def test_a_collection_without_a_checkpoint_leaves_it(self, store: Store) -> None:
        """And says that it did not move."""
        self.collect(store, checkpoint=self.point("a", 0))
        assert not self.collect(store, order("PO-1", "A")).checkpoint_moved
        assert self.answer(store.checkpoint("orders")) == self.point("a", 1)

    @pytest.mark.parametrize("feed", list(Feed))
    def test_pollers_at_once_create_one_entry(self, store: Store, feed: Feed) -> None:
        """Two processes may poll the same source at the same moment."""
        seen = order("PO-1", "A") if feed is Feed.STATE else scan("e1")
        results = at_once(8, lambda _: self.collect(store, seen, checkpoint=self.point("a", 0)))
        assert sum(len(result.added) for result in results) == 1
        assert sum(result.known for result in results) == 7
        assert sum(result.checkpoint_moved for result in results) == 1
        assert len(self.history(store, seen.ordering_key)) == 1

    def test_pollers_at_once_keep_the_line_in_order(self, store: Store) -> None:
        """Sequences have no gap and no double, and positions follow them."""
        at_once(8, lambda n: self.collect(store, *(scan(f"{n}-{m}") for m in range(5))))
        line = self.history(store, "scans|1Z")
        assert [entry.sequence for entry in line] == list(range(1, 41))
        assert [entry.position for entry in line] == sorted(entry.position for entry in line)
