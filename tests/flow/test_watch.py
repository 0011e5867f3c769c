"""`run_every`: ticks, wake-ups, signals. Time is virtual: sleeping advances it."""

from __future__ import annotations

import itertools
import os
import signal
from datetime import timedelta

import pytest
from attrs import evolve

from mlconnector_sdk.errors import (
    AuthenticationFailed,
    NoStartingPoint,
    OutcomeUnknown,
    Throttled,
    VendorUnavailable,
)
from mlconnector_sdk.flow import DailyAt, Every, Observation, OnUnknown, Pipeline, RunReport
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Event, State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, ListWalk, Orders, Outbox, order_flow

TEN_MINUTES = Every(timedelta(minutes=10))


def for_seconds(clock: VirtualClock, seconds: float) -> object:
    end = clock.now() + timedelta(seconds=seconds)
    return lambda: clock.now() >= end


def test_it_ticks_at_its_interval(live: Pipeline, orders: Orders, clock: VirtualClock) -> None:
    before = len(orders.windows)
    live.run_every(TEN_MINUTES, until=for_seconds(clock, 3601))  # type: ignore[arg-type]
    assert len(orders.windows) - before == 7  # at once, then six times


def test_each_flow_has_its_own_schedule(live: Pipeline, orders: Orders, clock: VirtualClock) -> None:
    reports: list[RunReport] = []
    live.run_every(
        TEN_MINUTES,
        flows={"orders": DailyAt(("09:00",))},
        until=for_seconds(clock, 2 * 3600 + 10),  # type: ignore[arg-type]
        on_report=reports.append,
    )
    runs = [flow.flow for report in reports for flow in report.flows]
    assert runs.count("orders") == 1 + 1
    assert runs.count("answers") == 1 + 12


def test_a_source_whose_polls_are_costly_is_polled_more_slowly(
    live: Pipeline, orders: Orders, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ListWalk, "rest", timedelta(minutes=15), raising=False)
    before = len(orders.windows)
    live.run_every(Every(timedelta(minutes=5)), until=for_seconds(clock, 3601))  # type: ignore[arg-type]
    assert len(orders.windows) - before == 5  # at once, then every quarter of an hour


