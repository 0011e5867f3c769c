"""A source and a sink in memory, small enough to see through."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from mlconnector_sdk.errors import ConnectorError, InvalidDocument, OutcomeUnknown
from mlconnector_sdk.flow import (
    Absent,
    Flow,
    Found,
    Hold,
    Mapped,
    Observation,
    OnUnknown,
    Outcome,
    Send,
    Standing,
    Unchanged,
    Walk,
    Window,
)
from mlconnector_sdk.records import Entry, Event, Feed, SendResult, State, digest


class ListWalk:
    def __init__(self, batches: list[list[Observation]], cursors: Mapping[str, str]) -> None:
        self._batches = list(batches)
        self._cursors = cursors
        self.closed = False

    async def batch(self) -> Sequence[Observation] | None:
        return self._batches.pop(0) if self._batches else None

    async def close(self) -> None:
        self.closed = True

    @property
    def cursors(self) -> Mapping[str, str]:
        return self._cursors


class Orders:
    """A state feed: `put` an order's content, and every walk shows the present content of all."""

    name = "erp.orders"
    feed = Feed.STATE
    baseline_reach = None

    def __init__(self) -> None:
        self.contents: dict[str, str] = {}
        self.partners: dict[str, str] = {}
        self.unreadable: set[str] = set()
        self.windows: list[Window] = []
        self.fails: ConnectorError | None = None

    def put(self, number: str, content: str, *, partner: str = "ACME") -> None:
        self.contents[number], self.partners[number] = content, partner

    def observation(self, number: str) -> Observation:
        content = self.contents[number]
        broken = number in self.unreadable
        partner = self.partners[number]
        return Observation(
            number=number,
            partner=partner,
            record=json.dumps({"number": number, "content": content, "partner": partner}).encode(),
            fingerprint=digest(content, partner),
            reason="no lines" if broken else "",
            remedy="add lines" if broken else "",
        )

    def walk(self, window: Window) -> Walk:
        self.windows.append(window)
        if self.fails is not None:
            raise self.fails
        return ListWalk([[self.observation(number)] for number in sorted(self.contents)], {"orders": "mark"})

    async def observe(self, event: Event) -> Sequence[Observation]:
        return [self.observation(event.body.decode())]


class Answers:
    """An event feed: what happened, by id."""

    name = "edi.answers"
    feed = Feed.EVENT
    baseline_reach = timedelta(days=1)

    def __init__(self) -> None:
        self.happened: dict[str, str] = {}

    def observation(self, event_id: str) -> Observation:
        number = self.happened[event_id]
        record = json.dumps({"number": number, "content": event_id}).encode()
        return Observation(number=number, partner="ACME", record=record, event_id=event_id)

    def walk(self, window: Window) -> Walk:
        return ListWalk([[self.observation(event_id) for event_id in self.happened]], {"answers": "mark"})

    async def observe(self, event: Event) -> Sequence[Observation]:
        if event.body == b"rubbish":
            raise InvalidDocument("this event is rubbish", remedy="ask the sender")
        if event.body == b"not for us":
            return []
        return [self.observation(event.body.decode())]


class Outbox:
    """A sink that remembers; `fails` is asked before each send."""

    name = "edi.outbox"
    timeout = timedelta(seconds=60)

    def __init__(self, on_unknown: OnUnknown | None = None) -> None:
        self.on_unknown = on_unknown or OnUnknown()
        self.sent: list[tuple[str, bytes]] = []
        self.by_key: dict[str, bytes] = {}
        self.fails: Callable[[Entry], ConnectorError | None] = lambda entry: None
        self.loses_answer = False
        self.not_ready: ConnectorError | None = None
        self.outcome: Outcome | ConnectorError = Absent()
        self.looked_for: list[str] = []

    async def ready(self) -> None:
        if self.not_ready is not None:
            raise self.not_ready

    async def send(self, entry: Entry) -> SendResult:
        if (error := self.fails(entry)) is not None:
            raise error
        assert entry.payload is not None
        assert entry.state is State.IN_FLIGHT
        if entry.idempotency_key not in self.by_key:
            self.by_key[entry.idempotency_key] = entry.payload
            self.sent.append((entry.number, entry.payload))
        assert self.by_key[entry.idempotency_key] == entry.payload, "one key must never carry two bodies"
        if self.loses_answer:
            self.loses_answer = False
            raise OutcomeUnknown("the connection broke before the answer came")
        return SendResult(references={"execution": f"x-{len(self.sent)}"})

    async def find(self, entry: Entry) -> Outcome:
        self.looked_for.append(entry.number)
        if isinstance(self.outcome, ConnectorError):
            raise self.outcome
        return self.outcome


def map_order(entry: Entry, standing: Standing) -> Mapped:
    """`bad` cannot be mapped, `crash` is a bug; an edit after acceptance is held, a repeat unchanged."""
    content = json.loads(entry.record)["content"]
    if content == "bad":
        raise InvalidDocument("the unit is unknown", remedy="add it to units.csv", path="lines[0].unit")
    if content == "crash":
        raise KeyError("unit")
    payload = json.dumps({"doc": content}).encode()
    accepted = standing.accepted
    if accepted is None:
        return Send(payload=payload, summary=f"850 {entry.number}")
    if accepted.payload == payload:
        return Unchanged()
    return Hold(reason="edited after it was accepted", remedy="tell the supplier")


def map_answer(entry: Entry, standing: Standing) -> Mapped:
    assert standing.accepted is None
    return Send(payload=entry.record)


def edit_order(entry: Entry, standing: Standing) -> Mapped:
    """An order, then changes of it; one that went to another partner is cancelled. `hold` is held."""
    record = json.loads(entry.record)
    document = record["content"] if record["partner"] == entry.partner else "cancelled"
    accepted = standing.accepted
    before = accepted.document.decode() if accepted is not None and accepted.document else None
    if document == before or (before is None and document == "cancelled"):
        return Unchanged()
    if document == "hold":
        return Hold(reason="edited too late", remedy="call the supplier", document=b"hold")
    kind = "850" if before is None else "860"
    mark = " again" if standing.rejected is not None else ""
    payload = json.dumps({kind + mark: document, "to": entry.partner, "from": before}).encode()
    return Send(payload=payload, kind=kind, document=document.encode(), summary=f"{kind} {document}")


def order_flow(source: Orders, sink: Outbox, **options: object) -> Flow:
    return Flow(name="orders", kind="850", source=source, map=map_order, sink=sink, tenant="1", **options)  # type: ignore[arg-type]


def answer_flow(source: Answers, sink: Outbox) -> Flow:
    return Flow(name="answers", kind="855", source=source, map=map_answer, sink=sink, tenant="1")


__all__ = [
    "Answers",
    "Found",
    "Orders",
    "Outbox",
    "answer_flow",
    "edit_order",
    "map_answer",
    "map_order",
    "order_flow",
]
