"""What people do with documents that wait for them."""

from __future__ import annotations

from attrs import evolve, field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import DocumentError, LeaseLost
from mlconnector_sdk.flow.journal import Journal
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Change, Entry, State

__all__ = ["Mending"]

WAITING = (State.DEAD, State.HELD, State.REJECTED)


@frozen(kw_only=True)
class Mending:
    """Each act is an audit line first, then a change of the store."""

    store: Store = field(repr=False)
    journal: Journal = field(repr=False)

    async def letters(self) -> list[Entry]:
        """Everything that waits for a person, oldest first."""
        return list(await arrived(self.store.find(states=WAITING, limit=10_000)))

    async def retry(self, number: str) -> list[Entry]:
        """Make the dead letters of a number (or of an entry id) pending again.

        What was mapped already goes with the same bytes and the same key; what could not be mapped is
        mapped anew, so that a mended table or partner file takes effect.

        Raises:
            DocumentError: Nothing of that number can be retried, or one of them may have arrived.
        """
        text = "a person asked for another try"
        return [await self._again(entry, "retried", text) for entry in await self._retriable(number)]

    async def remap(self, number: str) -> list[Entry]:
        """The same, but what was mapped already is mapped anew: other bytes get another key.

        Raises:
            DocumentError: As `retry`.
        """
        text = "a person asked for a new mapping"
        return [
            await self._again(evolve(entry, payload=None, idempotency_key=""), "remapped", text)
            for entry in await self._retriable(number)
        ]

    async def _retriable(self, number: str) -> list[Entry]:
        found = await arrived(self.store.find(number=number, states=[State.DEAD, State.HELD], limit=1_000))
        if not found:
            found = await arrived(self.store.find(entry_id=number, states=[State.DEAD, State.HELD]))
        if not found:
            raise DocumentError(
                f"nothing under '{number}' is a dead letter or held",
                remedy=f"trail('{number}') shows what there is",
            )
        for entry in found:
            if entry.outcome_unknown:
                raise DocumentError(
                    f"{entry.kind} {entry.number} may have arrived: sending it again could double it",
                    remedy=f"find out, then settle('{entry.id}', arrived=True) or arrived=False",
                )
        return list(found)

    async def settle(self, entry_id: str, *, arrived_there: bool, by: str, reason: str) -> Entry:
        """Answer the question whether an uncertain send arrived.

        Raises:
            DocumentError: There is no such entry, or it is not uncertain.
        """
        found = await arrived(self.store.find(entry_id=entry_id))
        if not found or not found[0].outcome_unknown:
            raise DocumentError(
                f"the entry '{entry_id}' does not wait for the answer whether it arrived",
                remedy="dead_letters() lists those that do, with their ids",
            )
        entry = found[0]
        if not arrived_there:
            return await self._again(entry, "settled", f"it did not arrive, says {by}: {reason}")
        settled = evolve(
            entry,
            state=State.ACCEPTED,
            outcome_unknown=False,
            reason="",
            remedy="",
            changed_at=self.journal.moment(entry),
        )
        return await self._save(entry, settled, "settled", f"it arrived, says {by}: {reason}")

    async def _again(self, entry: Entry, kind: str, text: str) -> Entry:
        pending = evolve(
            entry,
            state=State.PENDING,
            attempts=0,
            first_sent_at=None,
            not_before=None,
            outcome_unknown=False,
            reason="",
            remedy="",
            changed_at=self.journal.moment(entry),
        )
        return await self._save(entry, pending, kind, text)

    async def _save(self, before: Entry, after: Entry, kind: str, text: str) -> Entry:
        await self.journal.write([self.journal.by_hand(before, kind, text)])
        if await arrived(self.store.save([Change(entry=after)])):
            raise LeaseLost(
                f"{before.kind} {before.number} was changed by somebody else in the meantime",
                remedy="look at it again, then decide",
            )
        return evolve(after, fence=after.fence + 1)
