"""A source of a thousand orders and a sink that takes everything, for measuring what lies between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from mlconnector_sdk.core.runtime import SystemClock
from mlconnector_sdk.flow import (
    Absent,
    Flow,
    Observation,
    OnUnknown,
    Outcome,
    Pipeline,
    Send,
    Standing,
    Window,
)
from mlconnector_sdk.records import Entry, Event, Feed, SendResult


class OneWalk:
    def __init__(self, batches: list[list[Observation]]) -> None:
        self._batches = batches
        self.cursors: Mapping[str, str] = {"orders": "mark"}

    async def batch(self) -> Sequence[Observation] | None:
        return self._batches.pop(0) if self._batches else None

    async def close(self) -> None:
        self._batches = []


class ThousandOrders:
    name = "bench.orders"
    feed = Feed.STATE
    baseline_reach = None
    count = 1_000

    def __init__(self) -> None:
        self._there = False

    def appear(self) -> None:
        self._there = True

    def walk(self, window: Window) -> OneWalk:
        orders = [
            Observation(number=f"PO-{n}", record=b"x" * 1_000, fingerprint="a")
            for n in range(self.count if self._there else 0)
        ]
        return OneWalk([orders[n : n + 100] for n in range(0, len(orders), 100)])

    async def observe(self, event: Event) -> Sequence[Observation]:
        return ()


class NullSink:
    name = "bench.sink"
    timeout = timedelta(seconds=10)
    on_unknown = OnUnknown(same_key_for=timedelta(hours=24))

    def __init__(self) -> None:
        self.count = 0

    async def ready(self) -> None:
        return None

    async def send(self, entry: Entry) -> SendResult:
        self.count += 1
        return SendResult(references={"id": entry.id})

    async def find(self, entry: Entry) -> Outcome:
        return Absent()


def build(source: ThousandOrders, sink: NullSink, store: Any) -> Pipeline:
    def map_order(entry: Entry, standing: Standing) -> Send:
        return Send(payload=entry.record, summary="850")

    flow = Flow(name="orders", kind="850", source=source, map=map_order, sink=sink, batch=50)
    return Pipeline("bench", [flow], store=store, clock=SystemClock())
