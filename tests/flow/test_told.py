"""The trail tells each step once, and each repetition by a person again; the flow's state once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from attrs import evolve

from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    ConfigurationError,
    PermissionDenied,
    RequestRefused,
    Throttled,
    VendorUnavailable,
)
from mlconnector_sdk.flow import Hold, Pipeline, Walk, Window
from mlconnector_sdk.flow.journal import Journal
from mlconnector_sdk.flow.runner import Runner
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import AuditEvent, Event
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox


def kinds(pipeline: Pipeline, number: str = "PO-1") -> list[str]:
    return [line.kind for line in pipeline.trail(number).events]


def flow_lines(store: Store) -> list[str]:
    lines: Sequence[AuditEvent] = store.audit.read()  # type: ignore[assignment]
    return [line.kind for line in lines if line.kind in ("paused", "resumed")]


@pytest.mark.parametrize("passes", [60.0, 0.0, -60.0])
def test_what_dies_again_after_a_retry_is_told_again(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock, passes: float
) -> None:
    """Whether the clock goes on, stands still or is set back."""
    outbox.fails = lambda entry: RequestRefused("no such partner")
    orders.put("PO-1", "a")
    live.run()
    for _ in range(2):
        clock.advance(passes)
        live.retry("PO-1")
        live.run()
    told = {kind: kinds(live).count(kind) for kind in kinds(live)}
    assert told == {"observed": 1, "mapped": 1, "sending": 3, "dead letter": 3, "retried": 2}


def test_what_is_held_again_after_a_retry_is_told_again(
    live: Pipeline, orders: Orders, clock: VirtualClock
) -> None:
    hold = Hold(reason="the partner is paused", remedy="wait")
    live.flows["orders"] = evolve(live.flows["orders"], map=lambda entry, accepted: hold)
    orders.put("PO-1", "a")
    live.run()
    clock.advance(60)
    live.retry("PO-1")
    clock.advance(60)
    live.run()
    assert kinds(live) == ["observed", "held", "retried", "held"]


def test_a_long_outage_does_not_fill_the_trail(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.not_ready = VendorUnavailable("503")
    orders.put("PO-1", "a")
    for _ in range(50):
        live.run()
        clock.advance(600)
    assert kinds(live) == ["observed", "mapped"]


def test_a_send_that_was_put_off_says_why(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.fails = lambda entry: Throttled("the quota is used up", not_before=clock.now())
    orders.put("PO-1", "a")
    live.run()
    outbox.fails = lambda entry: None
    clock.advance(60)
    live.run()
    assert kinds(live) == ["observed", "mapped", "sending", "put off", "mapped", "sending", "accepted"]
    assert "the quota is used up" in str(live.trail("PO-1"))


def test_a_pause_is_told_once_however_often_it_is_tried(
    live: Pipeline, orders: Orders, outbox: Outbox, store: Store, clock: VirtualClock
) -> None:
    outbox.not_ready = AuthenticationFailed("the key is refused")
    orders.put("PO-1", "a")
    for _ in range(5):
        clock.advance(600)
        live.run()
        assert live.status()[0].reason == "the key is refused"
    assert flow_lines(store) == ["paused"]
    outbox.not_ready = None
    clock.advance(600)
    live.run()
    assert flow_lines(store) == ["paused", "resumed"]
    assert live.status()[0].paused_until is None


def test_two_reasons_to_pause_do_not_alternate(
    live: Pipeline, orders: Orders, outbox: Outbox, store: Store, clock: VirtualClock
) -> None:
    orders.put("PO-1", "a")
    live.run()
    outbox.not_ready = AuthenticationFailed("the key is refused")
    orders.put("PO-2", "a")
    live.run()  # both PO-2 and the reason are there
    orders.fails = PermissionDenied("the role is missing")
    for _ in range(4):
        clock.advance(600)
        live.run()
    assert live.status()[0].reason == "the role is missing"
    assert flow_lines(store).count("paused") == 2


def test_a_password_behind_an_outage_pauses_as_well(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.not_ready = VendorUnavailable("503")
    orders.put("PO-1", "a")
    live.run()
    clock.advance(600)
    orders.fails = VendorUnavailable("503 of the source")
    outbox.not_ready = AuthenticationFailed("the key is refused")
    report = live.run()
    assert "503 of the source" in str(report)
    assert live.status()[0].reason == "the key is refused"


def test_a_bug_in_one_source_stops_that_flow_alone(
    live: Pipeline, orders: Orders, answers: Answers, erp: Outbox, outbox: Outbox
) -> None:
    orders.put("PO-1", "a")
    outbox.not_ready = VendorUnavailable("503")
    live.run()
    outbox.not_ready = None
    live.clock.advance(600)  # type: ignore[attr-defined]

    def bug(_window: Window) -> Walk:
        raise KeyError("lines")

    orders.walk = bug  # type: ignore[method-assign]
    answers.happened["t-1"] = "PO-9"
    report = live.run()
    assert len(erp.sent) == 1
    assert len(outbox.sent) == 1, "what was collected before is delivered"
    assert "KeyError" in str(report.problems[0])
    assert live.status()[0].reason


def test_a_receipt_says_whether_the_checkpoint_moved(
    live: Pipeline, orders: Orders, store: Store, clock: VirtualClock
) -> None:
    """Another poller was quicker: entries stand, the checkpoint is the other's."""
    real = orders.walk

    def overtaken(window: Window) -> Walk:
        orders.walk = real  # type: ignore[method-assign]
        live.run(["orders"])
        clock.advance(1)
        return real(window)

    orders.walk = overtaken  # type: ignore[method-assign]
    live.run(["orders"])
    lines: Sequence[AuditEvent] = store.audit.read()  # type: ignore[assignment]
    receipts = [line.data["checkpoint"] for line in lines if line.kind == "polled"]
    assert receipts[-2:] == ["moved", "left where it was"]


def test_a_time_without_zone_is_refused(live: Pipeline) -> None:
    for act in (live.run, live.preview):
        with pytest.raises(ConfigurationError, match="time zone"):
            act(since=datetime(2026, 3, 1))


def test_only_a_run_that_polled_ends_a_pause(
    live: Pipeline, answers: Answers, store: Store, erp: Outbox, clock: VirtualClock
) -> None:
    """What came with a webhook needs no fetching; the password of the source may still be wrong."""
    real = answers.walk

    def refused(_window: Window) -> Walk:
        raise AuthenticationFailed("the key is refused")

    answers.walk = refused  # type: ignore[method-assign]
    live.run()
    answers.happened["t-1"] = "PO-1"
    live.receive(Event(source="edi.answers", event_id="e-1", body=b"t-1", received_at=clock.now()))
    runner = Runner(
        store=store,
        journal=Journal(log=store.audit, clock=clock),
        clock=clock,
        stopping=lambda: False,
    )
    flows = list(live.flows.values())
    run(runner.run(flows, since=None, poll=False))
    assert len(erp.sent) == 1
    assert flow_lines(store) == ["paused"]
    answers.walk = real  # type: ignore[method-assign]
    live.run()
    assert flow_lines(store) == ["paused", "resumed"]
