"""Runs acts of the pipeline in a forked child that may kill itself at a given effect; then in the next one.

One JSON object per line comes in (`Act`), one goes out: how it ended. A child lives until it is killed. The
parent stays free of threads, so that forking it is safe and fast.
"""

from __future__ import annotations

import gc
import json
import logging
import math
import os
import shutil
import traceback
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

import httpx
from attrs import evolve

from mlconnector_sdk import (
    Pipeline,
    Plex,
    PlexSettings,
    Secret,
    SQLiteStore,
    Stedi,
    StediSettings,
    StediWebhook,
)
from mlconnector_sdk.adapters.plex import plex_profile
from mlconnector_sdk.adapters.stedi import stedi_profile
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.pipelines.partner_files import PartnerFiles, read_partner_files
from mlconnector_sdk.testing.clock import VirtualClock
from mlconnector_sdk.testing.crash import Effects
from tests.crash.keyless import without_keys

__all__ = ["Act", "Ended"]


class Act(TypedDict):
    """What one process does: take webhooks, take a person's answers, run flows.

    Attributes:
        database: The SQLite file; made of ``template`` where it is not there yet.
        now: What its clock shows at the beginning.
        advance: Where the vendors' clock is told how long it has slept: they have waited too.
        timeout: Real seconds that a request may take; 0: as usual.
        settled: Entries with an uncertain outcome, and whether they arrived.
        kill_at: As `Effects` takes it.
        keyless: Whether orders go to a sink that knows no idempotency keys.
        healthy: Whether a problem of a flow is a failure of the act.
        fork: Whether a child does it.
    """

    database: str
    template: str
    partners: str
    plex: dict[str, str]
    stedi: dict[str, str]
    now: str
    advance: str
    since: str
    timeout: float
    webhooks: list[str]
    webhook_key: str
    settled: list[tuple[str, bool]]
    flows: list[str]
    kill_at: str | int
    keyless: bool
    healthy: bool
    fork: bool


class Ended(TypedDict):
    """How an act ended.

    Attributes:
        signal: 9 when the process was killed by SIGKILL, else 0.
        failure: What went wrong, with the traceback, or the empty string.
        points: All that were reached; of a process that was killed only the last one.
        letters: Of a healthy act: what its pipeline puts before a person, as the ids of the entries.
    """

    signal: int
    failure: str
    points: list[str]
    letters: list[str]


class SharedClock(VirtualClock):
    """Sleeps, in whole seconds, by letting the vendors' time pass."""

    def __init__(self, start: datetime, advance: str) -> None:
        super().__init__(start)
        self._advance = advance

    def sleep(self, seconds: float) -> None:
        whole = math.ceil(seconds)
        super().sleep(whole)
        with httpx.Client(verify=False, trust_env=False, timeout=60.0) as client:
            client.post(self._advance, json={"seconds": whole}).raise_for_status()


def perform(act: Act, effects: Effects, clock: VirtualClock) -> list[str]:
    """What the process does; returns the letters."""
    with _plex(act, effects, clock) as plex, _stedi(act, effects, clock) as stedi:
        if not Path(act["database"]).exists():
            shutil.copyfile(act["template"], act["database"])
        with SQLiteStore(act["database"]) as file:
            store = effects.store(file)
            partners = _partners(act["partners"])
            sync: Pipeline = plex_stedi.pipeline(plex, stedi, store=store, partners=partners)
            if act["keyless"]:
                name = plex_stedi.PURCHASE_ORDERS
                sync.flows[name] = without_keys(sync.flows[name], stedi)
            _receive(sync, act)
            for entry_id, arrived in act["settled"]:
                sync.settle(entry_id, arrived=arrived, by="the test", reason="the network's own list says so")
            _run(sync, act)
            return [entry.id for entry in sync.dead_letters()] if act["healthy"] else []


@cache
def _partners(path: str) -> PartnerFiles:
    """Read once, by the parent: the files do not change."""
    return read_partner_files(path)


