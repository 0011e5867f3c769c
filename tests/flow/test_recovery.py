"""Leases, outages and uncertain sends at their edges."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from mlconnector_sdk.errors import (
    DocumentError,
    OutcomeUnknown,
    RequestRefused,
    Throttled,
    VendorUnavailable,
)
from mlconnector_sdk.flow import Absent, Found, IfAbsent, OnUnknown, Outcome, Pipeline, Send, Standing
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, Feed, NewEntry, SendResult, State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox, answer_flow, order_flow

HOUR = 3600.0
DAY = OnUnknown(same_key_for=timedelta(hours=24), if_absent=IfAbsent.SEND)


def entries(pipeline: Pipeline) -> dict[str, Entry]:
    return {entry.number: entry for entry in pipeline.store.find(flow="orders", limit=1000)}  # type: ignore[union-attr]


def kinds(pipeline: Pipeline, number: str = "PO-1") -> list[str]:
    return [line.kind for line in pipeline.trail(number).events]


@pytest.fixture
def batched(live: Pipeline) -> Pipeline:
    live.flows["orders"] = evolve(live.flows["orders"], batch=10)
    return live


def uncertain(pipeline: Pipeline, orders: Orders, outbox: Outbox, *numbers: str) -> None:
    """These have left, nobody knows whether they arrived, and their keys are forgotten by now."""
    for number in numbers:
        orders.put(number, "a")
    outbox.fails = lambda entry: OutcomeUnknown("lost") if entry.number in numbers else None
    for _ in range(len(numbers)):
        pipeline.run(["orders"])
    outbox.fails = lambda entry: None
    pipeline.clock.advance(25 * HOUR)  # type: ignore[attr-defined]


def test_a_slow_look_uses_up_no_request_s_time(
    batched: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    """Looking takes longer than the lease for all of them together; each run of it still gets somewhere."""
    outbox.on_unknown = DAY
    uncertain(batched, orders, outbox, "PO-1", "PO-2", "PO-3")
    looked: list[str] = []

    async def slow(entry: Entry) -> Outcome:
        looked.append(entry.number)
        assert len(looked) < 20, "it looks for ever and never sends"
        clock.advance(140)  # of a lease of 150 seconds
        return Absent()

    outbox.find = slow  # type: ignore[method-assign]
    batched.run(["orders"])
    assert sorted(number for number, _ in outbox.sent) == ["PO-1", "PO-2", "PO-3"]
    assert len(looked) == 3


def test_a_look_that_fails_holds_up_nobody_else(batched: Pipeline, orders: Orders, outbox: Outbox) -> None:
    outbox.on_unknown = DAY
    uncertain(batched, orders, outbox, "PO-1", "PO-2")
    for number in range(3, 30):
        orders.put(f"PO-{number}", "a")
    outbox.outcome = VendorUnavailable("503 for listings")
    report = batched.run(["orders"])
    assert len(outbox.sent) == 27
    assert outbox.looked_for == ["PO-1"], "the second look would fail as well"
    assert "503 for listings" in str(report)
    assert {entries(batched)[number].state for number in ("PO-1", "PO-2")} == {State.IN_FLIGHT}


def test_a_bug_in_the_look_asks_a_person(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    outbox.on_unknown = DAY
    uncertain(live, orders, outbox, "PO-1")

    async def crash(_entry: Entry) -> Outcome:
        raise KeyError("items")

    outbox.find = crash  # type: ignore[method-assign]
    live.run()
    (letter,) = live.dead_letters()
    assert letter.outcome_unknown
    assert "KeyError" in letter.reason


def test_a_key_that_was_forgotten_while_the_batch_was_sent_is_not_used(
    batched: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    """The first of two repeats is slow; when it is the second one's turn, the key is too old."""
    outbox.on_unknown = evolve(DAY, if_absent=IfAbsent.ASK)
    for number in ("PO-1", "PO-2"):
        orders.put(number, "a")
    outbox.fails = lambda entry: OutcomeUnknown("lost")
    batched.run(["orders"])
    clock.advance(24 * HOUR - 61 - 2)  # a request may take 60 seconds

    def slow(_entry: Entry) -> None:
        clock.advance(50)

    outbox.fails = slow
    batched.run(["orders"])
    assert [number for number, _ in outbox.sent] == ["PO-1"]
    assert outbox.looked_for == ["PO-2"]
    assert [letter.number for letter in batched.dead_letters()] == ["PO-2"]


