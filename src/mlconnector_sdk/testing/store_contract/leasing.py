"""Lease: who may work on what, one at a time and in line."""

from __future__ import annotations

from datetime import datetime

import pytest
from attrs import evolve

from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.testing.contract import at_once
from mlconnector_sdk.testing.store_contract.samples import LATER, MINUTE, NOW, OfStore, change, order, scan

__all__ = ["LeaseContract"]

UNFINISHED = (State.PENDING, State.IN_FLIGHT)


class LeaseContract(OfStore):
    """`lease` and `due`."""

    def numbers(self, entries: list[Entry]) -> list[str]:
        """Which ones, for short."""
        return [entry.number for entry in entries]

    def test_a_lease_changes_the_fence_and_its_end_alone(self, store: Store) -> None:
        """The new fence tells this holder from all others."""
        [added] = self.add(store, order("PO-1", "A"))
        [leased] = self.lease(store, until=LATER)
        assert leased.fence > added.fence
        assert leased.leased_until == LATER
        assert evolve(leased, fence=added.fence, leased_until=None) == added
        assert self.stored(store, added) == leased

    def test_the_oldest_position_comes_first(self, store: Store) -> None:
        """And no more than asked for; the rest is there for the next."""
        self.add(store, *(order(f"PO-{n}", "A") for n in (3, 1, 4, 2)))
        assert self.lease(store, limit=0) == []
        assert self.numbers(self.lease(store, limit=3)) == ["PO-3", "PO-1", "PO-4"]
        assert self.numbers(self.lease(store, limit=3)) == ["PO-2"]

    def test_an_entry_that_became_older_again_comes_first_again(self, store: Store) -> None:
        """The position counts, not when it became pending."""
        first, second = self.add(store, order("PO-1", "A"), order("PO-2", "A"))
        self.save(store, change(first, state=State.HELD))
        self.save(store, change(self.stored(store, first), state=State.PENDING))
        assert [entry.id for entry in self.lease(store)] == [first.id, second.id]

    def test_a_flow_leases_its_own(self, store: Store) -> None:
        """Nothing of another flow."""
        self.add(store, order("PO-1", "A"), scan("e1"))
        assert self.numbers(self.lease(store, "scans")) == ["1Z"]
        assert self.lease(store, "nobody's") == []

    @pytest.mark.parametrize("state", list(State))
    def test_only_the_unfinished_is_leased(self, store: Store, state: State) -> None:
        """Pending, or in flight and left behind by a worker that died."""
        [entry] = self.add(store, order("PO-1", "A"))
        self.save(store, change(entry, state=state))
        assert len(self.lease(store)) == (1 if state in UNFINISHED else 0)

    def test_a_lease_excludes_until_it_ends(self, store: Store) -> None:
        """At its last instant it is over, and the next holder has a higher fence."""
        self.add(store, order("PO-1", "A"))
        [first] = self.lease(store, until=LATER)
        assert self.lease(store, now=LATER - MINUTE / 1_000_000) == []
        [second] = self.lease(store, now=LATER, until=LATER + MINUTE)
        assert (second.id, second.leased_until) == (first.id, LATER + MINUTE)
        assert second.fence > first.fence

    def test_what_is_given_back_can_be_leased_at_once(self, store: Store) -> None:
        """Saved without a lease."""
        self.add(store, order("PO-1", "A"))
        [leased] = self.lease(store)
        assert self.save(store, change(leased, leased_until=None)) == []
        assert len(self.lease(store)) == 1

    def test_what_is_saved_with_its_lease_stays_held(self, store: Store) -> None:
        """As an entry that was marked in flight."""
        self.add(store, order("PO-1", "A"))
        [leased] = self.lease(store)
        self.save(store, change(leased, state=State.IN_FLIGHT))
        assert self.lease(store) == []
        assert len(self.lease(store, now=LATER)) == 1

    def test_nothing_is_leased_before_it_is_due(self, store: Store) -> None:
        """At ``not_before`` it is."""
        [entry] = self.add(store, order("PO-1", "A"))
        self.save(store, change(entry, not_before=NOW + MINUTE))
        assert self.lease(store, now=NOW + MINUTE - MINUTE / 1_000_000) == []
        assert len(self.lease(store, now=NOW + MINUTE)) == 1

    def test_what_cannot_be_leased_hides_nothing_behind_it(self, store: Store) -> None:
        """Any number of waiting entries stands before the one that is due."""
        waiting = self.add(store, *(order(f"PO-{n}", "A") for n in range(30)))
        self.save(store, *(change(entry, not_before=LATER) for entry in waiting))
        self.add(store, order("due", "A"))
        assert self.numbers(self.lease(store, limit=1)) == ["due"]

    def test_one_of_a_line_at_a_time(self, store: Store) -> None:
        """The others wait until it is finished, not merely leased."""
        self.add(store, order("PO-1", "A"), order("PO-1", "B"), order("PO-2", "A"))
        leased = self.lease(store)
        assert [(entry.number, entry.sequence) for entry in leased] == [("PO-1", 1), ("PO-2", 1)]
        assert self.lease(store) == []
        self.save(store, change(leased[0], state=State.ACCEPTED, leased_until=None))
        assert [entry.sequence for entry in self.lease(store)] == [2]

    @pytest.mark.parametrize("state", list(State))
    @pytest.mark.parametrize("uncertain", [False, True])
    @pytest.mark.parametrize("feed", ["orders", "scans"])
    def test_what_an_earlier_entry_blocks(
        self, store: Store, state: State, uncertain: bool, feed: str
    ) -> None:
        """Unfinished work does, and a dead letter where order matters or its outcome is unknown."""
        pair = [order("1Z", "A"), order("1Z", "B")] if feed == "orders" else [scan("e1"), scan("e2")]
        first, _ = self.add(store, *pair)
        # Due only later, so that the first itself is not in the way of what is looked at here.
        self.save(store, change(first, state=state, outcome_unknown=uncertain, not_before=LATER))
        blocks = state in UNFINISHED or (state is State.DEAD and (uncertain or feed == "scans"))
        assert [entry.sequence for entry in self.lease(store, feed)] == ([] if blocks else [2])

    def test_a_later_entry_blocks_nothing(self, store: Store) -> None:
        """The line is served from its front."""
        _, second = self.add(store, scan("e1"), scan("e2"))
        self.save(store, change(second, state=State.DEAD))
        assert [entry.sequence for entry in self.lease(store, "scans")] == [1]

    def test_a_line_may_cross_flows(self, store: Store) -> None:
        """The ordering key alone says who waits for whom."""
        self.add(store, order("PO-1", "A"), scan("e1", ordering_key="orders|PO-1"))
        assert self.lease(store, "scans") == []
        [first] = self.lease(store)
        self.save(store, change(first, state=State.ACCEPTED, leased_until=None))
        assert len(self.lease(store, "scans")) == 1

    def test_an_older_entry_waits_while_a_newer_one_is_held(self, store: Store) -> None:
        """Somebody retries a dead letter whose successor is being sent just now."""
        first, second = self.add(store, order("PO-1", "A"), order("PO-1", "B"))
        self.save(store, change(first, state=State.DEAD))
        [held] = self.lease(store)
        assert held.id == second.id
        self.save(store, change(self.stored(store, first), state=State.PENDING))
        assert self.lease(store) == []
        assert [entry.id for entry in self.lease(store, now=LATER, until=LATER + MINUTE)] == [first.id]

    def test_a_finished_entry_holds_nobody_up(self, store: Store) -> None:
        """Even if its lease was not cleared."""
        self.add(store, order("PO-1", "A"), order("PO-1", "B"))
        [first] = self.lease(store)
        self.save(store, change(first, state=State.ACCEPTED))
        assert [entry.sequence for entry in self.lease(store)] == [2]

    def test_what_is_pending_for_some_partners_is_left_out(self, store: Store) -> None:
        """It waits where it is; the others, and those without a partner, are not held up by it."""
        partners = ["ACME", "Bolt", "ACME", "", "Crane"]
        self.add(store, *(order(f"PO-{n}", "A", partner=partner) for n, partner in enumerate(partners)))
        assert self.numbers(self.lease(store, without=["ACME", "Crane", "nobody"], limit=1)) == ["PO-1"]
        assert self.numbers(self.lease(store, without=["ACME", "Crane"])) == ["PO-3"]
        assert self.lease(store, without=["Crane", "ACME"]) == []
        assert self.numbers(self.lease(store)) == ["PO-0", "PO-2", "PO-4"]

    def test_what_may_have_left_is_looked_after_in_any_case(self, store: Store) -> None:
        """Whoever it is for."""
        pending, in_flight = self.add(store, order("PO-1", "A"), order("PO-2", "A"))
        self.save(store, change(in_flight, state=State.IN_FLIGHT))
        assert self.answer(store.due("orders", now=NOW, without=["ACME"]))
        assert self.numbers(self.lease(store, without=["ACME"])) == ["PO-2"]
        assert not self.answer(store.due("orders", now=NOW, without=["ACME"]))
        assert self.answer(store.due("orders", now=NOW))
        assert self.stored(store, pending) == pending

    def test_what_is_left_out_still_blocks_its_line(self, store: Store) -> None:
        """The order of a line holds, whoever its entries are for."""
        self.add(store, order("PO-1", "A"), order("PO-1", "B", partner="Bolt"))
        assert self.lease(store, without=["ACME"]) == []
        assert not self.answer(store.due("orders", now=NOW, without=["ACME"]))

    def test_due_foretells_a_lease(self, store: Store) -> None:
        """For the flow, at the instant, and without taking anything."""

        def due(flow: str = "orders", now: datetime = NOW) -> bool:
            return self.answer(store.due(flow, now=now))

        assert not due()
        [entry] = self.add(store, order("PO-1", "A"))
        self.save(store, change(entry, not_before=NOW + MINUTE))
        assert not due()
        assert due(now=NOW + MINUTE)
        assert not due("scans", now=NOW + MINUTE)
        [leased] = self.lease(store, now=NOW + MINUTE)
        assert not due(now=NOW + MINUTE)
        assert due(now=LATER)
        self.save(store, change(leased, state=State.ACCEPTED))
        assert not due(now=LATER)

    def test_workers_at_once_never_hold_the_same(self, store: Store) -> None:
        """Each entry goes to one of them, and none is left."""
        self.add(store, *(order(f"PO-{n}", "A") for n in range(60)))

        def work(_: int) -> list[str]:
            return [number for _ in range(60) for number in self.numbers(self.lease(store, limit=3))]

        taken = [number for numbers in at_once(8, work) for number in numbers]
        assert sorted(taken) == sorted(f"PO-{n}" for n in range(60))

    def test_workers_at_once_keep_every_line_in_order(self, store: Store) -> None:
        """Five lines of six, worked off by four: each line comes out as it went in."""
        self.add(store, *(scan(f"{n}-{m}", f"line {n}") for m in range(6) for n in range(5)))
        finished: list[Entry] = []

        def work(_: int) -> None:
            for _round in range(100):
                for entry in self.lease(store, "scans", limit=2):
                    finished.append(entry)
                    refused = self.save(store, change(entry, state=State.ACCEPTED, leased_until=None))
                    assert refused == []

        at_once(4, work)
        work(0)  # what is left when all four looked while nothing was free
        for n in range(5):
            line = [entry.sequence for entry in finished if entry.number == f"line {n}"]
            assert line == [1, 2, 3, 4, 5, 6]