def test_missed_ticks_are_covered_by_one_run(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    orders.put("PO-1", "a")
    outbox.fails = lambda entry: clock.advance(3600)  # a run that takes an hour
    starts: list[float] = []
    live.run_every(
        TEN_MINUTES,
        until=for_seconds(clock, 3600 + 601),  # type: ignore[arg-type]
        on_report=lambda report: starts.append(clock.monotonic()),
    )
    assert len(starts) == 2


def test_a_webhook_is_attended_to_at_once_without_polling(
    live: Pipeline, orders: Orders, answers: Answers, erp: Outbox, clock: VirtualClock
) -> None:
    delivered_after: list[float] = []
    start = clock.monotonic()
    arrived_at = start + 120

    def until() -> bool:
        if clock.monotonic() >= arrived_at and not answers.happened:
            answers.happened["t-1"] = "PO-1"
            live.receive(Event(source="edi.answers", event_id="e-1", body=b"t-1", received_at=clock.now()))
        return clock.monotonic() >= start + 300

    polls = len(orders.windows)
    erp.fails = lambda entry: delivered_after.append(clock.monotonic() - arrived_at)
    live.run_every(TEN_MINUTES, until=until)
    assert len(erp.sent) == 1
    assert delivered_after[0] <= 2
    assert len(orders.windows) - polls == 1


def test_a_document_goes_as_soon_as_its_waiting_time_is_over(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    orders.put("PO-1", "a")
    later = clock.now() + timedelta(minutes=3)
    outbox.fails = lambda entry: Throttled("wait", not_before=later) if clock.now() < later else None
    sent_at: list[bool] = []
    live.run_every(
        DailyAt(("00:00",)),
        until=for_seconds(clock, 240),  # type: ignore[arg-type]
        on_report=lambda report: sent_at.append(bool(outbox.sent)),
    )
    assert outbox.sent


def test_a_paused_flow_is_tried_again_slowly(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    orders.put("PO-1", "a")
    tries: list[float] = []

    class Asked(AuthenticationFailed):
        def __init__(self) -> None:
            super().__init__("refused")
            tries.append(clock.monotonic())

    async def ready() -> None:
        raise Asked

    outbox.ready = ready  # type: ignore[method-assign]
    live.run_every(Every(timedelta(seconds=10)), until=for_seconds(clock, 1800))  # type: ignore[arg-type]
    gaps = [after - before for before, after in itertools.pairwise(tries)]
    assert len(tries) >= 5
    assert min(gaps) >= 300


def test_a_document_that_has_to_wait_for_a_person_does_not_spin(
    live: Pipeline, answers: Answers, erp: Outbox, clock: VirtualClock
) -> None:
    from mlconnector_sdk.errors import RequestRefused

    answers.happened |= {"t-1": "PO-1", "t-2": "PO-1"}
    erp.fails = lambda entry: RequestRefused("no")
    reports: list[RunReport] = []
    live.run_every(TEN_MINUTES, until=for_seconds(clock, 599), on_report=reports.append)  # type: ignore[arg-type]
    assert len(reports) <= 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    for n in range(5):
        orders.put(f"PO-{n}", "a")
    outbox.fails = lambda entry: os.kill(os.getpid(), number)
    live.run_every(TEN_MINUTES, until=for_seconds(clock, 3600))  # type: ignore[arg-type]
    assert len(outbox.sent) == 1, "the document in hand is finished, the others wait"
    assert signal.getsignal(number) is before
    outbox.fails = lambda entry: None
    live.run()
    assert len(outbox.sent) == 5


def test_without_a_starting_point_it_says_so_at_once(pipeline: Pipeline) -> None:
    with pytest.raises(NoStartingPoint, match="baseline"):
        pipeline.run_every(TEN_MINUTES)


def test_a_signal_stops_a_batch_after_the_document_in_hand(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    live.flows["orders"] = evolve(live.flows["orders"], batch=10)
    for n in range(5):
        orders.put(f"PO-{n}", "a")
    outbox.fails = lambda entry: os.kill(os.getpid(), signal.SIGTERM) if entry.number == "PO-1" else None
    live.run_every(TEN_MINUTES)
    assert len(outbox.sent) == 2
    left = [entry for entry in live.store.find(flow="orders") if entry.state is State.PENDING]  # type: ignore[union-attr]
    assert [(entry.attempts, entry.leased_until) for entry in left] == [(0, None)] * 3


def test_a_daily_poll_that_meets_an_outage_is_made_up_for_soon(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    orders.put("PO-1", "a")
    orders.fails = VendorUnavailable("503")
    start = clock.monotonic()

    def until() -> bool:
        if clock.monotonic() - start > 400:
            orders.fails = None
        return bool(outbox.sent) or clock.monotonic() - start > 3600

    live.run_every(DailyAt(("08:00",)), until=until)
    assert outbox.sent
    assert clock.monotonic() - start < 700
    assert len(orders.windows) <= 5, "and the vendor is not pestered meanwhile"


def test_a_document_that_is_put_off_twice_still_goes_in_time(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    orders.put("PO-1", "a")
    losses: list[float] = []

    def twice(_entry: object) -> OutcomeUnknown | None:
        losses.append(clock.monotonic())
        return OutcomeUnknown("lost") if len(losses) <= 3 else None

    outbox.fails = twice
    outbox.on_unknown = OnUnknown(same_key_for=timedelta(hours=24))
    live.run_every(DailyAt(("07:00",)), until=for_seconds(clock, 3600))  # type: ignore[arg-type]
    assert len(outbox.sent) == 1
    assert len(losses) == 4


def test_a_stored_event_that_cannot_be_fetched_does_not_spin(
    live: Pipeline, answers: Answers, clock: VirtualClock
) -> None:
    tries: list[float] = []

    async def observe(_event: Event) -> list[Observation]:
        tries.append(clock.monotonic())
        raise VendorUnavailable("503")

    answers.observe = observe  # type: ignore[method-assign]
    live.receive(Event(source="edi.answers", event_id="e-1", body=b"t-1", received_at=clock.now()))
    live.run_every(DailyAt(("07:00",)), until=for_seconds(clock, 3600))  # type: ignore[arg-type]
    gaps = [after - before for before, after in itertools.pairwise(tries)]
    assert len(tries) > 10, "it is tried again in good time"
    assert min(gaps) >= 50


@pytest.mark.parametrize("back", [30, 7200])
def test_a_clock_that_is_set_back_delays_no_tick(
    live: Pipeline, orders: Orders, clock: VirtualClock, back: float
) -> None:
    polls = len(orders.windows)
    jumped: list[bool] = []

    def until() -> bool:
        if not jumped and len(clock.slept) > 120:
            jumped.append(True)
            clock.advance(-back)
        return len(clock.slept) > 120 + 700

    live.run_every(TEN_MINUTES, until=until)
    assert len(orders.windows) - polls >= 2, "one at the start, one within ten minutes after the jump"


def test_two_watches_on_one_store_poll_once_at_a_time(
    live: Pipeline, store: Store, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    """The second finds the first one polling, and leaves it to it."""
    other_outbox = Outbox()
    other = Pipeline("other", [order_flow(orders, other_outbox)], store=store, clock=clock)
    inside: list[int] = []

    def meanwhile(_entry: object) -> None:
        before = len(orders.windows)
        rounds = itertools.count()
        other.run_every(TEN_MINUTES, until=lambda: next(rounds) > 6)
        inside.append(len(orders.windows) - before)

    orders.put("PO-1", "a")
    outbox.fails = meanwhile
    ends = itertools.count()
    live.run_every(TEN_MINUTES, until=lambda: bool(inside) and next(ends) > 6)
    assert inside == [0]
    assert (len(outbox.sent), other_outbox.sent) == (1, [])


def test_what_on_report_raises_ends_the_watch_and_leaves_nothing_claimed(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    def alarm(_report: RunReport) -> None:
        raise RuntimeError("the alarm is broken")

    before = signal.getsignal(signal.SIGTERM)
    orders.put("PO-1", "a")
    with pytest.raises(RuntimeError, match="alarm"):
        live.run_every(TEN_MINUTES, on_report=alarm)
    assert signal.getsignal(signal.SIGTERM) is before
    assert len(outbox.sent) == 1
    assert live.store.claim("poll orders", "me", now=clock.now(), until=clock.now())
    live.run_every(TEN_MINUTES, until=for_seconds(clock, 5))  # type: ignore[arg-type]
