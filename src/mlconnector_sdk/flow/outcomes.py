"""What became of leased entries: gathered, told to the audit log, then recorded in one commit."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from attrs import define, evolve, field

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, OutcomeUnknown, Reached, Scope, Throttled
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import Journal, told
from mlconnector_sdk.flow.report import FlowReport
from mlconnector_sdk.flow.sink import Found
from mlconnector_sdk.ports import Clock, Store
from mlconnector_sdk.records import AuditEvent, Change, Entry, NewEntry, SendResult, State

__all__ = ["Outcomes"]

_LOG = logging.getLogger("mlconnector_sdk.flow")
_LOOK_AGAIN = timedelta(minutes=1)  # the least time between two looks at something uncertain or resting


@define(kw_only=True)
class Outcomes:
    """The results of one batch of leased entries."""

    store: Store = field(repr=False)
    journal: Journal = field(repr=False)
    clock: Clock = field(repr=False)
    report: FlowReport
    _notes: list[AuditEvent] = field(factory=list, init=False)
    _changes: list[Change] = field(factory=list, init=False)

    def note(self, *lines: AuditEvent) -> None:
        """Audit lines that go out before the next effect."""
        self._notes += lines

    async def write_notes(self) -> None:
        """Make the lines durable now."""
        lines, self._notes = self._notes, []
        await self.journal.write(lines)

    async def record(self) -> None:
        """Tell the audit log, then the store."""
        await self.write_notes()
        if not self._changes:
            return
        changes, self._changes = self._changes, []
        refused = set(await arrived(self.store.save(changes)))
        for change in changes:
            entry = change.entry
            if entry.id in refused:
                _LOG.warning("entry %s: another worker took it over; this result is not recorded", entry.id)
                continue
            self.report.outcomes[entry.state] += 1
            if entry.state.waits_for_person:
                self.report.letters.append(entry)

    def accepted(self, entry: Entry, result: SendResult) -> None:
        """The vendor took it."""
        named = ", ".join(f"{name} {value}" for name, value in result.references.items())
        text = result.summary or f"{entry.kind} {entry.number} was accepted"
        self.note(self.journal.step(entry, "accepted", text, result.references))
        _LOG.info("%s %s accepted%s", entry.kind, entry.number, f" ({named})" if named else "")
        references = {**entry.references, **result.references}
        self._end(entry, State.ACCEPTED, references=references, follow_ons=result.follow_ons)

    def found(self, entry: Entry, found: Found) -> None:
        """An uncertain send did arrive."""
        text = found.summary or f"{entry.kind} {entry.number} had arrived: its effect is there"
        self.note(self.journal.step(entry, "found", text, found.references))
        self._end(entry, State.ACCEPTED, references={**entry.references, **found.references})

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

    def failed(self, flow: Flow, entry: Entry, error: ConnectorError) -> None:
        """A send did not end with an answer of success."""
        if isinstance(error, OutcomeUnknown) or error.reached is Reached.MAYBE:
            settle = max(flow.sink.on_unknown.settle, _LOOK_AGAIN)
            self.uncertain(entry, error, look_at=settle)
        elif error.scope is Scope.DOCUMENT:
            # Refused now, but an earlier attempt under the same entry may have arrived.
            self.dead(entry, *told(error), outcome_unknown=entry.attempts > 1)
        else:
            self.not_now([self._taken_back(entry)], error)

    def uncertain(self, entry: Entry, error: ConnectorError, *, look_at: timedelta) -> None:
        """The outcome of a send is open: it stays in flight, and recovery looks after it."""
        reason, _ = told(error)
        line = self.journal.step(entry, "outcome unknown", f"nobody knows whether it arrived: {reason}")
        self.note(line)
        self._end(entry, State.IN_FLIGHT, not_before=self.clock.now() + look_at, reason=reason)

    def wait(self, entry: Entry, reason: str, *, look_at: timedelta) -> None:
        """Too early to tell."""
        self._end(
            entry, State.IN_FLIGHT, not_before=self.clock.now() + max(look_at, _LOOK_AGAIN), reason=reason
        )

    def not_now(self, entries: Iterable[Entry], error: ConnectorError) -> None:
        """Nothing left: the flow or the vendor has to rest. No attempt is counted."""
        now = self.clock.now()
        # A flow that pauses keeps its own time; its entries are due as soon as it runs again.
        rest = now if error.scope is Scope.FLOW else now + _LOOK_AGAIN
        not_before = error.not_before if isinstance(error, Throttled) else rest
        for entry in entries:
            self._end(entry, entry.state, not_before=not_before, reason=told(error)[0])

    def never_left(self, entries: Iterable[Entry]) -> None:
        """Marked in flight, but no byte was sent: pending again, as if never tried."""
        for entry in entries:
            taken_back = self._taken_back(entry)
            self._end(taken_back, taken_back.state)

    def _taken_back(self, entry: Entry) -> Entry:
        """The entry without its last attempt, which certainly did not reach the vendor.

        An entry whose *earlier* attempt may have arrived stays in flight: it is still uncertain.
        """
        attempts = entry.attempts - 1
        if attempts:
            return evolve(entry, attempts=attempts, state=State.IN_FLIGHT)
        return evolve(entry, attempts=0, state=State.PENDING, first_sent_at=None, not_before=None)

    def _end(
        self,
        entry: Entry,
        state: State,
        *,
        not_before: datetime | None = None,
        references: Mapping[str, str] | None = None,
        follow_ons: tuple[NewEntry, ...] = (),
        reason: str = "",
        remedy: str = "",
        outcome_unknown: bool = False,
    ) -> None:
        changed = evolve(
            entry,
            state=state,
            not_before=not_before,
            references=entry.references if references is None else references,
            reason=reason,
            remedy=remedy,
            outcome_unknown=outcome_unknown,
            leased_until=None,
            changed_at=self.clock.now(),
        )
        self._changes.append(Change(entry=changed, follow_ons=follow_ons))
