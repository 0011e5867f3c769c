"""A vendor that is down for one partner: the documents of all others go, and go at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from mlconnector_sdk.errors import Reached, RequestRefused, VendorUnavailable
from mlconnector_sdk.flow import IfAbsent, OnUnknown, Pipeline
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Orders, Outbox


class Connections(Outbox):
    """A vendor with a connection to each partner; those in ``down`` answer 503."""

    def __init__(self) -> None:
        super().__init__(OnUnknown(same_key_for=timedelta(hours=24), if_absent=IfAbsent.SEND))
        self.down: set[str] = set()
        self.tried: list[str] = []
        self.reached = Reached.MAYBE
        self.fails = self._answer

    def _answer(self, entry: Entry) -> VendorUnavailable | RequestRefused | None:
        self.tried.append(entry.number)
        if entry.partner in self.down:
            return VendorUnavailable("503", reached=self.reached)
        return RequestRefused("400") if entry.partner == "BAD" else None


@pytest.fixture
def outbox() -> Connections:
    return Connections()


@pytest.fixture(params=[1, 10])
def live(live: Pipeline, request: pytest.FixtureRequest) -> Pipeline:
    live.flows["orders"] = evolve(live.flows["orders"], batch=request.param)
    return live


def states(pipeline: Pipeline) -> dict[str, State]:
    return {entry.number: entry.state for entry in pipeline.store.find(flow="orders")}  # type: ignore[union-attr]


@pytest.mark.parametrize("reached", [Reached.MAYBE, Reached.NO])
def test_the_connection_of_one_partner_stops_no_other(
    live: Pipeline, orders: Orders, outbox: Connections, clock: VirtualClock, reached: Reached
) -> None:
    outbox.down, outbox.reached = {"DOWN"}, reached
    for number, partner in enumerate(["DOWN", "A", "DOWN", "B", "BAD", "DOWN", "C"]):
        orders.put(f"PO-{number}", "a", partner=partner)
    report = live.run(["orders"])
    assert [number for number, _ in outbox.sent] == ["PO-1", "PO-3", "PO-6"]
    assert outbox.tried == ["PO-0", "PO-1", "PO-3", "PO-4", "PO-6"], "a partner that is down is tried once"
    assert isinstance(report.flows[0].problem, VendorUnavailable), "that it is down is told"
    outbox.down = set()
    clock.advance(3600)
    live.run(["orders"])
    assert {number for number, state in states(live).items() if state is State.ACCEPTED} == {
        f"PO-{number}" for number in (0, 1, 2, 3, 5, 6)
    }
    (letter,) = live.dead_letters()
    assert letter.number == "PO-4"


def test_two_partners_in_a_row_are_an_outage_of_the_vendor(
    live: Pipeline, orders: Orders, outbox: Connections
) -> None:
    outbox.down = {"A", "B", "C", "D"}
    for number, partner in enumerate("ABCD"):
        orders.put(f"PO-{number}", "a", partner=partner)
    live.run(["orders"])
    assert outbox.tried == ["PO-0", "PO-1"]
    assert list(states(live).values()) == [State.IN_FLIGHT, State.IN_FLIGHT, State.PENDING, State.PENDING]


def test_two_connections_may_be_down_while_others_are_up(
    live: Pipeline, orders: Orders, outbox: Connections
) -> None:
    outbox.down = {"A", "C"}
    for number, partner in enumerate("ABCDAC"):
        orders.put(f"PO-{number}", "a", partner=partner)
    live.run(["orders"])
    assert [number for number, _ in outbox.sent] == ["PO-1", "PO-3"]
    assert outbox.tried == ["PO-0", "PO-1", "PO-2", "PO-3"]


def test_without_partners_it_is_the_vendor_that_is_down(
    live: Pipeline, orders: Orders, outbox: Connections
) -> None:
    outbox.down = {""}
    for number in range(3):
        orders.put(f"PO-{number}", "a", partner="")
    live.run(["orders"])
    assert outbox.tried == ["PO-0"]


def test_an_uncertain_document_of_a_partner_that_is_down_waits_its_time(
    live: Pipeline, orders: Orders, outbox: Connections, clock: VirtualClock
) -> None:
    """Two of them are due at once: the second is not tried, and stays uncertain."""
    outbox.down = {"DOWN"}
    for number in ("PO-1", "PO-2"):
        orders.put(number, "a", partner="DOWN")
        live.run(["orders"])
    clock.advance(3600)
    live.run(["orders"])
    assert set(states(live).values()) == {State.IN_FLIGHT}
    outbox.tried.clear()
    clock.advance(3600)
    orders.put("PO-3", "a", partner="UP")
    live.run(["orders"])
    assert sorted(outbox.tried) in (["PO-1", "PO-3"], ["PO-2", "PO-3"])
    assert states(live)["PO-3"] is State.ACCEPTED
    outbox.down = set()
    clock.advance(3600 * 3)
    live.run(["orders"])
    assert set(states(live).values()) == {State.ACCEPTED}
    assert sorted(number for number, _ in outbox.sent) == ["PO-1", "PO-2", "PO-3"]
