"""What a run would do now, without sending or storing anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, NoStartingPoint
from mlconnector_sdk.flow.collect import new_entry
from mlconnector_sdk.flow.decide import Supersede, decide
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import told
from mlconnector_sdk.flow.mapped import Hold, Send
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.ports import Clock, Store
from mlconnector_sdk.records import Checkpoint, Entry, Feed, State, digest

__all__ = ["Preview", "PreviewItem", "Previewer"]


@frozen(kw_only=True)
class PreviewItem:
    """What would become of one document.

    Args:
        action: ``send``, ``nothing`` (the partner has it), ``hold`` or ``dead letter``.
        text: The mapping's summary, or why it would stop.
        remedy: What to do about it, where it would stop.
        payload: What would be sent, or None.
    """

    flow: str
    kind: str
    number: str
    partner: str
    action: str
    text: str
    remedy: str = ""
    payload: bytes | None = field(default=None, repr=False)

    def __str__(self) -> str:
        remedy = f" Remedy: {self.remedy}" if self.remedy else ""
        return f"{self.flow}: {self.action} {self.kind} {self.number}: {self.text}{remedy}"


@frozen(kw_only=True)
class Preview:
    """What a run would do now."""

    items: tuple[PreviewItem, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.items)) or "nothing would be sent"


@frozen(kw_only=True)
class Previewer:
    """Walks the windows and maps what it finds; reads the store, never writes it."""

    store: Store = field(repr=False)
    clock: Clock = field(repr=False)

    async def preview(self, flow: Flow, *, since: datetime | None = None) -> list[PreviewItem]:
        """The documents that are pending now, then those that the next window would bring.

        Raises:
            NoStartingPoint: There is no checkpoint and no ``since``.
        """
        checkpoint = await arrived(self.store.checkpoint(flow.name))
        if checkpoint is None and since is None:
            raise NoStartingPoint(f"the flow '{flow.name}' has never run and has no starting point")
        pending = await arrived(self.store.find(flow=flow.name, states=[State.PENDING]))
        items = [self._item(flow, entry, await self._history(entry)) for entry in pending]
        for event in await arrived(self.store.pending_events(flow.source.name)):
            items += await self._new_items(flow, await flow.source.observe(event))
        before = checkpoint or Checkpoint(flow=flow.name, cursors={})
        walk = flow.source.walk(Window(cursors=before.cursors, since=since))
        try:
            while (batch := await walk.batch()) is not None:
                items += await self._new_items(flow, batch)
        finally:
            await walk.close()
        return [item for item in items if item is not None]

    async def _history(self, entry: Entry) -> Sequence[Entry]:
        return await arrived(self.store.history(entry.ordering_key))

    async def _new_items(self, flow: Flow, seen: Sequence[Observation]) -> list[PreviewItem | None]:
        items = []
        for observation in seen:
            new = new_entry(flow, observation, at=self.clock.now())
            history = await arrived(self.store.history(new.ordering_key))
            if new.feed is Feed.EVENT:
                known = any(entry.event_id == new.event_id for entry in history)
            else:
                known = bool(history) and history[-1].fingerprint == new.fingerprint
            if known:
                continue
            sequence = history[-1].sequence + 1 if history else 1
            entry = Entry(
                id=digest(new.ordering_key, str(sequence)),
                position=0,
                flow=new.flow,
                kind=new.kind,
                feed=new.feed,
                number=new.number,
                partner=new.partner,
                ordering_key=new.ordering_key,
                sequence=sequence,
                dedupe_key="preview",
                event_id=new.event_id,
                fingerprint=new.fingerprint,
                record=new.record,
                state=new.state,
                observed_at=new.observed_at,
                changed_at=new.observed_at,
                reason=new.reason,
                remedy=new.remedy,
            )
            items.append(self._item(flow, entry, history))
        return items

    def _item(self, flow: Flow, entry: Entry, history: Sequence[Entry]) -> PreviewItem | None:
        def item(action: str, text: str, remedy: str = "", payload: bytes | None = None) -> PreviewItem:
            return PreviewItem(
                flow=flow.name,
                kind=entry.kind,
                number=entry.number,
                partner=entry.partner,
                action=action,
                text=text,
                remedy=remedy,
                payload=payload,
            )

        if entry.state is State.DEAD:
            return item("dead letter", entry.reason, entry.remedy)
        decision = decide(entry, history)
        if isinstance(decision, Supersede):
            return None
        try:
            mapped = flow.map(entry, decision.accepted)
        except ConnectorError as error:
            return item("dead letter", *told(error))
        if isinstance(mapped, Hold):
            return item("hold", mapped.reason, mapped.remedy)
        if isinstance(mapped, Send):
            return item("send", mapped.summary, payload=mapped.payload)
        return item("nothing", mapped.summary or "the partner has exactly this")
