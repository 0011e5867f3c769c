"""What a person knows of a document by other means: whether the partner has it."""

from __future__ import annotations

from attrs import evolve, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import DocumentError
from mlconnector_sdk.flow.deliver import standing
from mlconnector_sdk.flow.expectations import next_expected
from mlconnector_sdk.flow.mapped import Hold, Send
from mlconnector_sdk.flow.mend import Mending
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.records import Entry, State

__all__ = ["Settling"]


@frozen(kw_only=True)
class Settling(Mending):
    """Takes a person's word."""

    async def settle(self, entry_id: str, *, arrived_there: bool, by: str, reason: str) -> Entry:
        """Say what is known of a document by other means: whether the partner has it.

        Raises:
            DocumentError: There is no such entry, or nobody needs the answer.
        """
        found = await arrived(self.store.find(entry_id=entry_id))
        entry = found[0] if found else None
        open_question = entry is not None and (entry.outcome_unknown or self._is_left_in_flight(entry))
        held = entry is not None and entry.state is State.HELD and arrived_there
        taken = entry is not None and entry.state.taken and not arrived_there
        unsent = entry is not None and self._is_unsent(entry, arrived_there)
        if entry is None or not (open_question or held or taken or unsent):
            raise DocumentError(
                f"the entry '{entry_id}' does not wait for the answer whether it arrived",
                remedy="dead_letters() lists those that do, with their ids",
            )
        if arrived_there:
            told_of = await self._as_it_would_go(entry) if unsent else entry
            return await self._save(
                entry, self._as_taken(told_of), "settled", f"it arrived, says {by}: {reason}"
            )
        if open_question or unsent:
            return await self._again(entry, "settled", f"it did not arrive, says {by}: {reason}")
        rejected = evolve(
            entry,
            state=State.REJECTED,
            expected_by=None,
            reason=f"{by} says that the partner does not have it: {reason}",
            remedy=f"remap('{entry.id}') or resend('{entry.id}', ...), or dismiss it",
            changed_at=self.journal.moment(entry),
        )
        return await self._save(
            entry, rejected, "rejected", f"the partner does not have it, says {by}: {reason}"
        )

    def _is_unsent(self, entry: Entry, arrived_there: bool) -> bool:
        """Never sent from here, and a person knows more of it: it went by other means, or is wanted now."""
        free = entry.leased_until is None or entry.leased_until <= self.journal.clock.now()
        waits = entry.state is State.PENDING and entry.attempts == 0 and arrived_there and free
        return entry.flow in self.flows and (entry.state is State.KNOWN or waits)

    async def _as_it_would_go(self, entry: Entry) -> Entry:
        """With what the partner has of it, so that later edits are compared with that.

        Raises:
            DocumentError: It cannot be mapped, or its partner is to be told nothing of it.
        """
        flow = self.flows[entry.flow]
        before = Standing()
        if entry.state is not State.KNOWN:
            history = await arrived(self.store.history(entry.ordering_key, content=False))
            before = await standing(self.store, flow, entry, history, rejected=None)
        mapped = flow.map(entry, before)
        if not isinstance(mapped, Send):
            raise DocumentError(
                f"{entry.kind} {entry.number} is none that would be sent: "
                f"{mapped.reason if isinstance(mapped, Hold) else mapped.summary}",
                remedy=f"leave it; trail('{entry.number}') shows what there is",
            )
        return evolve(entry, kind=mapped.kind or flow.kind, payload=mapped.payload, document=mapped.document)

    def _is_left_in_flight(self, entry: Entry) -> bool:
        """Uncertain and in nobody's hands; what a worker is sending at this moment is not for a person."""
        free = entry.leased_until is None or entry.leased_until <= self.journal.clock.now()
        return entry.state is State.IN_FLIGHT and free

    def _as_taken(self, entry: Entry) -> Entry:
        at = self.journal.moment(entry)
        taken = evolve(
            entry,
            state=State.ACCEPTED,
            accepted_at=at,
            not_before=None,
            leased_until=None,
            outcome_unknown=False,
            reason="",
            remedy="",
            changed_at=at,
        )
        limits = self.flows[entry.flow].limits(entry.partner)
        return evolve(taken, expected_by=next_expected(taken, limits))