def test_what_was_found_asks_for_what_a_send_would_have_asked_for(
    live: Pipeline, orders: Orders, outbox: Outbox, store: Store, clock: VirtualClock
) -> None:
    uncertain(live, orders, outbox, "PO-1")
    follow_on = NewEntry(
        flow="labels",
        kind="label",
        feed=Feed.EVENT,
        number="PO-1",
        ordering_key="labels|PO-1",
        event_id="l-1",
        record=b"{}",
        observed_at=clock.now(),
    )
    outbox.outcome = Found(follow_ons=(follow_on,))
    live.run()
    assert [entry.kind for entry in store.find(flow="labels")] == ["label"]


def test_an_outage_leaves_few_outcomes_unknown(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    for number in range(50):
        orders.put(f"PO-{number:02}", "a")
    tries: list[str] = []

    def dead_line(entry: Entry) -> OutcomeUnknown:
        tries.append(entry.number)
        return OutcomeUnknown("no answer")

    outbox.fails = dead_line
    report = live.run(["orders"])
    assert len(tries) == 3
    assert "in a row were not answered" in str(report)
    states = [entry.state for entry in entries(live).values()]
    assert (states.count(State.IN_FLIGHT), states.count(State.PENDING)) == (3, 47)
    outbox.fails = lambda entry: None
    live.run(["orders"])
    assert len(outbox.sent) == 47


def test_single_unanswered_ones_do_not_stop_the_queue(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    for number in range(20):
        orders.put(f"PO-{number:02}", "a")
    outbox.fails = lambda entry: OutcomeUnknown("lost") if int(entry.number[3:]) % 3 else None
    assert live.run(["orders"]).flows[0].problem is None
    assert len(outbox.sent) == 7


def test_what_stays_unanswered_is_tried_ever_more_slowly(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.on_unknown = DAY
    tries: list[float] = []

    def never(_entry: Entry) -> OutcomeUnknown:
        tries.append(clock.monotonic())
        return OutcomeUnknown("504")

    outbox.fails = never
    orders.put("PO-1", "a")
    for _ in range(10 * 60):
        live.run(["orders"])
        clock.advance(60)
    assert 8 <= len(tries) <= 16


def test_a_bug_in_the_sink_stops_one_document_and_puts_it_before_a_person(
    batched: Pipeline, orders: Orders, answers: Answers, erp: Outbox, outbox: Outbox
) -> None:
    for number in range(4):
        orders.put(f"PO-{number}", "a")
    answers.happened["t-1"] = "PO-1"

    def bug(entry: Entry) -> None:
        if entry.number == "PO-1":
            raise KeyError("unit")

    outbox.fails = bug
    batched.run()
    assert len(outbox.sent) == 3
    assert len(erp.sent) == 1
    (letter,) = batched.dead_letters()
    assert letter.outcome_unknown
    assert "KeyError" in letter.reason and "settle" in letter.remedy


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_program_interrupted_in_a_send_leaves_one_outcome_open(
    batched: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock, stop: type[BaseException]
) -> None:
    for number in range(4):
        orders.put(f"PO-{number}", "a")

    def interrupt(entry: Entry) -> None:
        if entry.number == "PO-1":
            raise stop

    outbox.fails = interrupt
    with pytest.raises(stop):
        batched.run(["orders"])
    found = entries(batched)
    assert [found[f"PO-{n}"].state for n in range(4)] == [
        State.ACCEPTED,
        State.IN_FLIGHT,
        State.PENDING,
        State.PENDING,
    ]
    assert [found[f"PO-{n}"].attempts for n in range(4)] == [1, 1, 0, 0]
    outbox.fails = lambda entry: None
    batched.run(["orders"])
    assert [number for number, _ in outbox.sent] == ["PO-0", "PO-2", "PO-3"], "they go at once"


def test_a_vendor_that_rests_takes_back_what_was_uncertain_before_as_uncertain(
    batched: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.on_unknown = DAY
    orders.put("PO-1", "a")
    outbox.loses_answer = True
    batched.run(["orders"])
    first = entries(batched)["PO-1"]
    clock.advance(HOUR)
    until = clock.now() + timedelta(minutes=5)
    outbox.fails = lambda entry: Throttled("quota", not_before=until)
    batched.run(["orders"])
    again = entries(batched)["PO-1"]
    assert (again.state, again.attempts) == (State.IN_FLIGHT, 1)
    assert (again.first_sent_at, again.payload) == (first.first_sent_at, first.payload)
    assert again.not_before == until


def test_a_table_mended_during_an_outage_takes_effect(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    """Nothing has left, so nothing is frozen: neither when no slot was free nor when the vendor refused."""
    orders.put("PO-1", "a")
    outbox.not_ready = VendorUnavailable("503")
    live.run(["orders"])
    assert entries(live)["PO-1"].payload is None
    outbox.not_ready = None
    clock.advance(HOUR)
    outbox.fails = lambda entry: Throttled("quota", not_before=clock.now())
    live.run(["orders"])
    assert entries(live)["PO-1"].payload is None
    outbox.fails = lambda entry: None
    live.flows["orders"] = evolve(live.flows["orders"], map=lambda entry, accepted: Send(payload=b"mended"))
    live.run(["orders"])
    assert outbox.sent == [("PO-1", b"mended")]


def test_an_edit_during_an_outage_goes_alone(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    orders.put("PO-1", "a")
    outbox.not_ready = VendorUnavailable("503")
    live.run(["orders"])
    orders.put("PO-1", "b")
    live.run(["orders"])
    outbox.not_ready = None
    live.clock.advance(HOUR)  # type: ignore[attr-defined]
    live.run(["orders"])
    assert outbox.sent == [("PO-1", b'{"doc": "b"}')]
    assert "superseded" in kinds(live)


def test_an_older_observation_made_pending_again_never_follows_a_newer_one(
    live: Pipeline, orders: Orders, outbox: Outbox, store: Store
) -> None:
    """A crash may leave an older dead letter beside a newer order that went; retry must not send it."""
    orders.put("PO-1", "bad")
    live.run(["orders"])
    (letter,) = live.dead_letters()
    orders.put("PO-1", "good")
    real = store.save

    def loses_what_was_superseded(changes):  # type: ignore[no-untyped-def]
        return real([change for change in changes if change.entry.state is not State.SUPERSEDED])

    store.save = loses_what_was_superseded  # type: ignore[method-assign]
    live.run(["orders"])
    store.save = real  # type: ignore[method-assign]
    for try_again in (live.retry, live.remap):
        with pytest.raises(DocumentError, match="set the partner back"):
            try_again(letter.id)
    live.dismiss(letter.id, by="Kim", reason="the newer one went")
    live.run(["orders"])
    assert len(outbox.sent) == 1
    assert [entry.state for entry in live.trail("PO-1").entries] == [State.DISMISSED, State.ACCEPTED]


def test_a_delivery_may_ask_for_one_in_a_flow_that_was_through_already(
    store: Store, clock: VirtualClock, orders: Orders
) -> None:
    """The second flow's send asks for an entry in the first flow: it goes in the same run."""

    class Asking(Outbox):
        async def send(self, entry: Entry) -> SendResult:
            result = await super().send(entry)
            wanted = NewEntry(
                flow="answers",
                kind="label",
                feed=Feed.EVENT,
                number=entry.number,
                ordering_key=f"labels|{entry.number}",
                event_id=f"label {entry.id}",
                record=b"label",
                observed_at=clock.now(),
            )
            return evolve(result, follow_ons=(wanted,))

    printer = Outbox()
    flows = [answer_flow(Answers(), printer), order_flow(orders, Asking())]
    pipeline = Pipeline("chain", flows, store=store, clock=clock)
    pipeline.baseline()
    orders.put("PO-1", "a")
    pipeline.run()
    assert printer.sent == [("PO-1", b"label")]


def test_two_workers_whose_leases_ran_out_send_once(
    store: Store, clock: VirtualClock, orders: Orders, outbox: Outbox
) -> None:
    """The first worker maps so slowly that a second one takes over and sends; the first must notice."""
    second = Pipeline("second", [order_flow(orders, outbox)], store=store, clock=clock)
    taken_over: list[str] = []

    def slow(entry: Entry, standing: Standing) -> Send:
        if not taken_over:
            taken_over.append(entry.id)
            clock.advance(151)
            second.run()
        return Send(payload=b"from the slow one")

    first = Pipeline("first", [evolve(order_flow(orders, outbox), map=slow)], store=store, clock=clock)
    first.baseline()
    orders.put("PO-1", "a")
    first.run()
    assert outbox.sent == [("PO-1", b'{"doc": "a"}')]
    assert entries(first)["PO-1"].state is State.ACCEPTED


def test_a_slow_mapping_alone_renews_its_lease(
    store: Store, clock: VirtualClock, orders: Orders, outbox: Outbox
) -> None:
    calls: list[str] = []

    def slow(entry: Entry, standing: Standing) -> Send:
        calls.append(entry.id)
        assert len(calls) < 5, "mapped again and again, and never sent"
        clock.advance(140)
        return Send(payload=b"late")

    pipeline = Pipeline("slow", [evolve(order_flow(orders, outbox), map=slow)], store=store, clock=clock)
    pipeline.baseline()
    orders.put("PO-1", "a")
    pipeline.run()
    assert len(outbox.sent) == 1


def test_refusals_are_not_taken_for_silence(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    for number in range(9):
        orders.put(f"PO-{number}", "a")
    outbox.fails = lambda entry: OutcomeUnknown("lost") if int(entry.number[3:]) % 3 else RequestRefused("no")
    assert live.run(["orders"]).flows[0].problem is None


def test_the_same_content_sent_again_later_is_another_send(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    """A, B, A: the vendor must not take the second A for a repeat of the first."""
    live.flows["orders"] = evolve(
        live.flows["orders"], map=lambda entry, accepted: Send(payload=entry.record)
    )
    for content in "aba":
        orders.put("PO-1", content)
        live.run(["orders"])
    assert len(outbox.sent) == 3


def test_nobody_looks_before_the_vendor_can_know(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.on_unknown = OnUnknown(settle=timedelta(hours=2))
    orders.put("PO-1", "a")
    outbox.loses_answer = True
    live.run(["orders"])
    clock.advance(1.9 * HOUR)
    live.run(["orders"])
    assert outbox.looked_for == []
    clock.advance(0.2 * HOUR)
    live.run(["orders"])
    assert outbox.looked_for == ["PO-1"]


def test_after_a_crash_nobody_looks_before_lease_and_settling_are_over(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.on_unknown = OnUnknown(settle=timedelta(hours=2))

    def crash(_entry: Entry) -> None:
        raise KeyboardInterrupt

    outbox.fails = crash
    orders.put("PO-1", "a")
    with pytest.raises(KeyboardInterrupt):
        live.run(["orders"])
    outbox.fails = lambda entry: None
    clock.advance(2 * HOUR + 140)  # the lease is 150 seconds
    live.run(["orders"])
    assert outbox.looked_for == []
    clock.advance(20)
    live.run(["orders"])
    assert outbox.looked_for == ["PO-1"]


def test_every_request_starts_under_a_lease_that_outlives_it(
    batched: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    for number in range(6):
        orders.put(f"PO-{number}", "a")
    starts: list[timedelta] = []

    def slow(entry: Entry) -> None:
        assert entry.leased_until is not None
        starts.append(entry.leased_until - clock.now())
        clock.advance(55)

    outbox.fails = slow
    batched.run(["orders"])
    assert len(outbox.sent) == 6
    assert min(starts) >= outbox.timeout


def test_what_a_person_says_did_not_arrive_begins_anew(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    """Its key counts from the next send, so that another lost answer is answered by the same key."""
    outbox.on_unknown = OnUnknown(same_key_for=timedelta(hours=24))
    uncertain(live, orders, outbox, "PO-1")
    live.run(["orders"])
    (letter,) = live.dead_letters()
    live.settle(letter.id, arrived=False, by="Kim", reason="looked")
    outbox.loses_answer = True
    live.run(["orders"])
    clock.advance(HOUR)
    outbox.looked_for.clear()
    live.run(["orders"])
    assert outbox.looked_for == []
    assert entries(live)["PO-1"].state is State.ACCEPTED


def test_a_bug_before_anything_was_marked_leaves_nothing_leased(
    batched: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    for number in range(3):
        orders.put(f"PO-{number}", "a")
    real = outbox.ready

    async def bug() -> None:
        raise KeyError("token")

    outbox.ready = bug  # type: ignore[method-assign]
    report = batched.run(["orders"])
    assert "KeyError" in str(report.problems[0])
    assert {entry.leased_until for entry in entries(batched).values()} == {None}
    outbox.ready = real  # type: ignore[method-assign]
    batched.run(["orders"])
    assert len(outbox.sent) == 3
