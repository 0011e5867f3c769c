"""What people do with documents that wait for them, and with documents that were taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, DocumentError, LeaseLost
from mlconnector_sdk.flow.decide import newest_taken, uncertain
from mlconnector_sdk.flow.deliver import standing
from mlconnector_sdk.flow.difference import difference
from mlconnector_sdk.flow.expectations import next_expected
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import Journal, told
from mlconnector_sdk.flow.mapped import Hold, Send
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Change, Entry, Feed, NewEntry, State

__all__ = ["Mending", "Remapped"]

WAITING = (State.DEAD, State.HELD, State.REJECTED)
_TAKEN = tuple(state for state in State if state.taken)
_SETTLED = (*_TAKEN, State.UNCHANGED)


@frozen(kw_only=True)
class Remapped:
    """What a new mapping makes of a document.

    Args:
        entry: The entry that will be delivered; of a dry run, the one that would be mapped anew.
        text: What the mapping says now: its summary, or why it still stops.
        difference: The payload as it was against the payload as it would be, line by line (JSON, ``-`` and
            ``+``); empty where they are equal or there was none.
    """

    entry: Entry
    text: str
    difference: str = ""

    def __str__(self) -> str:
        head = f"{self.entry.kind} {self.entry.number}: {self.text}"
        return f"{head}\n{self.difference}" if self.difference else head


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

    async def remap(self, number: str, *, dry_run: bool = False) -> list[Remapped]:
        """Have dead letters, held and rejected documents mapped anew; other bytes get another key.

        A document that was taken and then refused does not go again as it was seen then: what stands now is
        mapped, because something else may have been seen, and sent, since.

        Where nothing waits, what was taken (or left alone) is mapped anew as it was seen last: the partner is
        told the difference between what it has and what it should have.

        Raises:
            DocumentError: Nothing of that number can be mapped anew; an older one may have arrived; a newer
                one was taken.
        """
        lines: dict[str, Entry] = {}
        what = "is a dead letter, held or rejected, or was taken"
        for entry in await self._found(number, WAITING, what, otherwise=_SETTLED):
            if entry.feed is Feed.STATE:
                lines[entry.ordering_key] = entry  # the newest stands for the older ones
            else:
                lines[entry.id] = entry
        for entry in lines.values():
            await self._require_certain(entry)
        remapped = []
        for entry in lines.values():
            text, shown = await self._mapped_now(entry)
            mended = entry if dry_run else await self._mapped_anew(entry)
            remapped.append(Remapped(entry=mended, text=text, difference=shown))
        return remapped

    async def resend(self, number: str, *, by: str, reason: str) -> Entry:
        """Send a document that was taken once more: the same bytes under a new key.

        Raises:
            DocumentError: Nothing of that number was sent; several lines were, and it has to be said which; a
                newer document was taken, or waits, so that this one would set the partner back.
        """
        found = await self._found(number, (*_TAKEN, State.REJECTED), "was taken by its vendor")
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
        again = _deliberate(entry, payload=entry.payload, document=entry.document)
        text = f"{by} has it sent again knowingly: {reason}"
        old = entry
        if entry.state is State.REJECTED:
            old = evolve(
                entry, state=State.SUPERSEDED, reason="", remedy="", changed_at=self.journal.moment(entry)
            )
        await self._save(entry, old, "resent", text, again)
        return (await arrived(self.store.history(entry.ordering_key)))[-1]

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

    async def _mapped_now(self, entry: Entry) -> tuple[str, str]:
        """What the mapping would make of it at this moment, and how that differs from what it made before."""
        flow = self.flows[entry.flow]
        history = await arrived(self.store.history(entry.ordering_key, content=False))
        newer = newest_taken([other for other in history if other.sequence > entry.sequence])
        rejected = entry if entry.state is State.REJECTED and newer is None else None
        now = await self._as_it_stands(entry)
        try:
            before = await standing(self.store, flow, now, history, rejected=rejected)
            mapped = flow.map(now, before)
        except ConnectorError as error:
            return f"it still cannot be mapped: {told(error)[0]}", ""
        except Exception as error:  # noqa: BLE001 - delivery meets it again, and makes it a dead letter
            return f"the mapping still fails: {type(error).__name__}: {error}", ""
        if isinstance(mapped, Send) and entry.state in _SETTLED:
            has = None if before.accepted is None else before.accepted.document
            return mapped.summary, difference(has, mapped.document)
        if isinstance(mapped, Send):
            return mapped.summary, difference(entry.payload, mapped.payload)
        return (mapped.reason if isinstance(mapped, Hold) else mapped.summary), ""

    async def _mapped_anew(self, entry: Entry) -> Entry:
        text = "a person asked for a new mapping"
        if entry.state in _SETTLED:
            await self._save(entry, entry, "remapped", text, _deliberate(entry, payload=None, document=None))
            return (await arrived(self.store.history(entry.ordering_key)))[-1]
        if entry.state is not State.REJECTED:
            unmapped = evolve(entry, payload=None, document=None, idempotency_key="")
            return await self._again(entry, "remapped", text, unmapped)
        # Its key is spent: the vendor took it once. What goes now is a document of its own.
        old = evolve(
            entry, state=State.SUPERSEDED, reason="", remedy="", changed_at=self.journal.moment(entry)
        )
        now = await self._as_it_stands(entry)
        await self._save(entry, old, "remapped", text, _deliberate(now, payload=None, document=None))
        return (await arrived(self.store.history(entry.ordering_key)))[-1]

    async def _as_it_stands(self, entry: Entry) -> Entry:
        """The newest observation, where a state was taken and then refused; else the entry itself."""
        if entry.feed is Feed.EVENT or entry.state is not State.REJECTED:
            return entry
        newest = (await arrived(self.store.history(entry.ordering_key)))[-1]
        if newest.purged_at is not None:
            raise DocumentError(
                f"what was seen last of {entry.kind} {entry.number} is not kept any more",
                remedy="have the source show it again, e.g. by an edit that changes nothing else",
            )
        return newest

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

    async def _save(self, before: Entry, after: Entry, kind: str, text: str, *follow_ons: NewEntry) -> Entry:
        await self.journal.write([self.journal.by_hand(before, kind, text)])
        if await arrived(self.store.save([Change(entry=after, follow_ons=follow_ons)])):
            raise LeaseLost(
                f"{before.kind} {before.number} was changed by somebody else in the meantime",
                remedy="look at it again, then decide",
            )
        return evolve(after, fence=after.fence + 1)


def _deliberate(entry: Entry, *, payload: bytes | None, document: bytes | None) -> NewEntry:
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
