"""The third loop: lease, map, freeze, mark in flight, send, audit, mark accepted.

The order of effects is the promise. The payload and its key are durable before the first byte leaves;
the audit line is durable before the store forgets that the outcome was open. Whatever is interrupted in
between is found by `Recovery` when the lease has run out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from attrs import evolve, field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, Scope
from mlconnector_sdk.flow.decide import Supersede, decide, made_moot
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import Journal, told
from mlconnector_sdk.flow.keys import idempotency_key
from mlconnector_sdk.flow.mapped import Hold, Mapped, Unchanged
from mlconnector_sdk.flow.outcomes import Outcomes
from mlconnector_sdk.flow.recover import Recovery
from mlconnector_sdk.flow.report import FlowReport
from mlconnector_sdk.ports import Clock, Store
from mlconnector_sdk.records import Change, Entry, State

__all__ = ["Deliverer"]

_MARGIN = timedelta(seconds=30)  # what a lease lasts beyond the requests that are made under it


@frozen(kw_only=True)
class Deliverer:
    """Takes entries from the outbox to their sinks."""

    store: Store = field(repr=False)
    journal: Journal = field(repr=False)
    clock: Clock = field(repr=False)
    stopping: Callable[[], bool] = field(default=lambda: False, repr=False)

    async def deliver(self, flow: Flow, report: FlowReport) -> int:
        """Deliver what is due, until nothing is, or until the flow or its vendor has to rest.

        Returns:
            How many entries were worked on.

        Raises:
            ConnectorError: Of scope FLOW or VENDOR. Every document concerned stays pending.
        """
        # Long enough for one request that takes its time; what a slow batch leaves over is taken back and
        # leased again. A longer lease would only make the next process wait longer after a crash.
        lease_length = 2 * flow.sink.timeout + _MARGIN
        worked_on = 0
        while not self.stopping():
            now = self.clock.now()
            leased = await arrived(
                self.store.lease(flow.name, now=now, until=now + lease_length, limit=max(1, flow.batch))
            )
            if not leased:
                break
            worked_on += len(leased)
            outcomes = Outcomes(store=self.store, journal=self.journal, clock=self.clock, report=report)
            recovery = Recovery(flow=flow, outcomes=outcomes, clock=self.clock)
            try:
                ready = [entry for entry in leased if entry.state is State.PENDING]
                ready = await self._map_all(flow, ready, outcomes)
                ready += await recovery.look(entry for entry in leased if entry.state is State.IN_FLIGHT)
                await self._send_all(flow, ready, outcomes)
            finally:
                await outcomes.record()
        return worked_on

    async def _map_all(self, flow: Flow, entries: Sequence[Entry], outcomes: Outcomes) -> list[Entry]:
        """Map what has no payload yet; what comes back has one and shall be sent."""
        ready = []
        for entry in entries:
            history = await arrived(self.store.history(entry.ordering_key))
            decision = decide(entry, history)
            if isinstance(decision, Supersede):
                outcomes.superseded(entry, by=decision.by)
                continue
            for older in made_moot(entry, history):
                outcomes.superseded(older, by=entry)
            if entry.payload is not None:  # frozen by an earlier attempt that certainly did not arrive
                ready.append(entry)
                continue
            try:
                mapped = flow.map(entry, decision.accepted)
            except ConnectorError as error:  # mapping is pure: whatever is wrong, this document shows it
                outcomes.dead(entry, *told(error))
                continue
            except Exception as error:  # noqa: BLE001 - a host's mapping must not take the queue down
                outcomes.mapping_crashed(entry, error)
                continue
            mapped_entry = self._frozen(entry, mapped, outcomes)
            if mapped_entry is not None:
                ready.append(mapped_entry)
        return ready

    def _frozen(self, entry: Entry, mapped: Mapped, outcomes: Outcomes) -> Entry | None:
        if isinstance(mapped, Unchanged):
            outcomes.unchanged(entry, mapped.summary)
            return None
        if isinstance(mapped, Hold):
            outcomes.held(entry, mapped.reason, mapped.remedy)
            return None
        key = idempotency_key(entry.ordering_key, entry.kind, entry.sequence, mapped.payload)
        outcomes.note(self.journal.step(entry, "mapped", mapped.summary or f"mapped to {entry.kind}"))
        return evolve(entry, payload=mapped.payload, idempotency_key=key)

    async def _send_all(self, flow: Flow, entries: list[Entry], outcomes: Outcomes) -> None:
        if not entries:
            return
        try:
            await flow.sink.ready()
        except ConnectorError as error:
            outcomes.not_now(entries, error)
            raise
        in_flight = await self._mark_in_flight(flow, entries, outcomes)
        for index, entry in enumerate(in_flight):
            if not self._lease_outlives_request(flow, entry):
                outcomes.never_left(in_flight[index:])
                return
            try:
                result = await flow.sink.send(entry)
            except ConnectorError as error:
                outcomes.failed(flow, entry, error)
                if error.scope is not Scope.DOCUMENT:
                    outcomes.never_left(in_flight[index + 1 :])
                    raise
            else:
                outcomes.accepted(entry, result)

    async def _mark_in_flight(self, flow: Flow, entries: list[Entry], outcomes: Outcomes) -> list[Entry]:
        now = self.clock.now()
        in_flight = [
            evolve(
                entry,
                state=State.IN_FLIGHT,
                attempts=entry.attempts + 1,
                first_sent_at=entry.first_sent_at or now,
                # A worker that dies now leaves this behind: nobody looks before the vendor can know.
                not_before=(entry.leased_until or now) + flow.sink.on_unknown.settle,
                reason="",
                remedy="",
                changed_at=now,
            )
            for entry in entries
        ]
        outcomes.note(
            *(self.journal.observed(entry) for entry in in_flight),
            *(
                self.journal.step(
                    entry,
                    "sending",
                    f"attempt {entry.attempts}: {entry.kind} {entry.number} to {flow.sink.name}",
                    {"idempotency key": entry.idempotency_key},
                )
                for entry in in_flight
            ),
        )
        await outcomes.write_notes()
        refused = set(await arrived(self.store.save([Change(entry=entry) for entry in in_flight])))
        return [evolve(e, fence=e.fence + 1) for e in in_flight if e.id not in refused]

    def _lease_outlives_request(self, flow: Flow, entry: Entry) -> bool:
        return entry.leased_until is not None and entry.leased_until - self.clock.now() >= flow.sink.timeout
