"""Random walks through collect, lease, save, find and purge."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.records import Change, Collection, Entry, NewEntry, State
from mlconnector_sdk.testing.store_contract.samples import MINUTE, order, scan
from mlconnector_sdk.testing.store_contract.walk import Walk

__all__ = ["WalkOfEntries"]

TWO = st.integers(0, 1)
FLOWS = st.sampled_from(["orders", "scans"])
REFERENCES = st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"), max_size=2)
STATES = st.sampled_from(State)
# Mostly those that decide who may go next.
BUSY_STATES = st.sampled_from([State.PENDING, State.IN_FLIGHT, State.DEAD, State.ACCEPTED]) | STATES
FRESH = st.sampled_from([State.PENDING, State.PENDING, State.PENDING, State.KNOWN, State.DEAD])
OBSERVATIONS = st.one_of(
    st.builds(lambda n, f, state: order(f"PO-{n}", f, state=state), TWO, st.sampled_from("ABC"), FRESH),
    st.builds(lambda n, e, state: scan(f"e{e}", f"1Z-{n}", state=state), TWO, st.integers(0, 9), FRESH),
    st.builds(
        lambda n, f, payload: order(f"PO-{n}", f, deliberate=True, payload=payload, partner="Bolt"),
        TWO,
        st.sampled_from(["", "A", "B"]),
        st.sampled_from([None, b"850"]),
    ),
    # Both kinds of feed in one line.
    st.builds(lambda n, e: scan(f"x{e}", ordering_key=f"orders|PO-{n}", flow="orders"), TWO, TWO),
)


class WalkOfEntries(Walk):
    """Observations come, workers lease and save, people look and retry."""

    @rule(entries=st.lists(OBSERVATIONS, max_size=4))
    def collect(self, entries: list[NewEntry]) -> None:
        """A window is read."""
        self.agree_to_collect(Collection(entries=tuple(self.own(new) for new in entries)))

    @rule(entries=st.lists(OBSERVATIONS, min_size=1, max_size=3))
    def collect_in_vain(self, entries: list[NewEntry]) -> None:
        """The last observation has no key: nothing of the others may remain."""
        spoiled = tuple(self.own(new) for new in (*entries, scan("")))
        with pytest.raises(StoreError):
            self.answer(self.store.collect(Collection(entries=spoiled)))

    @rule(
        flow=FLOWS,
        passed=st.integers(0, 2),
        minutes=st.integers(1, 4),
        limit=st.integers(0, 3),
        without=st.sampled_from([(), (), ("Bolt",), ("ACME", "Bolt")]),
    )
    def lease(self, flow: str, passed: int, minutes: int, limit: int, without: tuple[str, ...]) -> None:
        """A worker asks for work, after some minutes in which leases ended and things became due."""
        self.now += passed * MINUTE
        name, until = self.prefix + flow, self.now + minutes * MINUTE
        due = self.answer(self.store.due(name, now=self.now, without=without))
        leased = self.answer(self.store.lease(name, now=self.now, until=until, limit=limit, without=without))
        self.agree(leased, self.model.lease(name, self.now, until, limit, without))
        assert due == bool(leased) or not limit

    @rule(data=st.data(), count=st.integers(1, 4))
    def save(self, data: st.DataObject, count: int) -> None:
        """Workers and people record what they did; some of them were overtaken."""
        if self.model.entries:
            changes = [self.change(data) for _ in range(count)]
            assert list(self.answer(self.store.save(changes))) == self.model.save(changes)

    def change(self, data: st.DataObject) -> Change:
        """An entry as somebody would save it."""
        entry = data.draw(st.sampled_from(self.model.entries))
        minutes = data.draw(st.sampled_from([None, None, 0, 2]))
        keeps_its_lease, overtaken = data.draw(st.booleans()), data.draw(st.integers(0, 4)) == 0
        changed = evolve(
            entry,
            position=self.position(entry),
            fence=entry.fence - overtaken,
            state=data.draw(BUSY_STATES),
            leased_until=entry.leased_until if keeps_its_lease else None,
            not_before=None if minutes is None else self.now + minutes * MINUTE,
            outcome_unknown=data.draw(st.booleans()),
            payload=data.draw(st.sampled_from([None, b"", b"850"])),
            document=data.draw(st.sampled_from([None, b"", b"{}"])),
            references=data.draw(REFERENCES),
            expected_by=None if minutes is None else self.now + minutes * MINUTE,
            changed_at=self.now,
            attempts=entry.attempts + 1,
        )
        follow_ons = data.draw(st.lists(OBSERVATIONS, max_size=1))
        return Change(entry=changed, follow_ons=tuple(self.own(new) for new in follow_ons))

    def position(self, entry: Entry) -> int:
        """Where the store has it; those that came as follow-ons are looked up."""
        if entry.id not in self.positions:
            [found] = self.answer(self.store.find(entry_id=entry.id))
            self.positions[entry.id] = found.position
        return self.positions[entry.id]

    @rule(
        flow=st.sampled_from(["", "orders", "scans"]),
        number=st.sampled_from(["", "PO-0", "PO-1", "1Z-0"]),
        partner=st.sampled_from(["", "", "ACME", "Bolt"]),
        reference=st.sampled_from([None, None, ("a", "1"), ("b", "2")]),
        states=st.lists(BUSY_STATES, max_size=3),
        minutes=st.sampled_from([None, None, 0, 1]),
        limit=st.integers(0, 5),
    )
    def find(self, flow: str, number: str, minutes: int | None, **rest: Any) -> None:
        """A person asks."""
        if flow or number:  # else the entries of other walks would be found
            criteria = rest | {
                "flow": flow and self.prefix + flow,
                "number": number and self.prefix + number,
                "expected_before": None if minutes is None else self.now + minutes * MINUTE,
            }
            self.agree(self.answer(self.store.find(**criteria)), self.model.find(**criteria))

    @rule(minutes=st.integers(0, 5))
    def purge(self, minutes: int) -> None:
        """What documents said some minutes ago is removed."""
        before = self.now - minutes * MINUTE
        self.purge_all(before)
        self.model.purge(before)

    @invariant()
    def every_line_agrees(self) -> None:
        """The whole outbox is the model's."""
        for key in {entry.ordering_key for entry in self.model.entries}:
            self.agree(self.answer(self.store.history(key)), self.model.history(key))
            has, expected = self.answer(self.store.accepted(key)), self.model.accepted(key)
            self.agree([has] if has else [], [expected] if expected else [])
