"""What has to happen in one commit does: the end of a window, a closed event, an acceptance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from attrs import evolve

from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import VendorUnavailable
from mlconnector_sdk.flow import Observation, Pipeline, Walk, Window
from mlconnector_sdk.flow.collect import Collector
from mlconnector_sdk.flow.report import FlowReport
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import (
    Change,
    Collected,
    Collection,
    Entry,
    Event,
    Feed,
    NewEntry,
    SendResult,
    State,
)
from mlconnector_sdk.storage.memory import MemoryStore
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox, answer_flow, order_flow


class Feeding(Orders):
    """A state feed whose walks show only what came after the cursor: what a cursor has passed is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[str] = []
        self.before_batch: Callable[[int], None] = lambda number: None

    def put(self, number: str, content: str, *, partner: str = "ACME") -> None:
        super().put(number, content, partner=partner)
        self.changes.append(number)

    def walk(self, window: Window) -> Walk:
        return FeedWalk(self, int(window.cursors.get("orders", "0")))


class FeedWalk:
    def __init__(self, feed: Feeding, at: int) -> None:
        self._feed = feed
        self._at = self._start = at

    async def batch(self) -> Sequence[Observation] | None:
        if self._at == len(self._feed.changes):
            return None
        self._feed.before_batch(self._at - self._start)
        self._at += 1
        return [self._feed.observation(self._feed.changes[self._at - 1])]

    async def close(self) -> None:
        pass

    @property
    def cursors(self) -> Mapping[str, str]:
        return {"orders": str(self._at)}


class Watched(MemoryStore):
    """Tells after each commit what is there now."""

    def __init__(self) -> None:
        super().__init__()
        self.after: Callable[[], None] = lambda: None

    def collect(self, collection: Collection) -> Collected:
        collected = super().collect(collection)
        self.after()
        return collected

    def save(self, changes: Sequence[Change]) -> list[str]:
        refused = super().save(changes)
        self.after()
        return refused


@pytest.fixture
def feed(pipeline: Pipeline, outbox: Outbox) -> Feeding:
    """The orders of the pipeline, behind a cursor: after go-live, three of them have changed."""
    feeding = Feeding()
    pipeline.flows["orders"] = order_flow(feeding, outbox)
    pipeline.baseline()
    for number in ("PO-1", "PO-2", "PO-3"):
        feeding.put(number, "a")
    return feeding


def cursor(store: Store) -> str:
    checkpoint = store.checkpoint("orders")
    assert checkpoint is not None
    return checkpoint.cursors["orders"]  # type: ignore[union-attr]


def test_a_window_that_breaks_off_is_read_again(
    pipeline: Pipeline, store: Store, feed: Feeding, outbox: Outbox
) -> None:
    def broken(batch: int) -> None:
        if batch == 2:
            raise VendorUnavailable("the connection broke")

    before = cursor(store)
    feed.before_batch = broken
    pipeline.run()
    assert cursor(store) == before
    feed.before_batch = lambda batch: None
    pipeline.run()
    assert cursor(store) == "3"
    assert sorted(number for number, _ in outbox.sent) == ["PO-1", "PO-2", "PO-3"]


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_a_window_that_is_stopped_is_read_again(
    pipeline: Pipeline, store: Store, clock: VirtualClock, feed: Feeding, outbox: Outbox, batches: int
) -> None:
    read: list[int] = []
    feed.before_batch = read.append
    before = cursor(store)
    collector = Collector(
        store=store, journal=pipeline._journal, clock=clock, stopping=lambda: len(read) >= batches
    )
    run(collector.collect(pipeline.flows["orders"], FlowReport(flow="orders")))
    assert cursor(store) == before
    pipeline.run()
    assert sorted(number for number, _ in outbox.sent) == ["PO-1", "PO-2", "PO-3"]


def test_when_the_checkpoint_has_moved_all_of_the_window_is_there(clock: VirtualClock) -> None:
    store, feed = Watched(), Feeding()
    sync = Pipeline("test", [order_flow(feed, Outbox())], store=store, clock=clock)
    sync.baseline()
    for number in ("PO-1", "PO-2", "PO-3"):
        feed.put(number, "a")
    seen: list[tuple[str, int]] = []
    store.after = lambda: seen.append((cursor(store), len(store.find(limit=10))))
    sync.run()
    assert ("3", 3) in seen
    assert {entries for at, entries in seen if at == "3"} == {3}


def test_when_an_event_is_closed_its_entry_is_there(clock: VirtualClock) -> None:
    store, answers = Watched(), Answers()
    sync = Pipeline("test", [answer_flow(answers, Outbox())], store=store, clock=clock)
    sync.baseline()
    answers.happened["t-1"] = "PO-1"
    sync.receive(Event(source=answers.name, event_id="e-1", body=b"t-1", received_at=clock.now()))
    seen: set[tuple[int, int]] = set()
    store.after = lambda: seen.add((len(store.pending_events(answers.name)), len(store.find(limit=10))))
    sync.run()
    assert seen == {(0, 1)}


class Asking(Outbox):
    """A vendor whose acceptance asks for something more."""

    async def send(self, entry: Entry) -> SendResult:
        result = await super().send(entry)
        follow_on = NewEntry(
            flow="answers",
            kind="label",
            feed=Feed.EVENT,
            number=entry.number,
            ordering_key=f"label {entry.number}",
            event_id=f"label {entry.number}",
            record=b"{}",
            observed_at=entry.observed_at,
        )
        return evolve(result, follow_ons=(follow_on,))


def test_when_a_document_is_accepted_what_follows_from_it_is_there(clock: VirtualClock) -> None:
    store, orders = Watched(), Orders()
    sync = Pipeline("test", [order_flow(orders, Asking())], store=store, clock=clock)
    sync.baseline()
    orders.put("PO-1", "a")
    seen: set[tuple[int, int]] = set()
    store.after = lambda: seen.add(
        (len(store.find(flow="orders", states=[State.ACCEPTED])), len(store.find(flow="answers")))
    )
    sync.run()
    assert seen == {(0, 0), (1, 1)}


def test_what_the_store_says_the_trail_has_said_before(clock: VirtualClock) -> None:
    store, orders = Watched(), Orders()
    sync = Pipeline("test", [order_flow(orders, Outbox())], store=store, clock=clock)
    sync.baseline()
    orders.put("PO-1", "a")
    lines = {State.IN_FLIGHT: "sending", State.ACCEPTED: "accepted"}
    seen: dict[State, set[str]] = {}

    def compare() -> None:
        for entry in store.find():
            told = {line.kind for line in store.audit.read(entry_id=entry.id)}
            seen.setdefault(entry.state, told)

    store.after = compare
    sync.run()
    assert all(kind in seen[state] for state, kind in lines.items()), seen


def test_a_partner_that_the_settings_pause_waits(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    paused = ["ACME"]
    live.flows["orders"] = evolve(live.flows["orders"], paused=lambda: paused)
    orders.put("PO-1", "a")
    orders.put("PO-2", "a", partner="BOLT")
    live.run()
    assert [number for number, _ in outbox.sent] == ["PO-2"]
    paused.clear()
    live.run()
    assert [number for number, _ in outbox.sent] == ["PO-2", "PO-1"]
