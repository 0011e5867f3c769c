"""What became of leased entries: gathered, told to the audit log, then recorded in one commit."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import define, evolve, field

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, OutcomeUnknown, Premature, Reached, Scope, Throttled
from mlconnector_sdk.flow.confirm import woken_by
from mlconnector_sdk.flow.expectations import next_expected
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import Journal, told
from mlconnector_sdk.flow.report import FlowReport
from mlconnector_sdk.flow.sink import Found
from mlconnector_sdk.ports import Clock, Store
from mlconnector_sdk.records import AuditEvent, Change, Entry, NewEntry, SendResult, State

__all__ = ["Outcomes"]

_LOG = logging.getLogger("mlconnector_sdk.flow")
_LOOK_AGAIN = timedelta(minutes=1)  # the least time between two looks at something uncertain or resting
_DOUBLINGS = 6  # of that time, attempt by attempt: up to about an hour


@define(kw_only=True)
class Outcomes:
    """What the batches of one delivery come to, one batch after the other.

    Args:
        unanswered: How many sends in a row have left nobody knowing whether they arrived.
    """

    store: Store = field(repr=False)
    journal: Journal = field(repr=False)
    clock: Clock = field(repr=False)
    report: FlowReport
    unanswered: int = field(default=0, init=False)
    _leased: dict[str, Entry] = field(factory=dict, init=False)
    _decided: set[str] = field(factory=set, init=False)
    _notes: list[AuditEvent] = field(factory=list, init=False)
    _changes: list[Change] = field(factory=list, init=False)

    def begin(self, leased: Sequence[Entry]) -> None:
        """A batch, as the store gave it."""
        self._leased = {entry.id: entry for entry in leased}
        self._decided = set()

    def note(self, *lines: AuditEvent) -> None:
        """Audit lines that go out before the next effect."""
        self._notes += lines

    async def mark(self, in_flight: Sequence[Entry]) -> list[Entry]:
        """Make durable that these may leave now, together with everything decided before.

        Returns:
            Those that are still ours, as they are stored now.
        """
        refused = await self._commit([Change(entry=entry) for entry in in_flight])
        self._decided |= {entry.id for entry in in_flight}
        return [evolve(entry, fence=entry.fence + 1) for entry in in_flight if entry.id not in refused]

    async def record(self) -> None:
        """Tell the audit log, then the store; what came to nothing is given back as it was leased."""
        for entry in self._leased.values():
            if entry.id not in self._decided:
                self._change(evolve(entry, leased_until=None))
        await self._commit([])

    async def _commit(self, marks: Sequence[Change]) -> set[str]:
        # Kept until they are durable: no change may reach the store before its lines reach the log.
        await self.journal.write(self._notes)
        self._notes = []
        changes, self._changes = self._changes, []
        if not (changes or marks):
            return set()
        refused = set(await arrived(self.store.save([*changes, *marks])))
        for change in changes:
            entry = change.entry
            if entry.id in refused:
                _LOG.warning("entry %s: another worker took it over; this result is not recorded", entry.id)
                continue
            self.report.outcomes[entry.state] += 1
            if entry.state.waits_for_person:
                self.report.letters.append(entry)
        return refused

    def accepted(self, flow: Flow, entry: Entry, result: SendResult) -> None:
        """The vendor took it."""
        named = ", ".join(f"{name} {value}" for name, value in result.references.items())
        text = result.summary or f"{entry.kind} {entry.number} was accepted"
        self.note(self.journal.step(entry, "accepted", text, result.references))
        _LOG.info("%s %s accepted%s", entry.kind, entry.number, f" ({named})" if named else "")
        self.unanswered = 0
        self._taken(flow, entry, result)

    async def wake_reports(self, references: Mapping[str, str]) -> None:
        """What was reported of a document before its references were known, counts now."""
        for line, change in await woken_by(references, store=self.store, journal=self.journal):
            self.note(line)
            self._change(change.entry)

    def found(self, flow: Flow, entry: Entry, found: Found) -> None:
        """An uncertain send did arrive."""
        text = found.summary or f"{entry.kind} {entry.number} had arrived: its effect is there"
        self.note(self.journal.step(entry, "found", text, found.references))
        self._taken(flow, entry, found)

    def unchanged(self, entry: Entry, summary: str) -> None:
        """Nothing to send."""
        text = summary or f"{entry.kind} {entry.number} is what the partner already has; nothing is sent"
        self.note(self.journal.observed(entry), self.journal.step(entry, "unchanged", text))
        self._end(entry, State.UNCHANGED)

    def superseded(self, entry: Entry, *, by: Entry) -> None:
        """A newer observation goes instead."""
        text = f"observation {entry.sequence} gives way to observation {by.sequence}"
        self.note(self.journal.observed(entry), self.journal.step(entry, "superseded", text))
        self._end(entry, State.SUPERSEDED)

    def held(self, entry: Entry, reason: str, remedy: str) -> None:
        """A rule put it before a person."""
        line = self.journal.step(entry, "held", reason, {"remedy": remedy})
        self.note(self.journal.observed(entry), line)
        self._end(entry, State.HELD, reason=reason, remedy=remedy)

    def dead(self, entry: Entry, reason: str, remedy: str, *, outcome_unknown: bool = False) -> None:
        """It cannot go on."""
        line = self.journal.step(entry, "dead letter", reason, {"remedy": remedy})
        self.note(self.journal.observed(entry), line)
        _LOG.error("%s %s is a dead letter: %s", entry.kind, entry.number, reason)
        self._end(entry, State.DEAD, reason=reason, remedy=remedy, outcome_unknown=outcome_unknown)

    def mapping_crashed(self, entry: Entry, error: Exception) -> None:
        """The mapping function failed in a way it should not: one document stops, with its traceback."""
        _LOG.error("mapping %s %s failed", entry.kind, entry.number, exc_info=error)
        self.dead(
            entry,
            f"the mapping failed unexpectedly: {type(error).__name__}: {error}",
            "mend the mapping (the log has the traceback), then retry this document",
        )

    def send_crashed(self, entry: Entry, error: Exception) -> None:
        """The sink failed in a way it should not, perhaps after the bytes had left: a person has to look."""
        _LOG.error("sending %s %s failed", entry.kind, entry.number, exc_info=error)
        self.dead(
            entry,
            f"the sink failed unexpectedly: {type(error).__name__}: {error}; it may have arrived",
            f"mend the sink (the log has the traceback), look for {entry.kind} {entry.number} at the vendor, "
            f"then settle('{entry.id}', arrived=...)",
            outcome_unknown=True,
        )

    def failed(self, flow: Flow, entry: Entry, error: ConnectorError) -> None:
        """A send did not end with an answer of success."""
        if isinstance(error, OutcomeUnknown) or error.reached is Reached.MAYBE:
            self.unanswered += 1
            doubled = _LOOK_AGAIN * 2 ** min(entry.attempts - 1, _DOUBLINGS)
            self.uncertain(entry, error, look_at=max(flow.sink.on_unknown.settle, doubled))
            return
        self.unanswered = 0
        if isinstance(error, Premature):
            self._take_back(entry, told(error)[0], not_before=error.not_before)
        elif error.scope is Scope.DOCUMENT:
            # Refused now, but an earlier attempt under the same entry may have arrived.
            self.dead(entry, *told(error), outcome_unknown=self._was_uncertain(entry))
        else:
            self._take_back(entry, told(error)[0], not_before=self._rested(error))

    def uncertain(self, entry: Entry, error: ConnectorError, *, look_at: timedelta) -> None:
        """The outcome of a send is open: it stays in flight, and recovery looks after it."""
        reason, _ = told(error)
        line = self.journal.step(entry, "outcome unknown", f"nobody knows whether it arrived: {reason}")
        self.note(line)
        self._end(entry, State.IN_FLIGHT, not_before=self.clock.now() + look_at, reason=reason)

    def early(self, entry: Entry, error: Premature) -> None:
        """What it refers to is not there yet; nothing was marked."""
        self._end(entry, entry.state, not_before=error.not_before, reason=told(error)[0])

    def wait(self, entry: Entry, reason: str, *, look_at: timedelta) -> None:
        """Too early to tell."""
        self._end(
            entry, State.IN_FLIGHT, not_before=self.clock.now() + max(look_at, _LOOK_AGAIN), reason=reason
        )

    def put_off(self, entries: Iterable[Entry], error: ConnectorError) -> None:
        """Before anything was marked, the flow or the vendor has to rest: all stay as they were leased.

        What was mapped is mapped anew when their time comes, so that a table mended meanwhile takes effect.
        """
        not_before = self._rested(error)
        for entry in entries:
            leased = self._leased[entry.id]
            self._change(evolve(leased, not_before=not_before, reason=told(error)[0], leased_until=None))

    def never_left(self, entries: Iterable[Entry], why: str) -> None:
        """Marked in flight, but no byte was sent."""
        for entry in entries:
            self._take_back(entry, why, not_before=None)

    def skipped(self, entry: Entry, why: str) -> None:
        """Marked in flight and not sent, because it would fail: it waits a little."""
        self._take_back(entry, why, not_before=self.clock.now() + _LOOK_AGAIN)

    def _take_back(self, entry: Entry, why: str, *, not_before: datetime | None) -> None:
        """Undo the mark of an attempt that certainly did not arrive: no attempt is counted.

        An entry whose *earlier* attempt may have arrived was leased in flight, and stays uncertain.
        """
        self.note(self.journal.step(entry, "put off", why))
        as_leased = evolve(self._leased[entry.id], fence=entry.fence, changed_at=entry.changed_at)
        self._end(as_leased, as_leased.state, not_before=not_before, reason=why)

    def _was_uncertain(self, entry: Entry) -> bool:
        return self._leased[entry.id].state is State.IN_FLIGHT

    def _rested(self, error: ConnectorError) -> datetime:
        """When to try again."""
        if isinstance(error, Throttled):
            return error.not_before
        # A flow that pauses keeps its own time; its entries are due as soon as it runs again.
        return self.clock.now() + (timedelta(0) if error.scope is Scope.FLOW else _LOOK_AGAIN)

    def _taken(self, flow: Flow, entry: Entry, result: SendResult | Found) -> None:
        taken = evolve(
            entry,
            state=State.ACCEPTED,
            references={**entry.references, **result.references},
            accepted_at=self.clock.now(),
        )
        expected_by = next_expected(taken, flow.limits(entry.partner))
        self._end(evolve(taken, expected_by=expected_by), State.ACCEPTED, follow_ons=result.follow_ons)

    def _end(
        self,
        entry: Entry,
        state: State,
        *,
        not_before: datetime | None = None,
        follow_ons: tuple[NewEntry, ...] = (),
        reason: str = "",
        remedy: str = "",
        outcome_unknown: bool = False,
    ) -> None:
        changed = evolve(
            entry,
            state=state,
            not_before=not_before,
            reason=reason,
            remedy=remedy,
            outcome_unknown=outcome_unknown,
            leased_until=None,
            changed_at=self.journal.moment(entry),
        )
        self._change(changed, follow_ons)

    def _change(self, entry: Entry, follow_ons: tuple[NewEntry, ...] = ()) -> None:
        self._decided.add(entry.id)
        self._changes.append(Change(entry=entry, follow_ons=follow_ons))
