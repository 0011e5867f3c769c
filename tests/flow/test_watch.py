"""`run_every`: ticks, wake-ups, signals. Time is virtual: sleeping advances it."""

from __future__ import annotations

import itertools
import os
import signal
from datetime import timedelta

import pytest

from mlconnector_sdk.errors import AuthenticationFailed, NoStartingPoint, Throttled
from mlconnector_sdk.flow import DailyAt, Every, Pipeline, RunReport
from mlconnector_sdk.records import Event
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox

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
