"""What needs a person, and what one side has and the other lacks."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from mlconnector_sdk.errors import AuthenticationFailed, ConfigurationError, RequestRefused
from mlconnector_sdk.flow import Alert, Every, Expiry, Lacking, Pipeline
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Orders, Outbox, edit_order

HOUR = 3600.0
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Counted(Outbox):
    """A sink whose vendor can list what it has."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()
        self.others: set[str] = set()

    async def numbers(self, since: datetime) -> Collection[str]:
        return ({number for number, _ in self.sent} | self.others) - self.lost


@pytest.fixture
def outbox() -> Counted:
    return Counted()


@pytest.fixture
def live(live: Pipeline) -> Pipeline:
    live.flows["orders"] = evolve(live.flows["orders"], map=edit_order)
    return live


def test_all_is_well(live: Pipeline, orders: Orders) -> None:
    orders.put("PO-1", "A")
    live.run()
    health = live.health()
    assert health.ok
    assert str(health) == "0 dead letters, 0 overdue, oldest pending: none"


def test_what_needs_a_person_is_named_with_its_remedy(
    live: Pipeline, orders: Orders, outbox: Counted, clock: VirtualClock
) -> None:
    outbox.fails = lambda entry: (
        RequestRefused("no such partner", remedy="add it") if entry.number == "PO-1" else None
    )
    orders.put("PO-1", "A")
    orders.put("PO-2", "A", partner="BOLT")
    live.pause("BOLT", by="Kim", reason="stock taking")
    live.run()
    clock.advance(2 * HOUR)
    health = live.health()
    assert (health.dead_letters, health.overdue) == (1, 1)
    assert health.oldest_pending is not None
    told = str(health)
    assert "850 PO-1 for ACME is dead: no such partner. Remedy: add it" in told
    assert "PO-2 should have been accepted by" in told


def test_a_flow_that_rests_is_told(live: Pipeline, orders: Orders, outbox: Counted) -> None:
    outbox.not_ready = AuthenticationFailed("the key was revoked", remedy="make a new one")
    orders.put("PO-1", "A")
    live.run()
    (alert,) = live.health().alerts
    assert str(alert) == "the flow 'orders' rests: the key was revoked. Remedy: make a new one"


@pytest.mark.parametrize(("days", "told"), [(30, ""), (10, "ends on"), (-1, "has ended on")])
def test_a_credential_that_ends_is_told_in_time(
    live: Pipeline, clock: VirtualClock, days: int, told: str
) -> None:
    live.expiries = lambda: [
        Expiry(name="Stedi API key", at=clock.now() + timedelta(days=days), remedy="make a new one")
    ]
    alerts = live.health().alerts
    assert bool(alerts) is bool(told)
    assert not told or f"Stedi API key {told}" in alerts[0].text


def test_each_trouble_is_told_once_while_it_lasts(
    live: Pipeline, orders: Orders, outbox: Counted, clock: VirtualClock
) -> None:
    told: list[str] = []
    outbox.fails = lambda entry: RequestRefused("no such partner")
    orders.put("PO-1", "A")
    until = clock.now() + timedelta(minutes=30)
    live.run_every(
        Every(timedelta(minutes=5)),
        on_alert=lambda alert: told.append(alert.text),
        until=lambda: clock.now() > until,
    )
    assert len(told) == 1
    live.retry("PO-1")
    until = clock.now() + timedelta(minutes=30)
    live.run_every(
        Every(timedelta(minutes=5)),
        on_alert=lambda alert: told.append(alert.text),
        until=lambda: clock.now() > until,
    )
    assert len(told) == 2, "it came back: that is news"


def test_a_pager_that_fails_stops_nothing(
    live: Pipeline, orders: Orders, outbox: Counted, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(alert: Alert) -> None:
        raise RuntimeError("no network")

    outbox.fails = lambda entry: RequestRefused("no such partner")
    orders.put("PO-1", "A")
    until = clock.now() + timedelta(minutes=11)
    with caplog.at_level(logging.ERROR):
        live.run_every(Every(timedelta(minutes=5)), on_alert=broken, until=lambda: clock.now() > until)
    assert "on_alert failed" in caplog.text


# -- reconcile -----------------------------------------------------------------------------------------


def gaps(pipeline: Pipeline) -> dict[str, Lacking]:
    return {gap.number: gap.lacking for gap in pipeline.reconcile("orders", since=LONG_AGO).gaps}


def test_both_sides_have_the_same(live: Pipeline, orders: Orders) -> None:
    orders.put("PO-1", "A")
    live.run()
    found = live.reconcile("orders", since=LONG_AGO)
    assert not found
    assert "source 1, target 1, no gaps" in str(found)


def test_each_gap_says_who_lacks_what(live: Pipeline, orders: Orders, outbox: Counted) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        orders.put(number, "A")
    outbox.fails = lambda entry: RequestRefused("no") if entry.number == "PO-2" else None
    live.run()
    orders.put("PO-4", "A")
    outbox.lost.add("PO-3")
    outbox.others.add("PO-9")
    assert gaps(live) == {
        "PO-2": Lacking.TARGET,
        "PO-3": Lacking.LOST,
        "PO-4": Lacking.STORE,
        "PO-9": Lacking.SOURCE,
    }
    text = str(live.reconcile("orders", since=LONG_AGO))
    assert "PO-9: the vendor has it, and nothing here was sent under that number" in text


def test_a_gap_at_the_vendor_is_closed_by_settling_it(
    live: Pipeline, orders: Orders, outbox: Counted
) -> None:
    orders.put("PO-1", "A")
    live.run()
    outbox.lost.add("PO-1")
    (gap,) = live.reconcile("orders", since=LONG_AGO).gaps
    assert gap.entry is not None
    live.settle(gap.entry.id, arrived=False, by="Kim", reason="not in the portal")
    live.remap("PO-1")
    live.run()
    outbox.lost.clear()
    assert gaps(live) == {}
    assert len(outbox.sent) == 2


def test_what_was_known_at_go_live_is_no_gap(pipeline: Pipeline, orders: Orders) -> None:
    orders.put("PO-1", "A")
    pipeline.baseline()
    assert gaps(pipeline) == {}


def test_a_window_needs_a_time_zone(live: Pipeline) -> None:
    with pytest.raises(ConfigurationError, match="no time zone"):
        live.reconcile("orders", since=datetime(2026, 1, 1))
