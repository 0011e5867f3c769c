"""Reading a source as a collector does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlconnector_sdk.adapters.stedi import StediWebhook
from mlconnector_sdk.dual import run
from mlconnector_sdk.flow.source import Observation, Source, Window
from mlconnector_sdk.records import Event
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.simulators import StediSimulator


def walked(source: Source, window: Window) -> tuple[list[Observation], Mapping[str, str]]:
    """All of a window, and where the next walk starts."""

    async def walk() -> tuple[list[Observation], Mapping[str, str]]:
        walk = source.walk(window)
        seen: list[Observation] = []
        while (batch := await walk.batch()) is not None:
            seen += batch
        await walk.close()
        return seen, walk.cursors

    return run(walk())


def told(account: StediSimulator, *, shape: Any = "event") -> list[Event]:
    """Everything that Stedi has to tell so far, as it is stored."""
    subscription = account.webhook("http://127.0.0.1:9/", shape=shape, retries=())
    hook = StediWebhook(secret=Secret("s"), header="x-key", mode="")
    at = account.time.now()
    return [
        event
        for notice in account._account.events.values()
        for event in hook.parse({"x-key": "s"}, subscription.pack(notice), received_at=at)
    ]


def observed(source: Source, events: list[Event]) -> list[Observation]:
    """What a source makes of the webhooks that are stored for it."""
    return [seen for event in events if event.source == source.name for seen in run(source.observe(event))]
