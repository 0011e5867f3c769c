"""The third loop: lease, map, freeze, mark in flight, send, audit, mark accepted.

The order of effects is the promise. The payload and its key are durable before the first byte leaves;
the audit line is durable before the store forgets that the outcome was open. Whatever is interrupted in
between is found by `Recovery` when the lease has run out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from attrs import define, evolve, field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, Premature, Reached, Scope, VendorUnavailable
from mlconnector_sdk.flow.decide import Supersede, decide, made_moot, rests_on_refused
from mlconnector_sdk.flow.exchanges import Recorder
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import Journal, told
from mlconnector_sdk.flow.keys import idempotency_key
from mlconnector_sdk.flow.mapped import Hold, Mapped, Unchanged
from mlconnector_sdk.flow.outage import Outage
from mlconnector_sdk.flow.outcomes import Outcomes
from mlconnector_sdk.flow.recover import Recovery
from mlconnector_sdk.flow.report import FlowReport
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.ports import Clock, Store
from mlconnector_sdk.records import Entry, Feed, State

__all__ = ["Allowance", "Deliverer", "paused_partners", "standing"]

_MARGIN = timedelta(seconds=30)  # what a lease lasts beyond the requests that are made under it
_OUTAGE = 3  # sends in a row without an answer: the vendor is down, and the rest shall not become uncertain


@define
class Allowance:
    """How many sends a run may still make; None: as many as are due."""

    left: int | None = None

    def share(self, batch: int) -> int:
        """How many of a batch may be taken on."""
        return batch if self.left is None else min(batch, self.left)

    def spend(self) -> None:
        """One send leaves."""
        if self.left is not None:
            self.left -= 1


async def standing(
    store: Store, flow: Flow, entry: Entry, history: Sequence[Entry], *, rejected: Entry | None
) -> Standing:
    """What a mapping is shown beside the record.

    Args:
        store: Where the rest of it is.
        flow: The entry's flow.
        entry: The entry that shall be mapped.
        history: Everything under its ordering key, without the content.
        rejected: As `decide` found it.
    """
    related: Sequence[Entry] = ()
    if flow.relates_to:
        related = await arrived(store.find(flow=flow.relates_to, number=entry.number, limit=1_000))
    if entry.feed is Feed.EVENT:
        line = await arrived(store.history(entry.ordering_key))
        return Standing(line=tuple(line), related=tuple(related))
    accepted = None
    if any(other.state.taken or other.state is State.KNOWN for other in history):
        accepted = await arrived(store.accepted(entry.ordering_key))
    return Standing(accepted=accepted, rejected=rejected, line=tuple(history), related=tuple(related))


@frozen(kw_only=True)
class Deliverer:
    """Takes entries from the outbox to their sinks."""

    store: Store = field(repr=False)
    journal: Journal = field(repr=False)
    clock: Clock = field(repr=False)
    stopping: Callable[[], bool] = field(default=lambda: False, repr=False)
    allowance: Allowance = field(factory=Allowance)
    recorder: Recorder = field(factory=Recorder)

    async def deliver(self, flow: Flow, report: FlowReport) -> int:
        """Deliver what is due, until nothing is, or until the flow or its vendor has to rest.

        Returns:
            How many entries were worked on.

        Raises:
            ConnectorError: Of scope FLOW or VENDOR. Every document concerned stays pending.
        """
        flow = self.recorder.listening_to(flow)
        outcomes = Outcomes(store=self.store, journal=self.journal, clock=self.clock, report=report)
        recovery = Recovery(flow=flow, outcomes=outcomes, clock=self.clock)
        outage = Outage()
        paused = await paused_partners(self.store, flow, now=self.clock.now())
        worked_on = 0
        while not self.stopping():
            now = self.clock.now()
            waiting = (*paused, *outage.partners)
            limit = self.allowance.share(max(1, flow.batch))
            if not limit:
                report.capped = await arrived(self.store.due(flow.name, now=now, without=waiting))
                break
            leased = await arrived(
                self.store.lease(
                    flow.name, now=now, until=now + _lease_length(flow), limit=limit, without=waiting
                )
            )
            if not leased:
                break
            worked_on += len(leased)
            outcomes.begin(leased)
            try:
                pending = [entry for entry in leased if entry.state is State.PENDING]
                ready = await self._map_all(flow, pending, outcomes)
                ready += await recovery.look(entry for entry in leased if entry.state is State.IN_FLIGHT)
                await self._send_all(flow, ready, outcomes, recovery, outage)
            finally:
                await self.recorder.keep()
                await outcomes.record()
        problem = recovery.problem or outage.problem
        if problem is not None:
            raise problem
        return worked_on

    async def _map_all(self, flow: Flow, entries: Sequence[Entry], outcomes: Outcomes) -> list[Entry]:
        """Map what has no payload yet; what comes back has one and shall be sent."""
        ready = []
        for entry in entries:
            history = await arrived(self.store.history(entry.ordering_key, content=False))
            decision = decide(entry, history)
            if isinstance(decision, Supersede):
                outcomes.superseded(entry, by=decision.by)
                continue
            if entry.payload is not None and not rests_on_refused(entry, history):
                # A person wants these bytes, and no others, to go again.
                ready.append(_keyed(entry))
                continue
            before = await standing(self.store, flow, entry, history, rejected=decision.rejected)
            for older in made_moot(entry, history):
                # The history is light: what is saved must be whole.
                whole = await arrived(self.store.find(entry_id=older.id))
                outcomes.superseded(whole[0], by=entry)
            try:
                mapped = flow.map(entry, before)
            except Premature as error:
                outcomes.early(entry, error)
                continue
            except ConnectorError as error:  # mapping is pure: whatever is wrong, this document shows it
                outcomes.dead(entry, *told(error))
                continue
            except Exception as error:  # noqa: BLE001 - a host's mapping must not take the queue down
                outcomes.mapping_crashed(entry, error)
                continue
            mapped_entry = self._frozen(flow, entry, mapped, outcomes)
            if mapped_entry is not None:
                ready.append(mapped_entry)
        return ready

    def _frozen(self, flow: Flow, entry: Entry, mapped: Mapped, outcomes: Outcomes) -> Entry | None:
        if isinstance(mapped, Unchanged):
            outcomes.unchanged(entry, mapped.summary)
            return None
        if isinstance(mapped, Hold):
            outcomes.held(evolve(entry, document=mapped.document), mapped.reason, mapped.remedy)
            return None
        kind = mapped.kind or flow.kind
        outcomes.note(self.journal.step(entry, "mapped", mapped.summary or f"mapped to {kind}"))
        return _keyed(evolve(entry, kind=kind, payload=mapped.payload, document=mapped.document))

    async def _send_all(
        self, flow: Flow, entries: list[Entry], outcomes: Outcomes, recovery: Recovery, outage: Outage
    ) -> None:
        if not entries:
            return
        try:
            await flow.sink.ready()
        except ConnectorError as error:
            outcomes.put_off(entries, error)
            raise
        in_flight = await self._mark_in_flight(flow, entries, outcomes)
        for index, entry in enumerate(in_flight):
            if self.stopping():
                outcomes.never_left(in_flight[index:], "not sent: the program was told to stop")
                return
            if not (self._lease_outlives_request(flow, entry) and recovery.may_repeat(entry)):
                outcomes.never_left(in_flight[index:], "not sent: the time set aside for it was used up")
                return
            if entry.partner in outage.partners:
                outcomes.skipped(entry, f"not sent: the connection to {entry.partner} is down")
                continue
            try:
                await self._send(flow, entry, outcomes, outage)
            except BaseException as error:
                # The one in hand may have arrived; those behind it certainly have not.
                outcomes.never_left(in_flight[index + 1 :], f"not sent: stopped by {type(error).__name__}")
                raise

    async def _send(self, flow: Flow, entry: Entry, outcomes: Outcomes, outage: Outage) -> None:
        self.allowance.spend()
        try:
            result = await flow.sink.send(entry)
        except ConnectorError as error:
            outcomes.failed(flow, entry, error)
            if error.scope is not Scope.DOCUMENT:
                if isinstance(error, VendorUnavailable) and outage.spares_others(entry.partner, error):
                    return
                raise
            if error.reached is Reached.NO:
                outage.answered()
            if outcomes.unanswered >= _OUTAGE:
                raise VendorUnavailable(
                    f"{outcomes.unanswered} sends to {flow.sink.name} in a row were not answered",
                    remedy="nothing: what waits is tried again later; if it lasts, ask the vendor",
                ) from error
        except Exception as error:  # noqa: BLE001 - a host's sink must not take the queue down
            outcomes.send_crashed(entry, error)
        else:
            outcomes.accepted(flow, entry, result)
            outage.answered()
            if flow.reported:
                await outcomes.wake_reports(result.references)

    async def _mark_in_flight(self, flow: Flow, entries: list[Entry], outcomes: Outcomes) -> list[Entry]:
        now = self.clock.now()
        # The mark renews the lease: mapping and looking may have used it up, and the store refuses the mark
        # of an entry that somebody else took over meanwhile.
        leased_until = now + _lease_length(flow)
        in_flight = []
        for entry in entries:
            marked = evolve(
                entry,
                state=State.IN_FLIGHT,
                attempts=entry.attempts + 1,
                first_sent_at=entry.first_sent_at or now,
                leased_until=leased_until,
                # A worker that dies now leaves this behind: nobody looks before the vendor can know.
                not_before=leased_until + flow.sink.on_unknown.settle,
                reason="",
                remedy="",
                changed_at=self.journal.moment(entry),
            )
            text = f"attempt {marked.attempts}: {entry.kind} {entry.number} to {flow.sink.name}"
            outcomes.note(
                self.journal.observed(entry),
                self.journal.step(entry, "sending", text, {"idempotency key": entry.idempotency_key}),
            )
            in_flight.append(marked)
        return await outcomes.mark(in_flight)

    def _lease_outlives_request(self, flow: Flow, entry: Entry) -> bool:
        return entry.leased_until is not None and entry.leased_until - self.clock.now() >= flow.sink.timeout


async def paused_partners(store: Store, flow: Flow, *, now: datetime) -> tuple[str, ...]:
    """The partners whose documents wait: paused by a person, or by the flow's own settings."""
    paused = await arrived(store.paused_partners(flow.name))
    by_person = {each.partner for each in paused if each.paused_until is not None and each.paused_until > now}
    return tuple(sorted(by_person | set(flow.paused())))


def _keyed(entry: Entry) -> Entry:
    """With the key of its frozen bytes; another kind, sequence or payload is another key."""
    key = idempotency_key(entry.ordering_key, entry.kind, entry.sequence, entry.payload or b"")
    return evolve(entry, idempotency_key=key)


def _lease_length(flow: Flow) -> timedelta:
    """Long enough for one request that takes its time.

    What a slow batch leaves over is taken back and leased again; a longer lease would only make the next
    process wait longer after a crash.
    """
    return 2 * flow.sink.timeout + _MARGIN
