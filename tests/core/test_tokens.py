"""tokens: one request for a new token, however many threads, tasks and loops wait for it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime
from mlconnector_sdk.core.tokens import Stage, TokenCache, stage
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import VendorUnavailable
from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import profile
from .issuers import GET, NOW, TokenServer, oauth, token
from .loopback import Loopback, Request


@pytest.mark.parametrize(
    ("life", "left", "expected"),
    [
        (3600, 3600, Stage.FRESH),
        (3600, 301, Stage.FRESH),
        (3600, 300, Stage.AGING),
        (3600, 31, Stage.AGING),
        (3600, 30, Stage.SPENT),
        (3600, -5, Stage.SPENT),
        (300, 61, Stage.FRESH),
        (300, 60, Stage.AGING),
        (300, 30, Stage.SPENT),
        (10, 3, Stage.FRESH),
        (10, 2, Stage.AGING),
        (10, 1, Stage.SPENT),
    ],
)
def test_the_stages_of_a_life(life: float, left: float, expected: Stage) -> None:
    assert stage(token(life=life), NOW + timedelta(seconds=life - left)) is expected
    assert stage(None, NOW) is Stage.SPENT


def threads_and_tasks(server: Loopback, clock: VirtualClock, count: int = 64) -> None:
    """So many blocking clients in threads, and so many tasks on another loop, all with one credential."""

    def blocking(_: int) -> None:
        client = Client(profile(server.url), oauth(server), BlockingRuntime(clock=clock))
        run(client.send(GET))
        run(client.close())

    async def tasks() -> None:
        client = Client(profile(server.url), oauth(server), AsyncRuntime(clock=clock))
        await asyncio.gather(*(client.send(GET) for _ in range(count)))
        await client.close()

    with ThreadPoolExecutor(count + 2) as pool:
        loops = [pool.submit(asyncio.run, tasks()) for _ in range(2)]
        list(pool.map(blocking, range(count)))
        for loop in loops:
            loop.result()


def test_64_threads_and_64_tasks_make_one_token_request_cold_and_at_expiry(
    server: Loopback, clock: VirtualClock
) -> None:
    vendor = TokenServer(server)
    threads_and_tasks(server, clock)
    assert vendor.issued == ["token-1"]
    clock.advance(3601)
    threads_and_tasks(server, clock)
    assert vendor.issued == ["token-1", "token-2"]
    assert vendor.used == {"token-1", "token-2"}


def test_a_revoked_token_is_renewed_once_for_everybody(server: Loopback, clock: VirtualClock) -> None:
    vendor = TokenServer(server)
    threads_and_tasks(server, clock, count=8)
    vendor.revoked.add("token-1")
    threads_and_tasks(server, clock, count=32)
    assert vendor.issued == ["token-1", "token-2"]


def test_an_aging_token_is_renewed_by_one_while_the_others_go_on(
    server: Loopback, clock: VirtualClock
) -> None:
    vendor = TokenServer(server)
    client = Client(profile(server.url), oauth(server), BlockingRuntime(clock=clock))
    run(client.send(GET))
    clock.advance(3600 - 200)
    asking, answering = threading.Event(), threading.Event()
    plain = server.script

    def slow(request: Request, connection: Any) -> bytes | None:
        if request.target == "/token":
            asking.set()
            answering.wait(10)
        return plain(request, connection)

    server.script = slow
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(run, client.send(GET))
        assert asking.wait(10)
        run(client.send(GET))  # does not wait for the leader
        assert vendor.used == {"token-1"}
        answering.set()
        leader.result()
    run(client.send(GET))
    assert vendor.used == {"token-1", "token-2"}
    run(client.close())


def test_a_late_401_does_not_void_a_newer_token() -> None:
    cache, runtime = TokenCache(), BlockingRuntime(clock=VirtualClock(NOW))
    waiting = iter([token("old"), token("new")])

    async def renew() -> Token:
        return next(waiting)

    old = run(cache.get(runtime, renew, patience=1.0))
    assert cache.void(old, NOW)
    new = run(cache.get(runtime, renew, patience=1.0))
    assert cache.void(old, NOW)  # worth another try: with the new one
    assert run(cache.get(runtime, renew, patience=1.0)) is new


def cache_with(renewals: list[Callable[[], Any]]) -> Callable[..., Any]:
    cache = TokenCache()
    waiting = iter(renewals)
    return lambda runtime, patience=10.0: cache.get(runtime, lambda: next(waiting)(), patience=patience)


def test_a_cancelled_leader_hands_over() -> None:
    async def main() -> Token:
        asking = asyncio.Event()

        async def never() -> Token:
            asking.set()
            await asyncio.Event().wait()
            raise AssertionError

        async def soon() -> Token:
            return token("from the next leader")

        get = cache_with([never, soon])
        runtime = AsyncRuntime(clock=VirtualClock(NOW))
        leader = asyncio.create_task(get(runtime, patience=1000.0))
        await asking.wait()
        followers = [asyncio.create_task(get(runtime, patience=1000.0)) for _ in range(5)]
        await asyncio.sleep(0)
        leader.cancel()
        async with asyncio.timeout(5):
            found: list[Token] = await asyncio.gather(*followers)
        assert len({id(each) for each in found}) == 1
        return found[0]

    assert asyncio.run(main()).access_token == Secret("from the next leader")


def test_a_blocking_call_on_the_leaders_own_loop_does_not_wait_for_ever() -> None:
    async def main() -> Token:
        asking = asyncio.Event()

        async def slow() -> Token:
            asking.set()
            await asyncio.sleep(30)
            raise AssertionError

        async def own() -> Token:
            return token("own")

        get = cache_with([slow, own])
        clock = VirtualClock(NOW)
        leader = asyncio.create_task(get(AsyncRuntime(clock=clock)))
        await asking.wait()
        found: Token = run(get(BlockingRuntime(clock=clock), patience=0.05))
        leader.cancel()
        return found

    assert asyncio.run(main()).access_token == Secret("own")


def test_those_who_wait_get_a_copy_each_of_the_leaders_error() -> None:
    async def main() -> list[Any]:
        asking = asyncio.Event()

        async def fails() -> Token:
            asking.set()
            await asyncio.sleep(0.01)
            raise VendorUnavailable("an outage")

        get = cache_with([fails])
        runtime = AsyncRuntime(clock=VirtualClock(NOW))
        leader = asyncio.create_task(get(runtime))
        await asking.wait()
        followers = [asyncio.create_task(get(runtime)) for _ in range(3)]
        return await asyncio.gather(leader, *followers, return_exceptions=True)

    errors = asyncio.run(main())
    assert [str(each) for each in errors] == ["an outage"] * 4
    assert len({id(each) for each in errors}) == 4  # tracebacks and later changes do not mix


def test_an_error_that_is_not_ours_goes_to_the_leader_alone() -> None:
    runtime = BlockingRuntime(clock=VirtualClock(NOW))

    async def bug() -> Token:
        raise KeyError("bug")

    async def fine() -> Token:
        return token()

    get = cache_with([bug, fine])
    with pytest.raises(KeyError):
        run(get(runtime))
    assert run(get(runtime)) == token()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_after_a_fork_nobody_waits_for_a_leader_that_stayed_behind(
    server: Loopback, clock: VirtualClock
) -> None:
    TokenServer(server)
    plain = server.script
    asking, answering = threading.Event(), threading.Event()

    def slow(request: Request, connection: Any) -> bytes | None:
        if request.target == "/token" and not answering.is_set():
            asking.set()
            answering.wait(10)
        return plain(request, connection)

    server.script = slow
    client = Client(profile(server.url), oauth(server, "forked"), BlockingRuntime(clock=clock))
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(run, client.send(GET))
        assert asking.wait(10)
        child = os.fork()
        if child == 0:
            try:
                answering.set()
                threading.Timer(20, os._exit, (3,)).start()
                ours = Client(profile(server.url), oauth(server, "forked"), BlockingRuntime(clock=clock))
                os._exit(0 if run(ours.send(GET)) == {"ok": True} else 1)
            finally:
                os._exit(2)
        answering.set()
        assert os.waitpid(child, 0)[1] == 0
        leader.result()
    run(client.close())
