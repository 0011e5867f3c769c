"""What waits longer than it should."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.flow.expectations import expectations, next_expected
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.ports import Clock, Store
from mlconnector_sdk.records import Change, Entry, State

__all__ = ["Overdue", "Punctuality"]

_PAGE = 500
_TAKEN = tuple(state for state in State if state.taken)
_REMEDIES = {
    "delivered": "look at the file in the vendor's portal: the connection to the partner may be down",
    "acknowledged": "ask the partner whether its system has read it; trail(number) has the control numbers",
    "answered": "ask the partner for its answer; resend(...) if it says that it never got the document",
}


@frozen(kw_only=True)
class Overdue:
    """One document that waits too long for its next step.

    Args:
        entry: As it is now.
        waits_for: ``accepted``, ``delivered``, ``acknowledged`` or ``answered``.
        since: From when the time is counted.
        due: When it should have been there.
        remedy: What a person should do.
    """

    entry: Entry
    waits_for: str
    since: datetime
    due: datetime
    remedy: str

    def __str__(self) -> str:
        entry = self.entry
        partner = f" for {entry.partner}" if entry.partner else ""
        reason = f" ({entry.reason})" if entry.reason else ""
        return (
            f"{entry.kind} {entry.number}{partner} is {entry.state.value}{reason} and should have been "
            f"{self.waits_for} by {self.due:%Y-%m-%d %H:%M}Z. Remedy: {self.remedy}"
        )


@frozen(kw_only=True)
class Punctuality:
    """Compares what should have happened by now with what has."""

    store: Store = field(repr=False)
    clock: Clock = field(repr=False)

    async def overdue(self, flow: Flow) -> list[Overdue]:
        """The documents of a flow that wait too long, oldest first; changes nothing."""
        now = self.clock.now()
        late = []
        after = 0
        while page := await self._page(flow, (State.PENDING, State.IN_FLIGHT), after=after):
            after = page[-1].position
            late += [found for entry in page if (found := _unsent(flow, entry, now)) is not None]
        after = 0
        while page := await self._page(flow, _TAKEN, after=after, expected_before=now):
            after = page[-1].position
            for entry in page:
                late += await self._unconfirmed(flow, entry, now)
        return sorted(late, key=lambda each: each.due)

    async def review(self, flow: Flow) -> None:
        """Note on the entries whose time has come what is expected of them now.

        What was answered meanwhile is not looked at again: so the list stays as short as what is late.
        """
        now = self.clock.now()
        after = 0
        while page := await self._page(flow, _TAKEN, after=after, expected_before=now):
            after = page[-1].position
            changes = []
            for entry in page:
                answered = await self._is_answered(flow, entry)
                expected = next_expected(entry, flow.limits(entry.partner), answered=answered)
                if expected != entry.expected_by:
                    changes.append(Change(entry=evolve(entry, expected_by=expected)))
            if changes:
                await arrived(self.store.save(changes))  # one that was changed meanwhile has its own new date

    async def _page(
        self, flow: Flow, states: Sequence[State], *, after: int, expected_before: datetime | None = None
    ) -> Sequence[Entry]:
        return await arrived(
            self.store.find(
                flow=flow.name, states=states, expected_before=expected_before, after=after, limit=_PAGE
            )
        )

    async def _unconfirmed(self, flow: Flow, entry: Entry, now: datetime) -> list[Overdue]:
        answered = await self._is_answered(flow, entry)
        due = expectations(entry, flow.limits(entry.partner), answered=answered)
        return [
            Overdue(
                entry=entry,
                waits_for=step,
                since=entry.accepted_at or entry.changed_at,
                due=by,
                remedy=_REMEDIES[step],
            )
            for step, by in due.items()
            if by < now
        ]

    async def _is_answered(self, flow: Flow, entry: Entry) -> bool:
        if not flow.answered_by or flow.limits(entry.partner).answered is None:
            return False
        answers = await arrived(self.store.find(flow=flow.answered_by, number=entry.number, limit=1_000))
        return any(
            answer.observed_at >= (entry.accepted_at or entry.observed_at) and answer.state is not State.DEAD
            for answer in answers
        )


def _unsent(flow: Flow, entry: Entry, now: datetime) -> Overdue | None:
    limit = flow.limits(entry.partner).pending
    if limit is None or entry.observed_at + limit >= now:
        return None
    if entry.state is State.IN_FLIGHT:
        remedy = f"look for it at the vendor, then settle('{entry.id}', arrived=...)"
    else:
        remedy = (
            "see status() and dead_letters(): its flow or partner may be paused, or an older one blocks it"
        )
    return Overdue(
        entry=entry,
        waits_for="accepted",
        since=entry.observed_at,
        due=entry.observed_at + limit,
        remedy=remedy,
    )
