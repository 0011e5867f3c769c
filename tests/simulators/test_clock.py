"""Virtual time, and what happens when it passes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from mlconnector_sdk.simulators.agenda import Agenda
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.windows import SlidingWindow

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_time_stands_still_until_it_is_advanced() -> None:
    time = VirtualTime(START)
    assert time.now() == time.now() == START
    time.advance(0.000001)
    assert time.now() - START == timedelta(microseconds=1)
    assert time.monotonic() == 0.000001


def test_time_that_follows_runs_by_itself_and_can_still_be_advanced() -> None:
    time = VirtualTime(START, follow=True)
    time.advance(3600)
    first = time.now()
    time.sleep(0.01)
    assert time.now() - first >= timedelta(seconds=0.01)
    assert first - START >= timedelta(hours=1)


def test_an_advance_stops_at_every_due_instant_in_order() -> None:
    time = VirtualTime(START)
    agenda, other = Agenda(time), Agenda(time)
    time.join(agenda)
    time.join(other)
    seen: list[tuple[str, float]] = []

    def later(name: str, who: Agenda, seconds: float, then: float | None = None) -> None:
        def action() -> None:
            seen.append((name, time.monotonic()))
            if then is not None:
                later(f"{name}'", who, seconds + then)

        who.at(START + timedelta(seconds=seconds), action)

    later("c", other, 30)
    later("a", agenda, 10, then=10)
    later("z", agenda, 61)
    time.advance(60)
    assert seen == [("a", 10), ("a'", 20), ("c", 30)]
    assert time.monotonic() == 60


def test_the_background_thread_works_once_it_is_woken() -> None:
    time = VirtualTime(START)
    agenda = Agenda(time)
    agenda.start()
    done = threading.Event()
    agenda.at(START, done.set)
    assert not done.is_set()
    agenda.wake()
    assert done.wait(5)
    agenda.at(START + timedelta(seconds=1), done.clear)
    agenda.stop()
    agenda.stop()
    assert done.is_set()


def test_a_stopped_agenda_does_nothing_until_it_is_started_again() -> None:
    time = VirtualTime(START)
    agenda = Agenda(time)
    agenda.start()
    agenda.stop()
    done = threading.Event()
    agenda.at(START, done.set)
    agenda.run_due()
    assert not done.is_set()
    agenda.start()
    agenda.run_due()
    assert done.is_set()
    agenda.stop()


def test_the_background_thread_follows_real_time_unasked() -> None:
    time = VirtualTime(START, follow=True)
    agenda = Agenda(time)
    agenda.start()
    done = threading.Event()
    agenda.at(time.now() + timedelta(seconds=0.02), done.set)
    agenda.wake()
    assert done.wait(5)
    agenda.stop()


def test_a_window_slides() -> None:
    time = VirtualTime(START)
    window = SlidingWindow(2, 60, time)
    assert window.take() == 0
    time.advance(40)
    assert window.take() == 0
    assert window.take() == 20
    time.advance(19.9)
    assert window.take() > 0
    time.advance(0.1)
    assert window.take() == 0
    assert window.take() == 40
