"""What a run would do now, without sending or storing anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConnectorError, NoStartingPoint
from mlconnector_sdk.flow.collect import new_entry, observed
from mlconnector_sdk.flow.decide import Supersede, decide
from mlconnector_sdk.flow.deliver import standing
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.foresight import Foresight
from mlconnector_sdk.flow.journal import told
from mlconnector_sdk.flow.mapped import Hold, Send
from mlconnector_sdk.flow.moved import moved
from mlconnector_sdk.flow.scope import cursors_of, require_scope
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.ports import Clock, Store
from mlconnector_sdk.records import Checkpoint, Entry, Feed, State

__all__ = ["Preview", "PreviewItem", "Previewer"]

_SHOWN = 10_000  # the most pending documents, and the most stored webhooks, that one preview shows


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
        require_scope(flow, checkpoint)
        if checkpoint is None and since is None:
            raise NoStartingPoint(f"the flow '{flow.name}' has never run and has no starting point")
        pending = await arrived(self.store.find(flow=flow.name, states=[State.PENDING], limit=_SHOWN))
        foresight = Foresight(self.store)
        items = [await self._item(flow, entry, await foresight.line(entry.ordering_key)) for entry in pending]
        for event in await arrived(self.store.pending_events(flow.source.name, limit=_SHOWN)):
            items += await self._new_items(flow, await observed(flow, event), foresight)
        before = checkpoint or Checkpoint(flow=flow.name, cursors={})
        walk = flow.source.walk(Window(cursors=cursors_of(before), since=since))
        try:
            while (batch := await walk.batch()) is not None:
                items += await self._new_items(flow, batch, foresight)
        finally:
            await walk.close()
        return [item for item in items if item is not None]

    async def _new_items(
        self, flow: Flow, seen: Sequence[Observation], foresight: Foresight
    ) -> list[PreviewItem | None]:
        items = []
        for observation in seen:
            new = new_entry(flow, observation, at=self.clock.now())
            news = [new]
            if flow.source.feed is Feed.STATE:
                news += await moved(self.store, [new])
            for entry in [await foresight.entry(each) for each in news]:
                if entry is None:
                    continue
                items.append(await self._item(flow, entry, await foresight.line(entry.ordering_key)))
        return items

    async def _item(self, flow: Flow, entry: Entry, history: Sequence[Entry]) -> PreviewItem | None:
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
        before = await standing(self.store, flow, entry, history, rejected=decision.rejected)
        try:
            mapped = flow.map(entry, before)
        except ConnectorError as error:
            return item("dead letter", *told(error))
        except Exception as error:  # noqa: BLE001 - a host's mapping must not hide the other documents
            return item("dead letter", f"the mapping failed: {type(error).__name__}: {error}")
        if isinstance(mapped, Hold):
            return item("hold", mapped.reason, mapped.remedy)
        if isinstance(mapped, Send):
            kind = mapped.kind or flow.kind
            return evolve(item("send", mapped.summary, payload=mapped.payload), kind=kind)
        return item("nothing", mapped.summary or "the partner has exactly this")
