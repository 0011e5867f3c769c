"""A document mapped anew, after a table, the partner file or the mapping was mended."""

from __future__ import annotations

from attrs import evolve, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, DocumentError
from mlconnector_sdk.flow.decide import newest_taken
from mlconnector_sdk.flow.deliver import standing
from mlconnector_sdk.flow.difference import difference
from mlconnector_sdk.flow.journal import told
from mlconnector_sdk.flow.mapped import Hold, Send
from mlconnector_sdk.flow.mend import TAKEN, WAITING, Mending, deliberate
from mlconnector_sdk.records import Entry, Feed, State

__all__ = ["Remapped", "Remapping"]

_SETTLED = (*TAKEN, State.UNCHANGED)


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


@frozen
class _Said:
    """What the mapping says now."""

    text: str
    difference: str = ""
    goes: bool = True


@frozen(kw_only=True)
class Remapping(Mending):
    """Shows what a new mapping says, and has it delivered."""

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
            said = await self._mapped_now(entry)
            mended = await self._mapped_anew(entry) if said.goes and not dry_run else entry
            remapped.append(Remapped(entry=mended, text=said.text, difference=said.difference))
        return remapped

    async def _mapped_now(self, entry: Entry) -> _Said:
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
            return _Said(f"it still cannot be mapped: {told(error)[0]}")
        except Exception as error:  # noqa: BLE001 - delivery meets it again, and makes it a dead letter
            return _Said(f"the mapping still fails: {type(error).__name__}: {error}")
        if isinstance(mapped, Send) and entry.state in _SETTLED and entry.feed is Feed.STATE:
            has = None if before.accepted is None else before.accepted.document
            return _Said(mapped.summary, difference(has, mapped.document))
        if isinstance(mapped, Send):
            # The same bytes once more would double an event that was taken: only other ones go.
            again = entry.state.taken and mapped.payload == entry.payload
            return _Said(mapped.summary, difference(entry.payload, mapped.payload), goes=not again)
        return _Said(mapped.reason if isinstance(mapped, Hold) else mapped.summary)

    async def _mapped_anew(self, entry: Entry) -> Entry:
        text = "a person asked for a new mapping"
        if entry.state in _SETTLED:
            await self._save(entry, entry, "remapped", text, deliberate(entry, payload=None, document=None))
            return (await arrived(self.store.history(entry.ordering_key)))[-1]
        if entry.state is not State.REJECTED:
            unmapped = evolve(entry, payload=None, document=None, idempotency_key="")
            return await self._again(entry, "remapped", text, unmapped)
        # Its key is spent: the vendor took it once. What goes now is a document of its own.
        old = evolve(
            entry, state=State.SUPERSEDED, reason="", remedy="", changed_at=self.journal.moment(entry)
        )
        now = await self._as_it_stands(entry)
        await self._save(entry, old, "remapped", text, deliberate(now, payload=None, document=None))
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
