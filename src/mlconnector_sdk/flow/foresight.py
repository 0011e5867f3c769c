"""The entry that an observation will become, before the store decides.

A foretelling, not a promise: another poller may come first. It serves where nothing may be written (preview)
and where a line of the trail has to be durable before its entry is (collect).
"""

from __future__ import annotations

from attrs import define, field

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, Feed, NewEntry, digest

__all__ = ["Foresight"]


@define
class Foresight:
    """Applies the rules of `ports.Store.collect` to observations, one after the other, and stores nothing."""

    _store: Store = field(repr=False)
    _lines: dict[str, list[Entry]] = field(factory=dict, init=False, repr=False)
    _foretold: set[str] = field(factory=set, init=False, repr=False)

    async def entry(self, new: NewEntry) -> Entry | None:
        """What the observation will become; None when it says nothing new."""
        line = await self.line(new.ordering_key)
        if new.feed is Feed.EVENT:
            dedupe_key = f"{new.flow}|{new.event_id}"
            known = await self._is_there(digest(dedupe_key))
        else:
            dedupe_key = f"{new.ordering_key}|{len(line) + 1}"
            known = bool(line) and line[-1].fingerprint == new.fingerprint
        if known:
            return None
        entry = Entry(
            id=digest(dedupe_key),
            position=0,
            flow=new.flow,
            kind=new.kind,
            feed=new.feed,
            number=new.number,
            partner=new.partner,
            ordering_key=new.ordering_key,
            sequence=len(line) + 1,
            dedupe_key=dedupe_key,
            event_id=new.event_id,
            fingerprint=new.fingerprint,
            record=new.record,
            state=new.state,
            observed_at=new.observed_at,
            changed_at=new.observed_at,
            reason=new.reason,
            remedy=new.remedy,
            parent=new.parent,
        )
        line.append(entry)
        self._foretold.add(entry.id)
        return entry

    async def line(self, ordering_key: str) -> list[Entry]:
        """Everything under an ordering key, what was foretold included, by sequence."""
        if ordering_key not in self._lines:
            self._lines[ordering_key] = list(await arrived(self._store.history(ordering_key)))
        return self._lines[ordering_key]

    async def _is_there(self, entry_id: str) -> bool:
        return entry_id in self._foretold or bool(await arrived(self._store.find(entry_id=entry_id)))
