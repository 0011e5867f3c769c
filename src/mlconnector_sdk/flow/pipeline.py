"""Flows over one store, as one object: what a host application calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from mlconnector_sdk.dual import Blocking, Colour, Face, NonBlocking, arrived, shared
from mlconnector_sdk.errors import ConfigurationError, NoStartingPoint
from mlconnector_sdk.flow.collect import Collector
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import Journal
from mlconnector_sdk.flow.mend import Mending
from mlconnector_sdk.flow.preview import Preview, Previewer
from mlconnector_sdk.flow.report import FlowReport, RunReport
from mlconnector_sdk.flow.runner import Runner
from mlconnector_sdk.flow.schedule import Schedule
from mlconnector_sdk.flow.trail import Trail
from mlconnector_sdk.flow.watch import Watch
from mlconnector_sdk.ports import AuditLog, Clock, Store
from mlconnector_sdk.records import Entry, Event, Feed, FlowStatus

__all__ = ["AsyncPipeline", "Pipeline", "PipelineFace"]

_CLAIM = timedelta(minutes=10)  # how long a poller that died keeps the others from polling


class PipelineFace(Face[Colour]):
    """Receive, collect and deliver, for several flows that share a store.

    It holds no state of its own between calls but the store's: build it anew for every run of a cron
    script, or keep it for the life of a service; run one, or several on one store.

    Args:
        name: What it is called in logs.
        flows: In the order in which they run.
        store: Inbox, outbox and checkpoints.
        audit: Where the trail goes; None: the log that the store keeps beside its documents.
        clock: Usually the clients' own.
    """

    def __init__(
        self,
        name: str,
        flows: Sequence[Flow],
        *,
        store: Store,
        clock: Clock,
        audit: AuditLog | None = None,
    ) -> None:
        self.name = name
        self.flows = {flow.name: flow for flow in flows}
        if len(self.flows) != len(flows):
            raise ConfigurationError("two flows have the same name", remedy="name them apart", path="flows")
        names = Counter(flow.source.name for flow in flows if flow.source.feed is Feed.EVENT)
        for name, count in names.items():
            if count > 1:
                raise ConfigurationError(
                    f"{count} flows read the events of '{name}', and each event is given to one of them",
                    remedy="give their sources names of their own, and have webhooks stored under each",
                    path="flows",
                )
        self.store = store
        self.clock = clock
        self.audit = store.audit if audit is None else audit
        self._journal = Journal(log=self.audit, clock=clock)
        self._watch = Watch(clock=clock)

    # -- the three loops ------------------------------------------------------------------------------

    @shared
    async def receive(self, event: Event) -> bool:
        """Put a verified webhook into the inbox; True when it is new. This is all a webhook does.

        Raises:
            StoreError: It was not stored: answer the sender with an error, so that it tries again.
        """
        return await arrived(self.store.admit(event))

    @shared
    async def baseline(self, flows: Sequence[str] = ()) -> RunReport:
        """Once, at go-live: take what exists now as known. Nothing of it is sent.

        A flow that has its starting point keeps it: to call this before every run loses nothing. What is
        pending already stays pending.

        Raises:
            ConnectorError: A source cannot be read; call it again.
        """
        collector = Collector(store=self.store, journal=self._journal, clock=self.clock)
        report = RunReport()
        for flow in self._chosen(flows):
            report.flows.append(FlowReport(flow=flow.name))
            if await arrived(self.store.checkpoint(flow.name)) is None:
                await collector.baseline(flow, report.flows[-1])
        return report

    @shared
    async def run(self, flows: Sequence[str] = (), *, since: datetime | None = None) -> RunReport:
        """Collect and deliver once, until nothing is due.

        What stops one flow is in the report and does not stop the others; an ETL job that should fail
        loudly calls ``report.raise_for_problems()``.

        Args:
            flows: Their names; empty: all.
            since: Where to start flows that have never run; for others a window of its own, which leaves
                their checkpoints where they are.

        Raises:
            NoStartingPoint: A flow has never run, and ``since`` is not given.
            ConfigurationError: ``since`` has no time zone.
            StoreError: The store cannot be read or written.
        """
        _require_aware(since)
        return await self._runner().run(self._chosen(flows), since=since, poll=True)

    @shared
    async def run_every(
        self,
        schedule: Schedule,
        *,
        flows: Mapping[str, Schedule] | None = None,
        on_report: Callable[[RunReport], None] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> None:
        """Run on schedule until SIGTERM or SIGINT, or until ``until()`` is true.

        A stored webhook, also one that another process stored, and a document whose waiting time is over
        are attended to within a second. A flow runs once at a time, also over processes that share the
        store. Ticks missed during a long run are not made up for: one run covers them. A flow that is
        paused, because its settings are wrong, is tried again every five minutes.

        Args:
            schedule: `Every` or `DailyAt`, for all flows but those named in ``flows``.
            flows: Schedules of single flows, by name.
            on_report: Called after each run, e.g. to print or to alert.
            until: Asked between runs and between batches.

        Raises:
            NoStartingPoint: A flow has never run: call `baseline` first.
            StoreError: The store cannot be read or written.
        """
        own = flows or {}
        self._chosen(list(own))
        schedules = {name: own.get(name, schedule) for name in self.flows}
        for name in self.flows:
            if await arrived(self.store.checkpoint(name)) is None:
                raise NoStartingPoint(f"the flow '{name}' has never run and has no starting point")
        await self._watch.run(schedules, _Watched(self), on_report=on_report, until=until)

    # -- looking --------------------------------------------------------------------------------------

    @shared
    async def preview(self, flows: Sequence[str] = (), *, since: datetime | None = None) -> Preview:
        """What a run would do now: sources are read, nothing is sent and nothing stored.

        Raises:
            NoStartingPoint: A flow has never run, and ``since`` is not given.
        """
        _require_aware(since)
        previewer = Previewer(store=self.store, clock=self.clock)
        items = []
        for flow in self._chosen(flows):
            items += await previewer.preview(flow, since=since)
        return Preview(items=tuple(items))

    @shared
    async def trail(self, number: str) -> Trail:
        """The whole story of one document, by its business number."""
        entries = await arrived(self.store.find(number=number, limit=1_000))
        events = await arrived(self.audit.read(number=number))
        return Trail(number=number, entries=tuple(entries), events=tuple(events))

    @shared
    async def dead_letters(self) -> list[Entry]:
        """Everything that waits for a person, with reason and remedy, oldest first."""
        return await self._mending().letters()

    @shared
    async def status(self) -> list[FlowStatus]:
        """Whether each flow may run, and why not."""
        return [await arrived(self.store.flow_status(name)) for name in self.flows]

    # -- mending --------------------------------------------------------------------------------------

    @shared
    async def retry(self, number: str) -> list[Entry]:
        """Make dead letters and held documents pending again; the next run delivers them.

        Args:
            number: A business number, or the id of one entry.

        Raises:
            DocumentError: There is nothing to retry, or it may have arrived (see `settle`).
        """
        return await self._mending().retry(number)

    @shared
    async def remap(self, number: str) -> list[Entry]:
        """Make dead letters and held documents pending again, to be mapped anew.

        For a document that was refused as it was: mend the table or the partner file, make the pipeline
        anew, so that it reads them, and remap.

        Args:
            number: A business number, or the id of one entry.

        Raises:
            DocumentError: There is nothing to remap, or it may have arrived (see `settle`).
        """
        return await self._mending().remap(number)

    @shared
    async def settle(self, entry_id: str, *, arrived: bool, by: str, reason: str) -> Entry:
        """Answer, for an uncertain send, whether it arrived: accepted then, else pending again.

        Args:
            entry_id: As `dead_letters` shows it.
            arrived: What you found out at the vendor.
            by: Who says so; it goes into the audit trail.
            reason: What you saw; it goes into the audit trail.

        Raises:
            DocumentError: The entry is not uncertain.
        """
        return await self._mending().settle(entry_id, arrived_there=arrived, by=by, reason=reason)

    # -- inside ---------------------------------------------------------------------------------------

    def _chosen(self, names: Sequence[str]) -> list[Flow]:
        for name in names:
            if name not in self.flows:
                raise ConfigurationError(
                    f"there is no flow '{name}' in {self.name}",
                    remedy=f"name one of: {', '.join(self.flows)}",
                    path="flows",
                )
        return [self.flows[name] for name in names] if names else list(self.flows.values())

    def _runner(self) -> Runner:
        return Runner(
            store=self.store, journal=self._journal, clock=self.clock, stopping=self._watch.stopping
        )

    def _mending(self) -> Mending:
        return Mending(store=self.store, journal=self._journal)

    async def _unpaused(self, names: Sequence[str]) -> list[Flow]:
        now = self.clock.now()
        chosen = []
        for flow in self._chosen(names):
            status = await arrived(self.store.flow_status(flow.name))
            if status.paused_until is None or status.paused_until <= now:
                chosen.append(flow)
        return chosen


class _Watched:
    """What `Watch` may do with a pipeline, in the coroutine form of either colour."""

    def __init__(self, pipeline: PipelineFace[Any]) -> None:
        self._pipeline = pipeline
        self._owner = uuid4().hex

    async def tick(self, flows: Sequence[str]) -> RunReport:
        pipeline, clock = self._pipeline, self._pipeline.clock
        mine = []
        try:
            for flow in await pipeline._unpaused(flows):
                now = clock.now()
                claimed = pipeline.store.claim(f"poll {flow.name}", self._owner, now=now, until=now + _CLAIM)
                if await arrived(claimed):
                    mine.append(flow)
            return await pipeline._runner().run(mine, since=None, poll=True)
        finally:
            for flow in mine:
                await arrived(pipeline.store.release(f"poll {flow.name}", self._owner))

    async def catch_up(self, flows: Sequence[str]) -> RunReport:
        pipeline = self._pipeline
        mine = await pipeline._unpaused(flows)
        return await pipeline._runner().run(mine, since=None, poll=False)

    async def waiting(self) -> Sequence[str]:
        pipeline = self._pipeline
        now = pipeline.clock.now()
        names = []
        for flow in await pipeline._unpaused(()):
            stored = await arrived(pipeline.store.pending_events(flow.source.name, limit=1))
            due = await arrived(pipeline.store.due(flow.name, now=now))
            if stored or due:
                names.append(flow.name)
        return names


def _require_aware(since: datetime | None) -> None:
    if since is not None and since.utcoffset() is None:
        raise ConfigurationError(
            f"since={since.isoformat()} has no time zone, so nobody knows which instant it means",
            remedy="give an aware time, e.g. datetime(2026, 3, 1, tzinfo=UTC)",
            path="since",
        )


class Pipeline(PipelineFace[Blocking]):
    """Flows over one store, for blocking code: scripts, cron jobs, threads."""

    blocking = True


class AsyncPipeline(PipelineFace[NonBlocking]):
    """Flows over one store, for async code; the same methods, awaited."""

    blocking = False
