"""Reports move documents on, in any order, and what stays away too long is listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest
from attrs import evolve

from mlconnector_sdk.flow import (
    Confirmation,
    ConfirmationSink,
    Flow,
    Found,
    Limits,
    NotYet,
    Pipeline,
    Send,
    Standing,
)
from mlconnector_sdk.flow.confirmation import write_confirmations
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox, answer_flow, edit_order, order_flow

HOUR = 3600.0
LIMITS = Limits(
    pending=timedelta(hours=1),
    delivered=timedelta(hours=2),
    acknowledged=timedelta(hours=3),
    answered=timedelta(hours=12),
)


class Reports(Answers):
    """Reports by name; each becomes the confirmations that `said` holds for it."""

    name = "edi.reports"

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, list[Confirmation]] = {}

    def say(self, event_id: str, *confirmations: Confirmation) -> None:
        self.happened[event_id] = event_id
        self.said[event_id] = list(confirmations)

    def map(self, entry: Entry, standing: Standing) -> Send:
        return Send(payload=write_confirmations(self.said[entry.event_id]))


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def live(
    store: Store,
    clock: VirtualClock,
    orders: Orders,
    answers: Answers,
    outbox: Outbox,
    erp: Outbox,
    reports: Reports,
) -> Pipeline:
    out = evolve(
        order_flow(orders, outbox, answered_by="answers", reported=True),
        map=edit_order,
        limits=lambda partner: LIMITS,
    )
    sink = ConfirmationSink(store, clock=clock, limits=lambda flow, partner: LIMITS)
    later = Flow(name="reports", kind="report", source=reports, map=reports.map, sink=sink, tenant="1")
    pipeline = Pipeline("test", [out, answer_flow(answers, erp), later], store=store, clock=clock)
    pipeline.baseline()
    orders.put("PO-1", "A")
    pipeline.run()
    return pipeline


@pytest.fixture
def said(clock: VirtualClock) -> Callable[..., Confirmation]:
    def make(
        state: State | None, reference: str = "x-1", *, by: str = "execution", **more: object
    ) -> Confirmation:
        return Confirmation(
            reference=(by, reference),
            state=state,
            at=clock.now(),
            text=f"it is {state}",
            **more,  # type: ignore[arg-type]
        )

    return make


def order(pipeline: Pipeline) -> Entry:
    return next(entry for entry in pipeline.trail("PO-1").entries if entry.flow == "orders")


def test_a_document_is_delivered_then_acknowledged(
    live: Pipeline, reports: Reports, said: Callable[..., Confirmation]
) -> None:
    reports.say("r-1", said(State.DELIVERED, learned={"control": "us_acme/12/1"}))
    live.run()
    assert order(live).state is State.DELIVERED
    reports.say("r-2", said(State.ACKNOWLEDGED, "us_acme/12/1", by="control"))
    live.run()
    assert order(live).state is State.ACKNOWLEDGED
    assert [line.kind for line in live.trail("PO-1").events][-2:] == ["delivered", "acknowledged"]


@pytest.mark.parametrize("order_of_arrival", list(permutations(["file", "control", "997"])))
def test_reports_may_come_in_any_order(
    live: Pipeline,
    reports: Reports,
    said: Callable[..., Confirmation],
    clock: VirtualClock,
    order_of_arrival: tuple[str, ...],
) -> None:
    all_of_them = {
        "file": said(State.DELIVERED),
        "control": said(None, learned={"control": "us_acme/12/1"}),
        "997": said(State.ACKNOWLEDGED, "us_acme/12/1", by="control"),
    }
    for name in order_of_arrival:
        reports.say(name, all_of_them[name])
        live.run()
        clock.advance(61)
    live.run()
    assert order(live).state is State.ACKNOWLEDGED
    assert {entry.state for entry in live.store.find(flow="reports")} == {State.ACCEPTED}  # type: ignore[union-attr]


def test_a_repeated_report_says_nothing_new(
    live: Pipeline, reports: Reports, said: Callable[..., Confirmation]
) -> None:
    for name in ("r-1", "r-2", "r-3"):
        reports.say(name, said(State.DELIVERED))
        live.run()
    assert [line.kind for line in live.trail("PO-1").events].count("delivered") == 1


def test_a_rejected_document_goes_before_a_person_with_the_reasons(
    live: Pipeline, reports: Reports, orders: Orders, outbox: Outbox, said: Callable[..., Confirmation]
) -> None:
    reports.say("r-1", said(State.REJECTED, remedy="correct the unit, then remap('PO-1')"))
    live.run()
    (letter,) = live.dead_letters()
    assert (letter.state, letter.reason) == (State.REJECTED, "it is State.REJECTED")
    assert "correct the unit" in letter.remedy
    orders.put("PO-1", "B")
    live.run()
    assert b"850 again" in outbox.sent[-1][1]
    assert live.dead_letters() == [], "the corrected document answers the letter"


def test_a_delivery_that_succeeds_later_takes_back_that_it_failed(
    live: Pipeline, reports: Reports, said: Callable[..., Confirmation]
) -> None:
    reports.say("r-1", said(State.REJECTED, remedy="mend the connection"))
    live.run()
    reports.say("r-2", said(State.DELIVERED))
    live.run()
    now = order(live)
    assert (now.state, now.reason, now.remedy) == (State.DELIVERED, "", "")
    assert live.dead_letters() == []


def test_a_delivery_report_takes_back_no_rejection_by_the_partner(
    live: Pipeline, reports: Reports, said: Callable[..., Confirmation]
) -> None:
    reports.say("r-1", said(None, learned={"control": "us_acme/12/1"}))
    reports.say("r-2", said(State.REJECTED, "us_acme/12/1", by="control"))
    live.run()
    reports.say("r-3", said(State.DELIVERED))
    live.run()
    assert order(live).state is State.REJECTED


@pytest.mark.parametrize("before", [State.DELIVERED, State.ACKNOWLEDGED])
def test_a_rejection_counts_however_far_the_document_had_come(
    live: Pipeline, reports: Reports, said: Callable[..., Confirmation], before: State
) -> None:
    """A delivery is reported as failed after it succeeded; a partner rejects what its system has read."""
    reports.say("r-1", said(before))
    live.run()
    assert order(live).state is before
    reports.say("r-2", said(State.REJECTED, remedy="call the partner"))
    live.run()
    assert order(live).state is State.REJECTED
    (letter,) = live.dead_letters()
    assert letter.remedy == "call the partner"


def test_a_report_about_nothing_changes_nothing(
    live: Pipeline, reports: Reports, said: Callable[..., Confirmation]
) -> None:
    reports.say("r-1", said(State.DELIVERED, "somebody else's"))
    live.run()
    (done,) = live.store.find(flow="reports")  # type: ignore[misc]
    assert done.state is State.ACCEPTED
    assert order(live).state is State.ACCEPTED


@pytest.mark.parametrize("later", ["its send is recorded", "it is found a day later"])
def test_a_report_that_comes_before_its_document_is_known_counts_then(
    live: Pipeline,
    reports: Reports,
    orders: Orders,
    outbox: Outbox,
    said: Callable[..., Confirmation],
    clock: VirtualClock,
    later: str,
) -> None:
    reports.say("r-1", said(None, "x-2", learned={"control": "c-2"}))
    reports.say("r-2", said(State.ACKNOWLEDGED, "c-2", by="control"))
    live.run()
    orders.put("PO-2", "A")
    if later == "it is found a day later":
        outbox.loses_answer = True
        live.run()
        clock.advance(25 * HOUR)
        outbox.outcome = Found(references={"execution": "x-2"})
    live.run()
    live.run()
    states = {entry.number: entry.state for entry in live.store.find(flow="orders")}  # type: ignore[union-attr]
    assert states["PO-2"] is State.ACKNOWLEDGED


def test_a_rejection_that_nobody_can_place_goes_before_a_person(
    live: Pipeline, reports: Reports, said: Callable[..., Confirmation], clock: VirtualClock
) -> None:
    reports.say("r-1", said(State.REJECTED, "unknown", ours=True))
    live.run()
    clock.advance(HOUR + 1)
    live.run()
    (letter,) = live.dead_letters()
    assert "unknown" in letter.reason
    assert letter.flow == "reports"


# -- overdue -------------------------------------------------------------------------------------------


def waits(pipeline: Pipeline) -> list[tuple[str, str]]:
    return [(late.entry.number, late.waits_for) for late in pipeline.overdue()]


def test_each_step_is_expected_in_its_time(
    live: Pipeline, reports: Reports, answers: Answers, said: Callable[..., Confirmation], clock: VirtualClock
) -> None:
    clock.advance(1.9 * HOUR)
    live.run()
    assert waits(live) == []
    clock.advance(0.2 * HOUR)
    live.run()
    assert waits(live) == [("PO-1", "delivered")]
    reports.say("r-1", said(State.DELIVERED, learned={"control": "c"}))
    live.run()
    assert waits(live) == []
    clock.advance(3.1 * HOUR)
    live.run()
    assert waits(live) == [("PO-1", "acknowledged")]
    reports.say("r-2", said(State.ACKNOWLEDGED, "c", by="control"))
    live.run()
    assert waits(live) == []
    clock.advance(12 * HOUR)
    live.run()
    assert waits(live) == [("PO-1", "answered")]
    answers.happened["t-1"] = "PO-1"
    live.run()
    assert waits(live) == []
    clock.advance(100 * HOUR)
    live.run()
    assert waits(live) == []
    assert order(live).expected_by is None, "what is finished is not looked at again"


def test_what_is_late_says_what_to_do(live: Pipeline, clock: VirtualClock) -> None:
    clock.advance(3 * HOUR)
    (late,) = live.overdue()
    assert "should have been delivered by" in str(late)
    assert "portal" in late.remedy


def test_a_document_that_never_leaves_is_overdue(live: Pipeline, orders: Orders, clock: VirtualClock) -> None:
    live.pause("ACME", by="Kim", reason="stock taking")
    orders.put("PO-2", "A")
    live.run()
    clock.advance(1.1 * HOUR)
    assert ("PO-2", "accepted") in waits(live)


def test_a_document_of_which_nobody_can_tell_is_overdue(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    """A vendor that says "too early to tell" for ever must not keep it from a person."""

    outbox.loses_answer = True
    outbox.outcome = NotYet()
    orders.put("PO-2", "A")
    for _ in range(3):
        live.run()
        clock.advance(HOUR)
    late = next(late for late in live.overdue() if late.entry.number == "PO-2")
    assert late.waits_for == "accepted"
    live.settle(late.entry.id, arrived=True, by="Kim", reason="seen in the portal")
    live.run()
    assert "PO-2" not in [number for number, step in waits(live) if step == "accepted"]


def test_a_rejected_document_is_not_expected_any_more(
    live: Pipeline, reports: Reports, said: Callable[..., Confirmation], clock: VirtualClock
) -> None:
    reports.say("r-1", said(State.REJECTED))
    live.run()
    clock.advance(100 * HOUR)
    assert waits(live) == []
