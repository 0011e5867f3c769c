"""A process that sends, and is killed right after its bytes have left. Started by quickstart.py.

The operating system ends it with SIGKILL, so that no ``finally`` and no ``except`` runs: the answer is there,
and nobody notes it.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime

import httpx

from mlconnector_sdk import Plex, PlexSettings, Secret, SQLiteStore, Stedi, StediSettings
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.testing.clock import VirtualClock
from mlconnector_sdk.testing.crash import Effects


def main() -> None:
    told = json.load(sys.stdin)
    clock = VirtualClock(datetime.fromisoformat(told["now"]))
    effects = Effects(kill_at="http POST 1 after")  # Stedi's first answer to something that was sent
    plex = Plex(
        PlexSettings(
            client_id=told["plex"]["client_id"],
            client_secret=Secret(told["plex"]["client_secret"]),
            pcn=told["plex"]["pcn"],
            base_url=told["plex"]["url"],
            token_url=told["plex"]["token_url"],
        ),
        clock=clock,
    )
    stedi = Stedi(
        StediSettings(api_key=Secret(told["stedi"]["api_key"]), base_url=told["stedi"]["url"]),
        transport=effects.transport(httpx.HTTPTransport()),
        clock=clock,
    )
    store = SQLiteStore(told["store"])
    plex_stedi.pipeline(plex, stedi, store=store, partners=told["partners"]).run()
    raise SystemExit("it was to be killed, and was not")


if __name__ == "__main__":
    main()
