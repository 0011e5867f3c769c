"""Runs acts of the pipeline, each in a forked child that may kill itself at a given effect.

One JSON object per line comes in (`Act`), one goes out: how the child ended, and the points it reached.
The parent stays free of threads, so that forking it is safe and fast.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from typing import Any, TypedDict

import httpx

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
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.testing.clock import VirtualClock
from mlconnector_sdk.testing.crash import Effects


class Act(TypedDict):
    """What one child does: an optional webhook first, then a run."""

    folder: str
    plex: dict[str, str]
    stedi: dict[str, str]
    now: str
    since: str
    webhook: str | None
    webhook_key: str
    kill_at: str
    fork: bool


class Ended(TypedDict):
    """How a child ended: 9 for SIGKILL, 0 for success."""

    signal: int
    status: int
    points: list[str]


def perform(act: Act, points: int) -> None:
    """What the child does; it writes each point it reaches to a pipe, so that they survive it."""
    effects = Effects(kill_at=act["kill_at"], reached=lambda point: os.write(points, f"{point}\n".encode()))
    clock = VirtualClock(datetime.fromisoformat(act["now"]))
    plex = Plex(
        PlexSettings(
            client_id=act["plex"]["client_id"],
            client_secret=Secret(act["plex"]["client_secret"]),
            pcn=act["plex"]["pcn"],
            base_url=act["plex"]["url"],
            token_url=act["plex"]["token_url"],
        ),
        transport=effects.transport(httpx.HTTPTransport(verify=False)),
        clock=clock,
    )
    stedi = Stedi(
        StediSettings(api_key=Secret(act["stedi"]["api_key"]), base_url=act["stedi"]["url"]),
        transport=effects.transport(httpx.HTTPTransport(verify=False)),
        clock=clock,
    )
    store = effects.store(SQLiteStore(f"{act['folder']}/sync.db"))
    sync: Pipeline = plex_stedi.pipeline(plex, stedi, store=store, partners=f"{act['folder']}/partners.toml")
    if act["webhook"] is not None:
        parser = StediWebhook(secret=Secret(act["webhook_key"]), header="x-api-key")
        headers = {"x-api-key": act["webhook_key"]}
        for event in parser.parse(headers, act["webhook"].encode(), received_at=clock.now()):
            sync.receive(event)
    sync.run(since=datetime.fromisoformat(act["since"])).raise_for_problems()


def in_child(act: Act) -> Ended:
    """Fork, perform, wait."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            perform(act, writing)
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        reached = pipe.read().split("\n")[:-1]
    _, how = os.waitpid(child, 0)
    return Ended(signal=os.WTERMSIG(how) if os.WIFSIGNALED(how) else 0, status=how, points=reached)


def main() -> None:
    for line in sys.stdin:
        act: Any = json.loads(line)
        if act["fork"]:
            print(json.dumps(in_child(act)), flush=True)
        else:  # once, at the start: what is imported and prepared here, children need not do again
            perform(act, os.open(os.devnull, os.O_WRONLY))
            print(json.dumps(Ended(signal=0, status=0, points=[])), flush=True)


if __name__ == "__main__":
    main()
