"""What people do with documents: try again, send once more, close. (See also `remap` and `settle`.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import DocumentError, LeaseLost
from mlconnector_sdk.flow.decide import newest_taken, uncertain
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import Journal
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Change, Entry, Feed, NewEntry, State

__all__ = ["TAKEN", "WAITING", "Mending", "deliberate"]

WAITING = (State.DEAD, State.HELD, State.REJECTED)
"""The states in which an entry waits for a person."""
TAKEN = tuple(state for state in State if state.taken)
"""The states of what the vendor has taken."""


@frozen(kw_only=True)
class Mending:
    """Each act is an audit line first, then a change of the store."""

    store: Store = field(repr=False)
    journal: Journal = field(repr=False)
    flows: Mapping[str, Flow] = field(repr=False)

    async def letters(self) -> list[Entry]:
        """Everything that waits for a person, oldest first."""
        return list(await arrived(self.store.find(states=WAITING, limit=10_000)))

    async def retry(self, number: str) -> list[Entry]:
        """Make the dead letters of a number (or of an entry id) pending again.

        What was mapped already goes with the same bytes and the same key; what could not be mapped is
        mapped anew, so that a mended table or partner file takes effect.

        Raises:
            DocumentError: Nothing of that number can be retried; one of them may have arrived, or was taken
                and then refused; or a newer one was taken.
        """
        found = await self._found(number, WAITING, "is a dead letter or held")
        for entry in found:
            if entry.state is State.REJECTED:
                raise DocumentError(
                    f"{entry.kind} {entry.number} was taken and then refused: under the same key the vendor "
                    "would take it for a repeat",
                    remedy=f"remap('{entry.id}') after mending what was wrong, or resend('{entry.id}', ...)",
                )
            await self._require_certain(entry)
        text = "a person asked for another try"
        return [await self._again(entry, "retried", text) for entry in found]

    async def resend(self, number: str, *, by: str, reason: str) -> Entry:
        """Send a document that was taken once more: the same bytes under a new key.

        Raises:
            DocumentError: Nothing of that number was sent; several lines were, and it has to be said which; a
                newer document was taken, or waits, so that this one would set the partner back.
        """
        found = await self._found(number, (*TAKEN, State.REJECTED), "was taken by its vendor")
        newest = {entry.ordering_key: entry for entry in found}
        if len(newest) > 1:
            ids = ", ".join(f"{each.kind} '{each.id}'" for each in newest.values())
            raise DocumentError(
                f"several documents were sent under '{number}': {ids}", remedy="resend one of them by its id"
            )
        [entry] = newest.values()
        if entry.payload is None:
            raise DocumentError(
                f"the bytes of {entry.kind} {entry.number} are not kept any more",
                remedy="have the source show it again, e.g. by an edit that changes nothing else",
            )
        history = await arrived(self.store.history(entry.ordering_key, content=False))
        newer = [
            other
            for other in history
            if other.sequence > entry.sequence
            and (other.state.taken or other.blocks or other.state.waits_for_person)
        ]
        if newer and entry.feed is Feed.STATE:
            raise DocumentError(
                f"{newer[-1].kind} {entry.number} is newer and is {newer[-1].state.value}: sending "
                f"{entry.kind} again would set the partner back",
                remedy="resend the newest one, or leave it",
            )
        again = deliberate(entry, payload=entry.payload, document=entry.document)
        text = f"{by} has it sent again knowingly: {reason}"
        old = entry
        if entry.state is State.REJECTED:
            old = evolve(
                entry, state=State.SUPERSEDED, reason="", remedy="", changed_at=self.journal.moment(entry)
            )
        await self._save(entry, old, "resent", text, again)
        return (await arrived(self.store.history(entry.ordering_key)))[-1]

    async def dismiss(self, number: str, *, by: str, reason: str) -> list[Entry]:
        """Close what waits for a person: nothing is sent, and it is not listed any more.

        Raises:
            DocumentError: Nothing of that number waits, or one of them may have arrived.
        """
        found = await self._found(number, WAITING, "waits for a person")
        for entry in found:
            if entry.outcome_unknown:
                raise _may_have_arrived(entry)
        closed = []
        for entry in found:
            done = evolve(entry, state=State.DISMISSED, changed_at=self.journal.moment(entry))
            closed.append(await self._save(entry, done, "dismissed", f"{by} closed it: {reason}"))
        return closed

    # -- inside ---------------------------------------------------------------------------------------

    async def _found(
        self, number: str, states: Sequence[State], what: str, *, otherwise: Sequence[State] = ()
    ) -> Sequence[Entry]:
        for wanted in filter(None, (states, otherwise)):
            found = await arrived(self.store.find(number=number, states=wanted, limit=1_000))
            if not found:
                found = await arrived(self.store.find(entry_id=number, states=wanted))
            # A store may serve several pipelines: each mends what it can map.
            if ours := [entry for entry in found if entry.flow in self.flows]:
                return ours
        raise DocumentError(
            f"nothing under '{number}' {what}", remedy=f"trail('{number}') shows what there is"
        )

    async def _require_certain(self, entry: Entry) -> None:
        """Nothing goes out beside what may have arrived, nor behind what was taken."""
        if entry.outcome_unknown:
            raise _may_have_arrived(entry)
        history = await arrived(self.store.history(entry.ordering_key, content=False))
        if entry.feed is Feed.EVENT:
            return
        if (open_one := uncertain(history)) is not None:
            raise _may_have_arrived(open_one)
        if entry.state is State.REJECTED:
            return  # what stands now goes, whatever was taken since
        newer = newest_taken([other for other in history if other.sequence > entry.sequence])
        if newer is not None:
            raise DocumentError(
                f"{newer.kind} {newer.number} was accepted after this {entry.kind} was seen: sending it now "
                "would set the partner back",
                remedy=f"dismiss('{entry.id}', by=..., reason=...)",
            )

    async def _again(self, entry: Entry, kind: str, text: str, as_it_goes: Entry | None = None) -> Entry:
        pending = evolve(
            entry if as_it_goes is None else as_it_goes,
            state=State.PENDING,
            attempts=0,
            first_sent_at=None,
            not_before=None,
            leased_until=None,
            outcome_unknown=False,
            reason="",
            remedy="",
            changed_at=self.journal.moment(entry),
        )
        return await self._save(entry, pending, kind, text)

    async def _save(self, before: Entry, after: Entry, kind: str, text: str, *follow_ons: NewEntry) -> Entry:
        await self.journal.write([self.journal.by_hand(before, kind, text)])
        if await arrived(self.store.save([Change(entry=after, follow_ons=follow_ons)])):
            raise LeaseLost(
                f"{before.kind} {before.number} was changed by somebody else in the meantime",
                remedy="look at it again, then decide",
            )
        return evolve(after, fence=after.fence + 1)


def deliberate(entry: Entry, *, payload: bytes | None, document: bytes | None) -> NewEntry:
    """The same document as an entry of its own, at the end of its line."""
    return NewEntry(
        flow=entry.flow,
        kind=entry.kind,
        feed=entry.feed,
        number=entry.number,
        partner=entry.partner,
        ordering_key=entry.ordering_key,
        fingerprint=entry.fingerprint,
        record=entry.record,
        observed_at=entry.observed_at,
        parent=entry.id,
        deliberate=True,
        payload=payload,
        document=document,
    )


def _may_have_arrived(entry: Entry) -> DocumentError:
    return DocumentError(
        f"{entry.kind} {entry.number} may have arrived: sending anything now could double it",
        remedy=f"find out, then settle('{entry.id}', arrived=True) or arrived=False",
    )
