"""Waiting: for the next tick, for something in the inbox or outbox, for a signal to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import Any, Protocol

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.flow.report import RunReport
from mlconnector_sdk.flow.schedule import Schedule
from mlconnector_sdk.ports import Clock

__all__ = ["Watch", "Watched"]

_SLICE = 1.0  # seconds: how long a stored webhook or a signal waits at most
_REST = timedelta(minutes=1)  # how long a flow is left alone that was stopped, or caught up without effect
_TRY_AGAIN = timedelta(minutes=5)  # how soon a flow that was stopped is polled again, if no tick comes sooner


class Watched(Protocol):
    """What a watch needs of a pipeline."""

    async def tick(self, flows: Sequence[str]) -> RunReport:
        """Run flows whose time has come."""
        ...

    async def waiting(self) -> Sequence[str]:
        """Flows that have something to do before their time: a stored webhook, a document now due."""
        ...

    async def catch_up(self, flows: Sequence[str]) -> RunReport:
        """Do that, without polling."""
        ...


class Watch:
    """Ticks when flows are due, catches up in between, and ends when told to."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._stopped = threading.Event()
        self._until: Callable[[], bool] | None = None
        self._running = threading.Lock()

    def stopping(self) -> bool:
        """Whether work should end at the next clean place."""
        return self._stopped.is_set() or (self._until is not None and self._until())

    async def run(
        self,
        schedules: Mapping[str, Schedule],
        watched: Watched,
        *,
        on_report: Callable[[RunReport], None] | None,
        until: Callable[[], bool] | None,
    ) -> None:
        """Tick until stopped. All flows are due at the start."""
        if not self._running.acquire(blocking=False):
            raise RuntimeError("run_every is running already in this object: one at a time")
        self._until = until
        try:
            with self._signals():
                await self._loop(schedules, watched, on_report or (lambda _report: None))
        finally:
            self._until = None
            self._stopped.clear()
            self._running.release()

    async def _loop(
        self, schedules: Mapping[str, Schedule], watched: Watched, tell: Callable[[RunReport], None]
    ) -> None:
        due = dict.fromkeys(schedules, self._clock.now())
        resting: dict[str, datetime] = {}  # stopped, or caught up without effect: left alone for a while
        before = self._clock.now()
        while not self.stopping():
            now = self._clock.now()
            if now < before:  # the clock was set back: what was counted on it would come late by as much
                due = {name: min(at, schedules[name].next_after(now)) for name, at in due.items()}
                resting.clear()
            before = now
            names = [name for name, at in due.items() if at <= now]
            if names:
                report = await watched.tick(names)
                # Counted from the end of the run: ticks that passed meanwhile are covered by it.
                ended = self._clock.now()
                due.update({name: schedules[name].next_after(ended) for name in names})
                for flow in report.flows:
                    resting.pop(flow.flow, None)
                    if flow.rest:  # a costly poll is not made again at once, whatever the schedule says
                        due[flow.flow] = max(due[flow.flow], ended + flow.rest)
                    if flow.problem is not None:  # a daily poll does not wait a day for a vendor that rests
                        resting[flow.flow] = ended + _REST
                        due[flow.flow] = min(due[flow.flow], ended + _TRY_AGAIN)
                tell(report)
                continue
            early = [name for name in await watched.waiting() if resting.get(name, now) <= now]
            if early:
                report = await watched.catch_up(early)
                until = self._clock.now() + _REST
                resting |= {flow.flow: until for flow in report.flows if flow.problem or not flow.progress}
                tell(report)
                continue
            await arrived(self._clock.sleep(_SLICE))

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT stop the watch cleanly; outside the main thread they are the host's."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stopped.set()

        before: dict[signal.Signals, Any] = {}
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                before[number] = signal.signal(number, stop)
            yield
        finally:
            for number, handler in before.items():
                # None: it was not installed from Python, and cannot be put back from here.
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
