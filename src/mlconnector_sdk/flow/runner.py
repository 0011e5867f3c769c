"""Collect and deliver, flow after flow, until nothing is due. What stops one flow stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, NoStartingPoint, Scope, StoreError
from mlconnector_sdk.flow.collect import Collector
from mlconnector_sdk.flow.deliver import Allowance, Deliverer
from mlconnector_sdk.flow.exchanges import Recorder
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import Journal, told
from mlconnector_sdk.flow.overdue import Punctuality
from mlconnector_sdk.flow.report import FlowReport, RunReport
from mlconnector_sdk.flow.scope import require_scope
from mlconnector_sdk.ports import Clock, ExchangeLog, Store
from mlconnector_sdk.records import FlowStatus

__all__ = ["Runner"]

T = TypeVar("T")
_LOG = logging.getLogger("mlconnector_sdk.flow")
_TRY_AGAIN = timedelta(minutes=5)  # how slowly a flow whose settings are wrong is tried again


@frozen(kw_only=True)
class Runner:
    """Runs flows once, reports what stops them, and keeps their status."""

    store: Store = field(repr=False)
    journal: Journal = field(repr=False)
    clock: Clock = field(repr=False)
    stopping: Callable[[], bool] = field(repr=False)
    exchanges: ExchangeLog | None = field(default=None, repr=False)

    async def run(
        self, flows: Sequence[Flow], *, since: datetime | None, poll: bool, max_sends: int | None = None
    ) -> RunReport:
        """One run.

        Args:
            since: As `Collector.collect` takes it.
            poll: False: only what is in the inbox and in the outbox.
            max_sends: The most sends of all flows together; None: no limit.

        Raises:
            NoStartingPoint: A flow has no checkpoint, and there is no ``since``.
            ConfigurationError: The store belongs to another tenant or environment.
            StoreError: The store cannot be read or written.
        """
        for flow in flows:
            checkpoint = await arrived(self.store.checkpoint(flow.name))
            require_scope(flow, checkpoint)
            if since is None and checkpoint is None:
                raise NoStartingPoint(f"the flow '{flow.name}' has never run and has no starting point")
        store, journal, clock, stopping = self.store, self.journal, self.clock, self.stopping
        collector = Collector(store=store, journal=journal, clock=clock, stopping=stopping)
        deliverer = Deliverer(
            store=store,
            journal=journal,
            clock=clock,
            stopping=stopping,
            allowance=Allowance(max_sends),
            recorder=Recorder(self.exchanges),
        )
        punctuality = Punctuality(store=store, clock=clock)
        reports = {flow.name: FlowReport(flow=flow.name) for flow in flows}
        for flow in flows:
            report = reports[flow.name]
            if poll:
                await self._guarded(flow, report, collector.collect(flow, report, since=since))
            else:
                await self._guarded(flow, report, collector.empty_inbox(flow, report))
        going, worked = list(flows), True
        while worked:  # a delivery may ask for another one, in a flow that was through already
            worked = False
            for flow in tuple(going):
                report = reports[flow.name]
                count = await self._guarded(flow, report, deliverer.deliver(flow, report))
                worked = worked or bool(count)
                if count is None:
                    going.remove(flow)
        if poll:  # only a run that asked both ends knows that all is well
            for flow in flows:
                if reports[flow.name].problem is None:
                    await self._healthy(flow)
                await punctuality.review(flow)
        return RunReport(flows=list(reports.values()))

    async def _guarded(self, flow: Flow, report: FlowReport, step: Coroutine[Any, Any, T]) -> T | None:
        """Do one loop of one flow; what stops it is reported, and stops no other flow."""
        try:
            return await step
        except StoreError:
            raise
        except ConnectorError as error:
            await self._problem(flow, report, error)
        except Exception as error:  # noqa: BLE001 - a host's source or sink must not take the others down
            _LOG.error("%s failed", flow.name, exc_info=error)
            problem = ConnectorError(
                f"the flow '{flow.name}' failed unexpectedly: {type(error).__name__}: {error}",
                remedy="mend its source or its sink: the log has the traceback",
                scope=Scope.FLOW,
            )
            problem.__cause__ = error
            await self._problem(flow, report, problem)
        return None

    async def _problem(self, flow: Flow, report: FlowReport, error: ConnectorError) -> None:
        first, report.problem = report.problem, report.problem or error
        _LOG.log(
            logging.ERROR if error.scope is Scope.FLOW else logging.WARNING,
            "%s stopped: %s",
            flow.name,
            error,
        )
        if error.scope is not Scope.FLOW or (first is not None and first.scope is Scope.FLOW):
            return  # a flow has one reason to pause, or its status would alternate between two
        reason, remedy = told(error)
        before = await arrived(self.store.flow_status(flow.name))
        if before.reason != reason:  # told once, however often it is tried
            line = self.journal.flow_line(flow.name, "paused", reason, {"remedy": remedy})
            await self.journal.write([line])
        until = self.clock.now() + _TRY_AGAIN
        status = FlowStatus(flow=flow.name, paused_until=until, reason=reason, remedy=remedy)
        await arrived(self.store.set_flow_status(status))

    async def _healthy(self, flow: Flow) -> None:
        before = await arrived(self.store.flow_status(flow.name))
        if before.paused_until is not None:
            await self.journal.write([self.journal.flow_line(flow.name, "resumed", "it works again")])
            await arrived(self.store.set_flow_status(FlowStatus(flow=flow.name)))
