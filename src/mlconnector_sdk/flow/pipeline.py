"""Flows over one store, as one object: what a host application calls."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from mlconnector_sdk.dual import Blocking, Colour, NonBlocking, arrived, shared
from mlconnector_sdk.errors import ConfigurationError, NoStartingPoint
from mlconnector_sdk.flow.collect import Collector
from mlconnector_sdk.flow.deliver import paused_partners
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.flows_face import require_aware
from mlconnector_sdk.flow.health import Alert, Expiry, NewAlerts
from mlconnector_sdk.flow.journal import Journal, told
from mlconnector_sdk.flow.looking import LookingFace
from mlconnector_sdk.flow.mending import MendingFace
from mlconnector_sdk.flow.report import FlowReport, RunReport
from mlconnector_sdk.flow.runner import Runner
from mlconnector_sdk.flow.schedule import Schedule
from mlconnector_sdk.flow.scope import require_scope
from mlconnector_sdk.flow.watch import Watch
from mlconnector_sdk.ports import AuditLog, Clock, ExchangeLog, Store
from mlconnector_sdk.records import Event, Feed

__all__ = ["AsyncPipeline", "Pipeline", "PipelineFace", "Settings"]

_LOG = logging.getLogger("mlconnector_sdk.flow")
_CLAIM = timedelta(minutes=10)  # how long a poller that died keeps the others from polling


class Settings(Protocol):
    """Files that people edit while a pipeline lives, e.g. the partner file with its tables."""

    def reload(self) -> object:
        """Read them now; the difference, readable as text, false where there is none.

        Raises:
            ConfigurationError: They cannot be used; the old content stays.
        """
        ...

    def reload_if_changed(self) -> object:
        """The same, if the files look changed since they were read last."""
        ...


class PipelineFace(LookingFace[Colour], MendingFace[Colour]):
    """Receive, collect and deliver, for several flows that share a store; look, and mend.

    It holds no state of its own between calls but the store's: build it anew for every run of a cron
    script, or keep it for the life of a service; run one, or several on one store.

    Args:
        name: What it is called in logs.
        flows: In the order in which they run.
        store: Inbox, outbox and checkpoints.
        audit: Where the trail goes; None: the log that the store keeps beside its documents.
        exchanges: Where the raw exchanges of documents are kept; None: the store's own log, its property
            ``exchanges``, and nowhere if it has none.
        clock: Usually the clients' own.
        settings: Files that may change while the pipeline lives: looked at before each run.
        expiries: When credentials end, so that `health` can say so in time.

    Raises:
        ConfigurationError: Two flows have one name, or read the same events; or a flow names one that is
            not here.
    """

    def __init__(
        self,
        name: str,
        flows: Sequence[Flow],
        *,
        store: Store,
        clock: Clock,
        audit: AuditLog | None = None,
        exchanges: ExchangeLog | None = None,
        settings: Settings | None = None,
        expiries: Callable[[], Iterable[Expiry]] = tuple,
    ) -> None:
        self.name = name
        self.expiries = expiries
        self.settings = settings
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
        for flow in flows:
            for other in (flow.relates_to, flow.answered_by):
                if other and other not in self.flows:
                    raise ConfigurationError(
                        f"the flow '{flow.name}' refers to '{other}', which is not in {self.name}",
                        remedy="name a flow of the same pipeline",
                        path="flows",
                    )
        self.store = store
        self.clock = clock
        self.audit = store.audit if audit is None else audit
        offered = getattr(store, "exchanges", None) if exchanges is None else exchanges
        self._exchange_log = offered if isinstance(offered, ExchangeLog) else None
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
            checkpoint = await arrived(self.store.checkpoint(flow.name))
            require_scope(flow, checkpoint)
            if checkpoint is None:
                await collector.baseline(flow, report.flows[-1])
        return report

    @shared
    async def run(
        self, flows: Sequence[str] = (), *, since: datetime | None = None, max_sends: int | None = None
    ) -> RunReport:
        """Collect and deliver once, until nothing is due.

        What stops one flow is in the report and does not stop the others; an ETL job that should fail
        loudly calls ``report.raise_for_problems()``.

        Args:
            flows: Their names; empty: all.
            since: Where to start flows that have never run; for others a window of its own, which leaves
                their checkpoints where they are.
            max_sends: The most documents that this run may send, over all flows; what is left waits for the
                next run. None: all that are due.

        Raises:
            NoStartingPoint: A flow has never run, and ``since`` is not given.
            ConfigurationError: ``since`` has no time zone.
            StoreError: The store cannot be read or written.
        """
        require_aware(since)
        await self._take_up_settings()
        return await self._runner().run(self._chosen(flows), since=since, poll=True, max_sends=max_sends)

    @shared
    async def reload(self) -> object:
        """Read the settings' files anew, now; what they change counts for every document mapped from here on.

        Returns:
            The difference, readable as text; false where nothing changed. None without settings.

        Raises:
            ConfigurationError: A file cannot be used; the old content stays.
        """
        if self.settings is None:
            return None
        difference = self.settings.reload()
        if difference:
            await self._tell_settings(difference)
        return difference

    @shared
    async def run_every(
        self,
        schedule: Schedule,
        *,
        flows: Mapping[str, Schedule] | None = None,
        on_report: Callable[[RunReport], None] | None = None,
        on_alert: Callable[[Alert], None] | None = None,
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
            on_report: Called after each run, e.g. to print it.
            on_alert: Called when something begins to need a person (`health`), once while it lasts; e.g. to
                page somebody. What it raises is logged and stops nothing.
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
        watched = _Watched(self, on_alert=on_alert)
        await self._watch.run(schedules, watched, on_report=on_report, until=until)

    # -- inside ---------------------------------------------------------------------------------------

    def _runner(self) -> Runner:
        return Runner(
            store=self.store,
            journal=self._journal,
            clock=self.clock,
            stopping=self._watch.stopping,
            exchanges=self._exchange_log,
        )

    async def _take_up_settings(self) -> None:
        """What was changed in the files counts from now on; what cannot be read is told, and left alone."""
        if self.settings is None:
            return
        try:
            difference = self.settings.reload_if_changed()
        except ConfigurationError as error:
            _LOG.error("%s: the changed settings are not taken up: %s", self.name, error)
            reason, remedy = told(error)
            line = self._journal.flow_line(self.name, "settings refused", reason, {"remedy": remedy})
            await self._journal.write([line])
        else:
            if difference:
                await self._tell_settings(difference)

    async def _tell_settings(self, difference: object) -> None:
        line = self._journal.flow_line(self.name, "settings", f"the settings have changed:\n{difference}")
        await self._journal.write([line])

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

    def __init__(
        self, pipeline: PipelineFace[Any], *, on_alert: Callable[[Alert], None] | None = None
    ) -> None:
        self._pipeline = pipeline
        self._owner = uuid4().hex
        self._on_alert = on_alert
        self._alerts = NewAlerts()

    async def tick(self, flows: Sequence[str]) -> RunReport:
        pipeline, clock = self._pipeline, self._pipeline.clock
        await pipeline._take_up_settings()
        mine = []
        try:
            for flow in await pipeline._unpaused(flows):
                now = clock.now()
                claimed = pipeline.store.claim(f"poll {flow.name}", self._owner, now=now, until=now + _CLAIM)
                if await arrived(claimed):
                    mine.append(flow)
            report = await pipeline._runner().run(mine, since=None, poll=True)
        finally:
            for flow in mine:
                await arrived(pipeline.store.release(f"poll {flow.name}", self._owner))
        await self._tell_alerts()
        return report

    async def _tell_alerts(self) -> None:
        if self._on_alert is None:
            return
        for alert in self._alerts.among(await PipelineFace.health(self._pipeline)):
            try:
                self._on_alert(alert)
            except Exception:  # noqa: BLE001 - a host's pager must not stop the loop
                _LOG.exception("on_alert failed on: %s", alert)

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
            waiting = await paused_partners(pipeline.store, flow, now=now)
            due = await arrived(pipeline.store.due(flow.name, now=now, without=waiting))
            if stored or due:
                names.append(flow.name)
        return names


class Pipeline(PipelineFace[Blocking]):
    """Flows over one store, for blocking code: scripts, cron jobs, threads."""

    blocking = True


class AsyncPipeline(PipelineFace[NonBlocking]):
    """Flows over one store, for async code; the same methods, awaited."""

    blocking = False
