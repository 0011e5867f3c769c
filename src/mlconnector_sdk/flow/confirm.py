"""What is said later about documents that were taken, written onto their entries.

Reports (delivered, acknowledged, rejected) come as records of their own, through inbox and outbox like any
other; the place they are delivered to is the entry of the document that they speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import evolve

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import InvalidDocument, Premature, UnreadableAnswer
from mlconnector_sdk.flow.confirmation import Confirmation, read_confirmations
from mlconnector_sdk.flow.expectations import next_expected
from mlconnector_sdk.flow.journal import Journal
from mlconnector_sdk.flow.limits import Limits
from mlconnector_sdk.flow.sink import Absent, IfAbsent, OnUnknown, Outcome
from mlconnector_sdk.ports import AuditLog, Clock, Store
from mlconnector_sdk.records import AuditEvent, Change, Entry, SendResult, State

__all__ = ["ConfirmationSink", "woken_by"]

_RANK = {State.ACCEPTED: 0, State.DELIVERED: 1, State.ACKNOWLEDGED: 2}
_LOOK_AGAIN = timedelta(minutes=1)
_REPORT = {"report": "yes"}
"""Marks the entries of reports, which bear the references of other documents."""
_REJECTED_BY = "rejected by"
"""The reference that says which kind of report has rejected a document: only its like takes that back."""


class ConfirmationSink:
    """Moves entries on: a `Sink` whose vendor is the store itself.

    It converges: what was written once is left alone, so an uncertain write is simply made again. A report
    that names nothing known is kept, and counts as soon as something is known under that name. If it is
    certainly about one of ours, it waits for a while, and goes before a person then.

    Args:
        store: Where the documents are.
        clock: The pipeline's.
        audit: Where the trail goes; None: the store's own log.
        limits: By flow and partner: when the next step is expected.
        patience: How long a report that is certainly about one of ours waits for its document.
    """

    name = "confirmations"
    on_unknown = OnUnknown(same_key_for=timedelta(days=3650), if_absent=IfAbsent.SEND)
    timeout = timedelta(seconds=30)

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        audit: AuditLog | None = None,
        limits: Callable[[str, str], Limits] = lambda flow, partner: Limits(),
        patience: timedelta = timedelta(hours=1),
    ) -> None:
        self._store = store
        self._clock = clock
        self._journal = Journal(log=store.audit if audit is None else audit, clock=clock)
        self._limits = limits
        self._patience = patience

    async def ready(self) -> None:
        """The store is always ready."""

    async def send(self, entry: Entry) -> SendResult:
        """Write what a report says onto the entries that it names.

        Raises:
            Premature: One of them is not there yet, or is being worked on.
            InvalidDocument: Nothing has the reference, and it is certainly one of ours; or the payload cannot
                be read.
        """
        told: list[str] = []
        missing: list[Confirmation] = []
        for confirmation in _payload(entry):
            found = [
                each
                for each in await arrived(self._store.find(reference=confirmation.reference))
                if each.flow != entry.flow and each.accepted_at is not None and not _is_report(each)
            ]
            for each in found:
                told += await self._confirm(each, confirmation)
            if not found:
                missing.append(confirmation)
        self._refuse_ours(entry, missing)
        return SendResult(
            references={each.reference[0]: each.reference[1] for each in missing} | _REPORT,
            summary="; ".join(told) or f"{entry.kind} {entry.number}: nothing here changes by it",
        )

    async def find(self, entry: Entry) -> Outcome:
        """Not looked for: writing it again is harmless."""
        return Absent()

    async def _confirm(self, entry: Entry, said: Confirmation) -> list[str]:
        changed = self._as_said(entry, said)
        if changed is None:
            return []
        kind = "learned" if changed.state is entry.state else changed.state.value
        line = self._journal.reported(
            entry,
            kind,
            said.text,
            report=f"{said.reference} {said.at.isoformat()}",
            data={said.reference[0]: said.reference[1], **said.learned},
        )
        learned = {name: value for name, value in said.learned.items() if name not in entry.references}
        woken = await woken_by(learned, store=self._store, journal=self._journal)
        await self._journal.write([line, *(line for line, _ in woken)])
        changes = [Change(entry=changed), *(change for _, change in woken)]
        if entry.id in await arrived(self._store.save(changes)):
            raise Premature(
                f"{entry.kind} {entry.number} is being worked on",
                not_before=self._clock.now() + _LOOK_AGAIN,
            )
        return [f"{entry.kind} {entry.number} is {changed.state.value}"]

    def _as_said(self, entry: Entry, said: Confirmation) -> Entry | None:
        """The entry after the report; None where it says nothing new."""
        references = {**entry.references, **said.learned}
        state = said.state if said.state is not None and _moves(entry, said) else entry.state
        if state is entry.state and references == entry.references:
            return None
        rejected = state is State.REJECTED
        if rejected:
            references[_REJECTED_BY] = said.reference[0]
        elif entry.state is State.REJECTED and state is not State.REJECTED:
            del references[_REJECTED_BY]
        changed = evolve(
            entry,
            state=state,
            references=references,
            reason=said.text
            if rejected and state is not entry.state
            else ("" if state.taken else entry.reason),
            remedy=said.remedy
            if rejected and state is not entry.state
            else ("" if state.taken else entry.remedy),
            changed_at=self._journal.moment(entry),
        )
        return evolve(changed, expected_by=self._next(entry, changed))

    def _next(self, before: Entry, after: Entry) -> datetime | None:
        if after.state is before.state:
            return before.expected_by
        return next_expected(after, self._limits(after.flow, after.partner))

    def _refuse_ours(self, entry: Entry, missing: Sequence[Confirmation]) -> None:
        """What is certainly ours waits for the record of its send, and then goes before a person."""
        ours = [each for each in missing if each.ours]
        if not ours:
            return
        named = ", ".join(f"{name} {value}" for name, value in (each.reference for each in ours))
        now, until = self._clock.now(), entry.observed_at + self._patience
        if now < until:
            raise Premature(
                f"no document is known under {named} yet", not_before=min(now + _LOOK_AGAIN, until)
            )
        raise InvalidDocument(
            f"{entry.kind} {entry.number} speaks of {named}, which no document here is known under: "
            + "; ".join(each.text for each in ours),
            remedy="look the document up at the vendor; if it went from here, find it with trail(number) "
            f"and resend it; then dismiss('{entry.id}', ...)",
        )


async def woken_by(
    references: Mapping[str, str], *, store: Store, journal: Journal
) -> list[tuple[AuditEvent, Change]]:
    """The reports that came before anything was known under these references: they count now.

    A report may be quicker than the record of the send that it speaks of, by a day where the answer was lost.
    It is kept under the references that it names.

    Returns:
        For each an audit line, and the change that makes it pending again.
    """
    woken: dict[str, tuple[AuditEvent, Change]] = {}
    for reference in references.items():
        for report in await arrived(store.find(reference=reference, states=[State.ACCEPTED])):
            if not _is_report(report):
                continue
            line = journal.step(
                report, "woken", f"what it speaks of is known now: {reference[0]} {reference[1]}"
            )
            pending = evolve(
                report, state=State.PENDING, attempts=0, first_sent_at=None, changed_at=journal.moment(report)
            )
            woken[report.id] = (line, Change(entry=pending))
    return list(woken.values())


def _is_report(entry: Entry) -> bool:
    return _REPORT.items() <= entry.references.items()


def _moves(entry: Entry, said: Confirmation) -> bool:
    """Whether a report changes the state: steps are never taken back, but for a rejection."""
    if said.state is State.REJECTED:
        return entry.state.taken
    if entry.state is State.REJECTED:
        return entry.references.get(_REJECTED_BY) == said.reference[0]
    return entry.state in _RANK and said.state in _RANK and _RANK[said.state] > _RANK[entry.state]


def _payload(entry: Entry) -> tuple[Confirmation, ...]:
    try:
        return read_confirmations(entry.payload or b"")
    except UnreadableAnswer as error:
        raise InvalidDocument(
            f"the confirmations of {entry.kind} {entry.number} cannot be read: {error.message}",
            path=error.path,
            remedy=f"map it again: remap('{entry.id}')",
        ) from error
