"""Random walks: hypothesis tries sequences of calls, and each answer has to be the model's."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Change, Checkpoint, Collection, Entry, Event, FlowStatus, NewEntry, State
from mlconnector_sdk.testing.store_contract.model import Model
from mlconnector_sdk.testing.store_contract.samples import MINUTE, NOW, OfStore, event, order, scan

__all__ = ["WalkContract"]

FEW = st.integers(0, 2)
FLOWS = st.sampled_from(["orders", "scans"])
STATES = st.sampled_from(State)
FRESH = st.sampled_from([State.PENDING, State.PENDING, State.PENDING, State.KNOWN, State.DEAD])
OBSERVATIONS = st.one_of(
    st.builds(lambda n, f, state: order(f"PO-{n}", f, state=state), FEW, st.sampled_from("ABC"), FRESH),
    st.builds(lambda n, e, state: scan(f"e{e}", f"1Z-{n}", state=state), FEW, st.integers(0, 9), FRESH),
    # Both kinds of feed in one line: the key of a state feed names no event, and the other way round.
    st.builds(lambda n, e: scan(f"x{e}", ordering_key=f"orders|PO-{n}", flow="orders"), FEW, FEW),
)


class WalkContract(OfStore):
    """All of `ports.Store`, in any order."""

    walks = 30
    """How many walks of 30 steps; a subclass may want more."""

    def test_random_walks_agree_with_the_model(self, store: Store) -> None:
        """Each walk has flows, names and ids of its own, so that one store serves them all."""
        numbers = itertools.count()
        rules = settings(
            max_examples=self.walks,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )

        def walk() -> Walk:
            return Walk(store, self.answer, f"{next(numbers)}~")

        run_state_machine_as_test(walk, settings=rules)  # type: ignore[arg-type]  # any factory will do


class Walk(RuleBasedStateMachine):
    """One walk.

    Args:
        store: What is tried.
        answer: Resolves what a port returns.
        prefix: Goes before every name, so that walks do not meet.
    """

    def __init__(self, store: Store, answer: Callable[[Any], Any], prefix: str) -> None:
        super().__init__()
        self.store = store
        self.answer = answer
        self.prefix = prefix
        self.model = Model()
        self.now = NOW
        self.seen: list[Entry] = []  # as the store gave them out: fresh, leased and outdated ones
        self.last_position = 0

    def own(self, new: NewEntry) -> NewEntry:
        """An observation under this walk's names."""
        return evolve(
            new,
            flow=self.prefix + new.flow,
            number=self.prefix + new.number,
            ordering_key=self.prefix + new.ordering_key,
            observed_at=self.now,
        )

    def own_event(self, new: Event) -> Event:
        """A webhook under this walk's names."""
        return evolve(new, source=self.prefix + new.source, received_at=self.now)

    def agree(self, actual: Sequence[Entry], expected: Sequence[Entry]) -> None:
        """The same entries, but for the numbers of their positions, which only have to grow."""
        assert [_plain(entry) for entry in actual] == [_plain(entry) for entry in expected]
        self.seen += actual

    @rule(event_id=FEW, source=FEW)
    def admit(self, event_id: int, source: int) -> None:
        """A webhook, perhaps a repeated one."""
        new = self.own_event(event(f"e{event_id}", source=f"source {source}"))
        assert self.answer(self.store.admit(new)) == self.model.admit(new)

    @rule(source=FEW, limit=st.integers(0, 4))
    def look_into_the_inbox(self, source: int, limit: int) -> None:
        """What is open."""
        name = f"{self.prefix}source {source}"
        pending = self.answer(self.store.pending_events(name, limit=limit))
        assert list(pending) == self.model.pending_events(name, limit)

    @rule(
        entries=st.lists(OBSERVATIONS, max_size=4),
        closes=st.lists(st.tuples(FEW, FEW), max_size=2),
        revision=st.none() | st.integers(0, 3),
        flow=FLOWS,
    )
    def collect(
        self, entries: list[NewEntry], closes: list[tuple[int, int]], revision: int | None, flow: str
    ) -> None:
        """A window or an inbox, read."""
        collection = self.collection(entries, closes, revision, flow)
        collected = self.answer(self.store.collect(collection))
        added, moved = self.model.collect(collection)
        self.agree(collected.added, added)
        assert collected.known == len(entries) - len(added)
        assert collected.checkpoint_moved == moved
        for entry in collected.added:
            assert entry.position > self.last_position
            self.last_position = entry.position

    @rule(entries=st.lists(OBSERVATIONS, max_size=3), at=st.integers(0, 3), revision=st.integers(0, 3))
    def collect_in_vain(self, entries: list[NewEntry], at: int, revision: int) -> None:
        """One observation has no key: nothing of the collection may remain."""
        spoiled = [*entries[:at], scan(""), *entries[at:]]
        collection = self.collection(spoiled, [(0, 0), (1, 1)], revision, "orders")
        with pytest.raises(StoreError):
            self.answer(self.store.collect(collection))

    def collection(
        self, entries: list[NewEntry], closes: list[tuple[int, int]], revision: int | None, flow: str
    ) -> Collection:
        """Under this walk's names."""
        point = Checkpoint(
            flow=self.prefix + flow, cursors={"at": self.now.isoformat()}, revision=revision or 0
        )
        return Collection(
            entries=tuple(self.own(new) for new in entries),
            closes=tuple((f"{self.prefix}source {source}", f"e{event_id}") for source, event_id in closes),
            checkpoint=None if revision is None else point,
        )

    @rule(flow=FLOWS)
    def read_the_checkpoint(self, flow: str) -> None:
        """How far it got."""
        name = self.prefix + flow
        assert self.answer(self.store.checkpoint(name)) == self.model.checkpoints.get(name)

    @rule(flow=FLOWS, minutes=st.integers(1, 10), limit=st.integers(0, 4))
    def lease(self, flow: str, minutes: int, limit: int) -> None:
        """A worker asks for work."""
        name, until = self.prefix + flow, self.now + minutes * MINUTE
        due = self.answer(self.store.due(name, now=self.now))
        leased = self.answer(self.store.lease(name, now=self.now, until=until, limit=limit))
        assert due == bool(leased) or not limit
        self.agree(leased, self.model.lease(name, self.now, until, limit))

    @rule(minutes=st.integers(1, 10))
    def wait(self, minutes: int) -> None:
        """Leases end, and things become due."""
        self.now += minutes * MINUTE

    @rule(data=st.data(), count=st.integers(1, 3))
    def save(self, data: st.DataObject, count: int) -> None:
        """Workers and people record what they did, with what they hold or with what they once held."""
        if not self.seen:
            return
        changes = [data.draw(self.changes()) for _ in range(count)]
        refused = self.answer(self.store.save(changes))
        assert list(refused) == self.model.save(changes)

    def changes(self) -> st.SearchStrategy[Change]:
        """Any entry that was ever given out, mostly the latest, in any new state."""
        recent = st.sampled_from(self.seen[-4:])
        return st.builds(
            self.change,
            recent | st.sampled_from(self.seen),
            STATES,
            keep=st.booleans(),
            minutes=st.none() | st.integers(-5, 5),
            uncertain=st.booleans(),
            payload=st.none() | st.binary(max_size=3),
            follow_ons=st.lists(OBSERVATIONS, max_size=2),
        )

    def change(
        self,
        entry: Entry,
        state: State,
        *,
        keep: bool,
        minutes: int | None,
        uncertain: bool,
        payload: bytes | None,
        follow_ons: list[NewEntry],
    ) -> Change:
        """An entry as somebody would save it."""
        changed = evolve(
            entry,
            state=state,
            leased_until=entry.leased_until if keep else None,
            not_before=None if minutes is None else self.now + minutes * MINUTE,
            outcome_unknown=uncertain,
            payload=payload,
            references={"at": str(self.now)},
            changed_at=self.now,
            attempts=entry.attempts + 1,
        )
        return Change(entry=changed, follow_ons=tuple(self.own(new) for new in follow_ons))

    @rule(
        flow=st.none() | FLOWS,
        number=st.sampled_from(["PO-0", "PO-1", "1Z-0", "1Z"]),
        states=st.lists(STATES, max_size=3),
        limit=st.integers(0, 5),
    )
    def find(self, flow: str | None, number: str, states: list[State], limit: int) -> None:
        """A person asks for a number."""
        flow_name, name = self.prefix + flow if flow else "", self.prefix + number
        found = self.answer(self.store.find(flow=flow_name, number=name, states=states, limit=limit))
        self.agree(found, self.model.find(flow_name, name, "", states, limit))

    @rule(flow=FLOWS, states=st.lists(STATES, max_size=3), limit=st.integers(0, 5))
    def find_in_a_flow(self, flow: str, states: list[State], limit: int) -> None:
        """A person asks for a flow."""
        name = self.prefix + flow
        found = self.answer(self.store.find(flow=name, states=states, limit=limit))
        self.agree(found, self.model.find(name, "", "", states, limit))

    @rule(name=FEW, owner=st.sampled_from("ab"), minutes=st.integers(1, 10))
    def claim(self, name: int, owner: str, minutes: int) -> None:
        """A run wants to be alone."""
        arguments: tuple[str, str, datetime, datetime]
        arguments = (f"{self.prefix}{name}", owner, self.now, self.now + minutes * MINUTE)
        claimed = self.answer(self.store.claim(arguments[0], owner, now=arguments[2], until=arguments[3]))
        assert claimed == self.model.claim(*arguments)

    @rule(name=FEW, owner=st.sampled_from("ab"))
    def release(self, name: int, owner: str) -> None:
        """A run is over."""
        self.answer(self.store.release(f"{self.prefix}{name}", owner))
        self.model.release(f"{self.prefix}{name}", owner)

    @rule(flow=FLOWS, minutes=st.none() | st.integers(1, 10))
    def pause(self, flow: str, minutes: int | None) -> None:
        """A flow rests, or runs again."""
        until = None if minutes is None else self.now + minutes * MINUTE
        status = FlowStatus(
            flow=self.prefix + flow, paused_until=until, reason="" if until is None else "rest"
        )
        self.answer(self.store.set_flow_status(status))
        self.model.statuses[status.flow] = status
        assert self.answer(self.store.flow_status(status.flow)) == status

    @invariant()
    def everything_agrees(self) -> None:
        """Every line of the outbox is the model's."""
        for key in {entry.ordering_key for entry in self.model.entries}:
            history = self.answer(self.store.history(key))
            assert [_plain(entry) for entry in history] == [_plain(e) for e in self.model.history(key)]


def _plain(entry: Entry) -> Entry:
    return evolve(entry, position=0)
