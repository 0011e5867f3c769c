"""oauth2: one token for several processes, by way of a store."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from mlconnector_sdk.core.auth import OAuth2ClientCredentials
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import AuthenticationFailed
from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import profile
from .issuers import GET, NOW, SharedTokens, TokenServer, api, make, oauth, token
from .loopback import Loopback


class AsyncSharedTokens:
    """The same behind an async interface."""

    def __init__(self) -> None:
        self.inner = SharedTokens()

    async def get(self, key: str) -> Token | None:
        await asyncio.sleep(0)
        return self.inner.get(key)

    async def put(self, key: str, token: Token) -> None:
        self.inner.put(key, token)

    async def claim(self, key: str, owner: str, *, now: datetime, until: datetime) -> bool:
        return self.inner.claim(key, owner, now=now, until=until)

    async def release(self, key: str, owner: str) -> None:
        self.inner.release(key, owner)


def stored(store: Any, **changes: Any) -> OAuth2ClientCredentials:
    return OAuth2ClientCredentials(
        "https://auth.test/token", "me", Secret("hush"), token_store=store, **changes
    )


def test_a_second_process_takes_the_token_from_the_store(tokens: respx.Route) -> None:
    store = SharedTokens()
    api(200, 200)
    for _ in range(2):  # a clock of its own stands for a process of its own: nothing else is shared
        run(make(VirtualClock(NOW), stored(store)).send(GET))
    assert tokens.call_count == 1
    assert store.log == ["claim", "put", "release"]
    assert "hush" not in repr(store.kept)


def test_a_refused_token_is_not_taken_from_the_store_again(tokens: respx.Route) -> None:
    store = SharedTokens()
    route = api(401, 200)
    run(make(VirtualClock(NOW), stored(store)).send(GET))
    assert [call.request.headers["authorization"] for call in route.calls] == ["Bearer t1", "Bearer t2"]
    assert store.kept[stored(store).key].access_token == Secret("t2")


def test_while_another_process_renews_this_one_waits_for_its_token(tokens: respx.Route) -> None:
    store = SharedTokens()
    clock = VirtualClock(NOW)
    key = stored(store).key
    store.claim(key, "the other", now=NOW, until=NOW + timedelta(seconds=30))
    polls = 0
    plain = store.get

    def get(key: str) -> Token | None:
        nonlocal polls
        polls += 1
        if polls == 4:
            store.put(key, token("from the other", issued=clock.now()))
        return plain(key)

    store.get = get  # type: ignore[method-assign]  # another process, in one line
    route = api(200)
    run(make(clock, stored(store)).send(GET))
    assert route.calls[0].request.headers["authorization"] == "Bearer from the other"
    assert tokens.call_count == 0
    assert clock.slept == [0.25] * 3


def test_a_claim_whose_owner_died_runs_out(tokens: respx.Route) -> None:
    store = SharedTokens()
    clock = VirtualClock(NOW)
    store.claim(stored(store).key, "dead", now=NOW, until=NOW + timedelta(seconds=20))
    api(200)
    run(make(clock, stored(store)).send(GET))
    assert tokens.call_count == 1
    assert 20 <= clock.monotonic() < 21


def test_a_claim_is_given_back_when_the_renewal_fails(tokens: respx.Route, clock: VirtualClock) -> None:
    store = SharedTokens()
    tokens.side_effect = [httpx.Response(401)]
    with pytest.raises(AuthenticationFailed):
        run(make(clock, stored(store)).send(GET))
    assert store.claims == {}


class RealTime:
    """Real time, but not the system's clock: whoever has it shares no state with anybody."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def test_many_processes_make_one_token_request(server: Loopback) -> None:
    vendor = TokenServer(server)
    store = SharedTokens()

    def process(_: int) -> None:
        auth = oauth(server, token_store=store)
        client = Client(profile(server.url), auth, BlockingRuntime(clock=RealTime()))
        run(client.send(GET))
        run(client.close())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(process, range(8)))
    assert vendor.issued == ["token-1"]
    assert store.log.count("put") == 1


def test_an_async_store_with_async_clients(tokens: respx.Route) -> None:
    store = AsyncSharedTokens()
    api(200)

    async def main() -> Any:
        runtime = AsyncRuntime(clock=VirtualClock(NOW))
        client = Client(profile(), stored(store), runtime)
        try:
            return await client.send(GET)
        finally:
            await client.close()

    assert asyncio.run(main()) == {"ok": True}
    assert store.inner.log == ["claim", "put", "release"]
    with pytest.raises(RuntimeError, match="use the async client"):
        run(make(VirtualClock(NOW), stored(store)).send(GET))
