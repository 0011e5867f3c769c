"""Windows and inbox in, outbox entries out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mlconnector_sdk.errors import NoStartingPoint, VendorUnavailable
from mlconnector_sdk.flow import Pipeline
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Event, State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox


def event(event_id: str, body: str, clock: VirtualClock) -> Event:
    return Event(source="edi.answers", event_id=event_id, body=body.encode(), received_at=clock.now())


def test_a_flow_without_a_starting_point_sends_nothing(
    pipeline: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "a")
    with pytest.raises(NoStartingPoint, match="baseline"):
        pipeline.run()
    assert outbox.sent == []
    assert orders.windows == []


def test_what_existed_before_go_live_is_never_sent(
    pipeline: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "a")
    pipeline.baseline()
    orders.put("PO-2", "b")
    pipeline.run()
    assert [number for number, _ in outbox.sent] == ["PO-2"]
    assert "existed before go-live" in str(pipeline.trail("PO-1"))


def test_an_edit_of_what_existed_before_is_held(pipeline: Pipeline, orders: Orders, outbox: Outbox) -> None:
    orders.put("PO-1", "a")
    pipeline.baseline()
    orders.put("PO-1", "edited")
    pipeline.run()
    assert outbox.sent == []
    assert [letter.state for letter in pipeline.dead_letters()] == [State.HELD]


def test_baseline_before_every_run_swallows_nothing(
    live: Pipeline, orders: Orders, outbox: Outbox, store: Store
) -> None:
    before = store.checkpoint("orders")
    orders.put("PO-1", "a")
    report = live.baseline()
    assert (report.flows[0].added, store.checkpoint("orders")) == (0, before)
    live.run()
    assert [number for number, _ in outbox.sent] == ["PO-1"]


def test_since_is_a_starting_point(
    pipeline: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock, store: Store
) -> None:
    orders.put("PO-1", "a")
    since = clock.now() - timedelta(days=1)
    pipeline.run(since=since)
    assert [number for number, _ in outbox.sent] == ["PO-1"]
    assert orders.windows[-1].since == since
    pipeline.run()
    assert orders.windows[-1].cursors == {"orders": "mark"}


def test_a_backfill_leaves_the_checkpoint_where_it_is(
    live: Pipeline, clock: VirtualClock, store: Store
) -> None:
    before = store.checkpoint("orders")
    live.run(since=clock.now() - timedelta(days=30))
    assert store.checkpoint("orders") == before


def test_an_edit_and_its_return_make_three_entries_in_order(live: Pipeline, orders: Orders) -> None:
    for content in "aba":
        orders.put("PO-1", content)
        live.run()
    entries = live.trail("PO-1").entries
    assert [(entry.sequence, entry.state) for entry in entries] == [
        (1, State.ACCEPTED),
        (2, State.SUPERSEDED),  # held when it came; its return to the accepted state answered it
        (3, State.UNCHANGED),
    ]


def test_a_hundred_polls_of_the_same_send_once(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    orders.put("PO-1", "a")
    for _ in range(100):
        live.run()
    assert len(outbox.sent) == 1
    assert len(live.trail("PO-1").entries) == 1


def test_webhook_and_poll_meet_at_the_same_entry(
    live: Pipeline, answers: Answers, erp: Outbox, clock: VirtualClock
) -> None:
    answers.happened["t-1"] = "PO-1"
    assert live.receive(event("e-1", "t-1", clock)) is True
    assert live.receive(event("e-1", "t-1", clock)) is False
    live.receive(event("e-2", "t-1", clock))  # a manual resend: another event id, the same happening
    live.run()
    live.run()
    assert len(erp.sent) == 1


def test_two_events_of_one_number_are_two_entries(live: Pipeline, answers: Answers, erp: Outbox) -> None:
    answers.happened |= {"t-1": "PO-1", "t-2": "PO-1"}
    live.run()
    assert len(erp.sent) == 2


def test_an_event_that_cannot_be_read_is_a_dead_letter_and_holds_up_nobody(
    live: Pipeline, answers: Answers, erp: Outbox, clock: VirtualClock
) -> None:
    answers.happened["t-1"] = "PO-1"
    live.receive(event("e-0", "rubbish", clock))
    live.receive(event("e-1", "t-1", clock))
    report = live.run()
    assert len(erp.sent) == 1
    (letter,) = live.dead_letters()
    assert (letter.reason, letter.remedy) == ("this event is rubbish", "ask the sender")
    assert not report.ok
    assert "ask the sender" in str(report)


def test_an_event_of_no_interest_is_closed(live: Pipeline, store: Store, clock: VirtualClock) -> None:
    live.receive(event("e-1", "not for us", clock))
    live.run()
    assert list(store.pending_events("edi.answers")) == []


def test_a_record_that_cannot_be_read_is_a_dead_letter_that_an_edit_answers(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "a")
    orders.unreadable.add("PO-1")
    live.run()
    assert [letter.reason for letter in live.dead_letters()] == ["no lines"]
    orders.unreadable.clear()
    orders.put("PO-1", "a with lines")
    live.run()
    assert live.dead_letters() == []
    assert [number for number, _ in outbox.sent] == ["PO-1"]


def test_a_source_that_fails_moves_no_checkpoint_and_stops_no_other_flow(
    live: Pipeline, orders: Orders, answers: Answers, erp: Outbox, store: Store
) -> None:
    before = store.checkpoint("orders")
    orders.fails = VendorUnavailable("Plex answers 503")
    answers.happened["t-1"] = "PO-1"
    report = live.run()
    assert store.checkpoint("orders") == before
    assert len(erp.sent) == 1
    assert "503" in str(report)
    with pytest.raises(VendorUnavailable):
        report.raise_for_problems()


def test_each_poll_leaves_a_receipt(live: Pipeline, orders: Orders, store: Store) -> None:
    orders.put("PO-1", "a")
    live.run(["orders"])
    receipts = [line for line in store.audit.read() if line.kind == "polled"]
    assert receipts[-1].data["records"] == "1"
    assert "mark" in receipts[-1].data["end"]
