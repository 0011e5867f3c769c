"""Lease, map, freeze, send, audit, mark."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from mlconnector_sdk.errors import (
    AuthenticationFailed,
    DocumentError,
    OutcomeUnknown,
    RequestRefused,
    Throttled,
    VendorUnavailable,
)
from mlconnector_sdk.flow import Absent, Found, IfAbsent, NotYet, OnUnknown, Pipeline, Unchanged
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox

HOUR = 3600.0


def states(pipeline: Pipeline, number: str = "PO-1") -> list[State]:
    return [entry.state for entry in pipeline.trail(number).entries]


def test_the_story_of_a_delivery(live: Pipeline, orders: Orders) -> None:
    orders.put("PO-1", "a")
    live.run()
    trail = live.trail("PO-1")
    assert [event.kind for event in trail.events] == ["observed", "mapped", "sending", "accepted"]
    assert trail.entries[0].references == {"execution": "x-1"}
    assert "x-1" in str(trail)


def test_what_cannot_be_mapped_stops_alone(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    orders.put("PO-1", "bad")
    orders.put("PO-2", "crash")
    orders.put("PO-3", "good")
    live.run()
    assert [number for number, _ in outbox.sent] == ["PO-3"]
    bad, crash = live.dead_letters()
    assert (bad.reason, bad.remedy) == ("the unit is unknown [at lines[0].unit]", "add it to units.csv")
    assert "KeyError" in crash.reason


def test_retry_maps_anew_what_could_not_be_mapped(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    orders.put("PO-1", "bad")
    live.run()
    live.flows["orders"] = evolve(live.flows["orders"], map=lambda entry, accepted: _send(b"mended"))
    live.retry("PO-1")
    live.run()
    assert outbox.sent == [("PO-1", b"mended")]
    assert "retried" in str(live.trail("PO-1"))


def _send(payload: bytes):  # type: ignore[no-untyped-def]
    from mlconnector_sdk.flow import Send

    return Send(payload=payload)


def test_a_certain_refusal_is_a_dead_letter_and_retry_sends_the_same_bytes(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "a")
    outbox.fails = lambda entry: RequestRefused("no such partnership", remedy="create it")
    live.run()
    (letter,) = live.dead_letters()
    assert (letter.reason, letter.outcome_unknown) == ("no such partnership", False)
    outbox.fails = lambda entry: None
    live.retry(letter.id)
    live.run()
    assert states(live) == [State.ACCEPTED]
    assert outbox.by_key == {letter.idempotency_key: letter.payload}


def test_nothing_to_retry_is_said(live: Pipeline) -> None:
    with pytest.raises(DocumentError, match="trail"):
        live.retry("PO-404")


def test_a_wrong_password_pauses_the_flow_and_kills_no_document(
    live: Pipeline, orders: Orders, outbox: Outbox, answers: Answers, erp: Outbox, store: Store
) -> None:
    for number in range(5):
        orders.put(f"PO-{number}", "a")
    answers.happened["t-1"] = "PO-1"
    outbox.not_ready = AuthenticationFailed("the key is refused", remedy="check STEDI_API_KEY")
    for _ in range(3):
        report = live.run()
    assert "STEDI_API_KEY" in str(report)
    assert live.dead_letters() == []
    assert {entry.state for entry in store.find(flow="orders")} == {State.PENDING}
    assert {entry.attempts for entry in store.find(flow="orders")} == {0}
    assert len(erp.sent) == 1, "the other flow goes on"
    assert [line.kind for line in store.audit.read()].count("paused") == 1, "told once"
    assert live.status()[0].remedy == "check STEDI_API_KEY"
    outbox.not_ready = None
    live.run()
    assert len(outbox.sent) == 5
    assert live.status()[0].paused_until is None


def test_an_outage_uses_up_no_attempts(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    orders.put("PO-1", "a")
    outbox.not_ready = VendorUnavailable("503")
    for _ in range(20):
        live.run()
        clock.advance(300)
    outbox.not_ready = None
    live.run()
    assert states(live) == [State.ACCEPTED]
    assert live.trail("PO-1").entries[0].attempts == 1


def test_a_throttled_send_waits_for_its_time(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    orders.put("PO-1", "a")
    later = clock.now() + timedelta(minutes=10)
    outbox.fails = lambda entry: Throttled("slow down", not_before=later)
    live.run()
    outbox.fails = lambda entry: None
    live.run()
    assert outbox.sent == []
    clock.advance(601)
    live.run()
    assert len(outbox.sent) == 1


def test_a_lost_answer_is_repeated_with_the_same_key_while_it_is_remembered(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.on_unknown = OnUnknown(same_key_for=timedelta(hours=24))
    outbox.loses_answer = True
    orders.put("PO-1", "a")
    live.run()
    assert states(live) == [State.IN_FLIGHT]
    clock.advance(HOUR)
    live.run()
    assert states(live) == [State.ACCEPTED]
    assert len(outbox.sent) == 1
    assert outbox.looked_for == []


@pytest.mark.parametrize("if_absent", [IfAbsent.SEND, IfAbsent.ASK])
def test_after_the_key_is_forgotten_the_effect_is_looked_for(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock, if_absent: IfAbsent
) -> None:
    outbox.on_unknown = OnUnknown(same_key_for=timedelta(hours=24), if_absent=if_absent)
    outbox.loses_answer = True
    orders.put("PO-1", "a")
    live.run()
    clock.advance(25 * HOUR)
    outbox.outcome = NotYet()
    live.run()
    assert states(live) == [State.IN_FLIGHT]
    clock.advance(HOUR)
    outbox.outcome = Absent()
    live.run()
    assert outbox.looked_for == ["PO-1", "PO-1"]
    assert states(live) == [State.ACCEPTED if if_absent is IfAbsent.SEND else State.DEAD]


def test_what_is_found_is_accepted_without_sending(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.loses_answer = True
    orders.put("PO-1", "a")
    live.run()
    clock.advance(HOUR)
    outbox.outcome = Found(references={"execution": "x-9"})
    live.run()
    assert len(outbox.sent) == 1
    assert live.trail("PO-1").entries[0].references == {"execution": "x-9"}


def test_by_default_an_uncertain_send_goes_before_a_person_and_waits(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.loses_answer = True
    orders.put("PO-1", "a")
    live.run()
    clock.advance(HOUR)
    live.run()
    (letter,) = live.dead_letters()
    assert letter.outcome_unknown
    assert f"settle('{letter.id}'" in letter.remedy
    with pytest.raises(DocumentError, match="may have arrived"):
        live.retry("PO-1")
    orders.put("PO-1", "b")
    live.run()
    assert states(live) == [State.DEAD, State.PENDING], "an edit waits for the answer"
    assert len(outbox.sent) == 1


@pytest.mark.parametrize("arrived", [True, False])
def test_a_person_settles_what_is_uncertain(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock, arrived: bool
) -> None:
    outbox.loses_answer = True
    orders.put("PO-1", "a")
    live.run()
    clock.advance(HOUR)
    live.run()
    (letter,) = live.dead_letters()
    live.settle(letter.id, arrived=arrived, by="Kim", reason="seen in the portal")
    outbox.by_key.clear()  # it forgets, so that a repeat would be seen
    live.run()
    assert states(live) == [State.ACCEPTED]
    assert len(outbox.sent) == (1 if arrived else 2)
    assert "Kim" in str(live.trail("PO-1"))
    with pytest.raises(DocumentError, match="does not wait"):
        live.settle(letter.id, arrived=True, by="Kim", reason="again")


def test_a_dead_answer_blocks_the_answers_after_it(
    live: Pipeline, answers: Answers, erp: Outbox, clock: VirtualClock
) -> None:
    answers.happened |= {"t-1": "PO-1", "t-2": "PO-1", "t-3": "PO-2"}
    erp.fails = lambda entry: RequestRefused("no") if entry.event_id == "t-1" else None
    live.run()
    assert [number for number, _ in erp.sent] == ["PO-2"]
    erp.fails = lambda entry: None
    live.retry("PO-1")
    live.run()
    assert [number for number, _ in erp.sent] == ["PO-2", "PO-1", "PO-1"]


def test_a_refusal_after_an_uncertain_attempt_is_still_uncertain(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.on_unknown = OnUnknown(same_key_for=timedelta(hours=24))
    outbox.loses_answer = True
    orders.put("PO-1", "a")
    live.run()
    clock.advance(HOUR)
    outbox.fails = lambda entry: RequestRefused("guide changed")
    live.run()
    (letter,) = live.dead_letters()
    assert letter.outcome_unknown


def test_a_vendor_error_that_may_have_arrived_keeps_the_key(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.on_unknown = OnUnknown(same_key_for=timedelta(hours=24))
    outbox.fails = lambda entry: VendorUnavailable("502 after the body was sent")
    orders.put("PO-1", "a")
    live.run()
    first = live.trail("PO-1").entries[0]
    assert first.state is State.IN_FLIGHT
    outbox.fails = lambda entry: None
    clock.advance(HOUR)
    live.run()
    assert list(outbox.by_key) == [first.idempotency_key]


def test_in_a_batch_each_document_has_its_own_outcome(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    live.flows["orders"] = evolve(live.flows["orders"], batch=10)
    for number in range(6):
        orders.put(f"PO-{number}", "bad" if number == 3 else "a")
    outbox.fails = lambda entry: (
        OutcomeUnknown("lost")
        if entry.number == "PO-1"
        else RequestRefused("no")
        if entry.number == "PO-2"
        else None
    )
    live.run()
    by_number = {entry.number: entry.state for entry in live.store.find(flow="orders")}  # type: ignore[union-attr]
    assert by_number == {
        "PO-0": State.ACCEPTED,
        "PO-1": State.IN_FLIGHT,
        "PO-2": State.DEAD,
        "PO-3": State.DEAD,
        "PO-4": State.ACCEPTED,
        "PO-5": State.ACCEPTED,
    }


def test_a_vendor_that_rests_takes_the_rest_of_the_batch_back(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    live.flows["orders"] = evolve(live.flows["orders"], batch=10)
    for number in range(4):
        orders.put(f"PO-{number}", "a")
    until = clock.now() + timedelta(minutes=5)
    outbox.fails = lambda entry: Throttled("quota", not_before=until) if entry.number == "PO-1" else None
    live.run()
    entries = {entry.number: entry for entry in live.store.find(flow="orders")}  # type: ignore[union-attr]
    assert entries["PO-0"].state is State.ACCEPTED
    assert {entries[f"PO-{n}"].state for n in (1, 2, 3)} == {State.PENDING}
    assert {entries[f"PO-{n}"].attempts for n in (1, 2, 3)} == {0}


def test_no_byte_leaves_under_a_lease_that_does_not_outlive_the_request(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    live.flows["orders"] = evolve(live.flows["orders"], batch=10)
    for number in range(3):
        orders.put(f"PO-{number}", "a")

    def slow(_entry: object) -> None:
        clock.advance(100)  # of a lease of 150 seconds; the next request could take 60

    outbox.fails = slow
    live.run(["orders"])
    assert len(outbox.sent) == 3, "those taken back are leased again, and sent"
    assert {entry.attempts for entry in live.store.find(flow="orders")} == {1}  # type: ignore[union-attr]


def test_remap_maps_anew_what_was_refused_as_it_was(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    orders.put("PO-1", "a")
    outbox.fails = lambda entry: RequestRefused("no such setting", remedy="correct the partner file")
    live.run()
    (letter,) = live.dead_letters()
    outbox.fails = lambda entry: None
    live.flows["orders"] = evolve(
        live.flows["orders"],
        map=lambda entry, standing: Unchanged() if standing.accepted else _send(b"mended"),
    )
    live.remap("PO-1")
    live.run()
    assert outbox.sent == [("PO-1", b"mended")]
    assert letter.idempotency_key not in outbox.by_key, "other bytes, another key"
    live.remap("PO-1")
    live.run()
    assert len(outbox.sent) == 1, "the partner has it as it should be"


def test_remap_refuses_what_may_have_arrived(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.loses_answer = True
    orders.put("PO-1", "a")
    live.run()
    clock.advance(HOUR)
    live.run()
    with pytest.raises(DocumentError, match="may have arrived"):
        live.remap("PO-1")