def _plex(act: Act, effects: Effects, clock: VirtualClock) -> Plex:
    plex = act["plex"]
    profile = plex_profile()
    return Plex(
        PlexSettings(
            client_id=plex["client_id"],
            client_secret=Secret(plex["client_secret"]),
            pcn=plex["pcn"],
            base_url=plex["url"],
            token_url=plex["token_url"],
        ),
        profile=evolve(profile, timeout=act["timeout"] or profile.timeout),
        transport=effects.transport(httpx.HTTPTransport(verify=False)),
        clock=clock,
    )


def _stedi(act: Act, effects: Effects, clock: VirtualClock) -> Stedi:
    profile = stedi_profile()
    return Stedi(
        StediSettings(api_key=Secret(act["stedi"]["api_key"]), base_url=act["stedi"]["url"]),
        profile=evolve(profile, timeout=act["timeout"] or profile.timeout),
        transport=effects.transport(httpx.HTTPTransport(verify=False)),
        clock=clock,
    )


def _receive(sync: Pipeline, act: Act) -> None:
    parser = StediWebhook(secret=Secret(act["webhook_key"]), header="x-api-key")
    headers = {"x-api-key": act["webhook_key"]}
    for body in act["webhooks"]:
        for event in parser.parse(headers, body.encode(), received_at=sync.clock.now()):
            sync.receive(event)


def _run(sync: Pipeline, act: Act) -> None:
    flows: Sequence[str] = act["flows"] or tuple(sync.flows)
    new = [flow for flow in flows if sync.store.checkpoint(flow) is None]
    known = [flow for flow in flows if flow not in new]
    since = datetime.fromisoformat(act["since"])
    reports = [sync.run(new, since=since)] if new else []
    reports += [sync.run(known)] if known else []
    if act["healthy"]:
        for report in reports:
            report.raise_for_problems()


def live(act: Act, last_words: int) -> None:
    """What a child does until it is killed or nobody wants anything any more: one act after the other."""
    _answer(_attempt(act, last_words))
    while (line := _line()) is not None:
        _answer(_attempt(json.loads(line), last_words))


def _attempt(act: Act, last_words: int) -> Ended:
    """Perform an act; before it dies, a process says where."""
    clock = SharedClock(datetime.fromisoformat(act["now"]), act["advance"])
    points: list[str] = []

    def reached(point: str) -> None:
        points.append(point)
        if act["kill_at"] in (point, len(points)):
            os.write(last_words, point.encode())

    failure, letters = "", []
    try:
        letters = perform(act, Effects(act["kill_at"], reached=reached), clock)
    except Exception:  # noqa: BLE001 - whatever it is, the test is told
        failure = traceback.format_exc()
    return Ended(signal=0, failure=failure, points=points, letters=letters)


def _child(act: Act) -> Ended | None:
    """Fork a child that goes on with everything until it is killed; None when it ended by itself."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            live(act, writing)
        finally:
            os._exit(0)
    os.close(writing)
    _, how = os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        last_words = pipe.read()
    if not os.WIFSIGNALED(how):
        return None
    return Ended(signal=os.WTERMSIG(how), failure="", points=[last_words], letters=[])


def _line() -> str | None:
    """The next act; unbuffered, because parent and child read from one pipe in turns."""
    read = b""
    while not read.endswith(b"\n"):
        part = os.read(0, 1 << 20)
        if not part:
            return None
        read += part
    return read.decode()


def _answer(ended: Ended) -> None:
    os.write(1, json.dumps(ended).encode() + b"\n")


def main() -> None:
    logging.getLogger("mlconnector_sdk").addHandler(logging.NullHandler())
    while (line := _line()) is not None:
        act: Any = json.loads(line)
        if act["fork"]:
            ended = _child(act)
        else:  # at the start: what is imported and prepared here, children need not do again
            ended = _attempt(act, os.open(os.devnull, os.O_WRONLY))
            gc.collect()
            gc.freeze()
        if ended is not None:
            _answer(ended)


if __name__ == "__main__":
    main()
