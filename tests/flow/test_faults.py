"""Every effect goes wrong once, in four ways; then the next run has to bring everything to its good end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.flow import Pipeline
from mlconnector_sdk.records import Event, State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, answer_flow, order_flow
from .world import Frail, Killed, Vendor, Witness, as_store

WAYS = ["error before", "error after", "kill before", "kill after"]


class Plant:
    """Go-live with one order known; then everything that can become of an order happens in one run."""

    def __init__(self) -> None:
        self.frail = Frail()
        self.clock = VirtualClock()
        self.store = Witness(self.frail)
        self.orders, self.answers = Orders(), Answers()
        self.vendor, self.erp = Vendor(self.clock, keys=True), Vendor(self.clock, keys=True)
        flows = [order_flow(self.orders, self.vendor, batch=10), answer_flow(self.answers, self.erp)]
        self.pipeline = Pipeline("plant", flows, store=as_store(self.store), clock=self.clock)
        self.orders.put("PO-0", "known")

    def live(self) -> None:
        self.pipeline.baseline()

    def first(self) -> None:
        """Sent; not mappable; held because it was known; cannot be read."""
        for number, content in {
            "PO-0": "edited",
            "PO-1": "a",
            "PO-2": "bad",
            "PO-3": "x",
            "PO-4": "a",
        }.items():
            self.orders.put(number, content)
        self.orders.unreadable.add("PO-3")
        self.answers.happened |= {"t-1": "PO-1", "t-2": "PO-1"}
        self.receive("e-1", "t-1")
        self.pipeline.run()

    def second(self) -> None:
        """Back to what was known; an edit that mends; an edit that is held; an edit that mends the record."""
        for number, content in {"PO-0": "known", "PO-2": "good", "PO-4": "b", "PO-3": "y"}.items():
            self.orders.put(number, content)
        self.orders.unreadable.clear()
        self.receive("e-2", "t-2")
        self.receive("e-3", "rubbish")
        self.pipeline.run()

    def third(self) -> None:
        """Back to what was accepted."""
        self.orders.put("PO-4", "a")
        self.pipeline.run()

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [self.live, self.first, self.second, self.third]

    def receive(self, event_id: str, body: str) -> None:
        now = self.clock.now()
        event = Event(source="edi.answers", event_id=event_id, body=body.encode(), received_at=now)
        self.pipeline.receive(event)

    def outcome(self) -> object:
        entries = self.store.find(limit=1000)
        return (
            sorted((entry.flow, entry.number, entry.sequence, entry.state.value) for entry in entries),
            sorted(self.vendor.taken),
            sorted(self.erp.taken),
        )


def undisturbed() -> tuple[object, int]:
    plant = Plant()
    for act in plant.acts:
        act()
        plant.clock.advance(3600)
    plant.pipeline.run()
    return plant.outcome(), len(plant.frail.names)


WANTED, EFFECTS = undisturbed()


def test_the_undisturbed_story_shows_every_state() -> None:
    states = {state for *_, state in WANTED[0]}  # type: ignore[index]
    assert states == {
        state.value
        for state in (State.KNOWN, State.ACCEPTED, State.UNCHANGED, State.SUPERSEDED, State.HELD, State.DEAD)
    }
    assert EFFECTS > 60


@pytest.mark.parametrize("way", WAYS)
def test_whatever_goes_wrong_the_end_is_the_same(way: str) -> None:
    for act_in_which in range(4):
        at = 0
        while True:
            plant = Plant()
            reached = False
            for number, act in enumerate(plant.acts):
                if number == act_in_which:
                    plant.frail.break_at(at, way)
                    with suppress(StoreError, Killed):
                        act()
                    reached = plant.frail.count > at
                    plant.frail.heal()
                    plant.clock.advance(3600)
                act()  # what was cut short is done again, as a cron job or a sender of webhooks does
                plant.clock.advance(3600)
            plant.pipeline.run()
            assert plant.outcome() == WANTED, f"{way} {plant.frail.names[at]} ({at}) in act {act_in_which}"
            assert not list(plant.store.pending_events("edi.answers"))
            if not reached:
                break
            at += 1
        assert at > 5
