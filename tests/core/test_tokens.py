"""tokens: one request for a new token, however many wait for it; over threads, tasks, loops and processes."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from mlconnector_sdk.core.auth import OAuth2ClientCredentials, OAuth2RefreshToken
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.limits import Rate
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime
from mlconnector_sdk.core.tokens import Stage, TokenCache, stage
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import AuthenticationFailed, Throttled, VendorUnavailable
from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .conftest import Loopback, Request, no_jitter, profile, reply

GET = Call(method="GET", path="orders", answer=object)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def token(text: str = "t", *, issued: datetime = NOW, life: float = 3600) -> Token:
    return Token(access_token=Secret(text), issued_at=issued, expires_at=issued + timedelta(seconds=life))


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
def test_the_stages_of_a_life(life: float, left: float, expected: Stage):
    assert stage(token(life=life), NOW + timedelta(seconds=life - left)) is expected
    assert stage(None, NOW) is Stage.SPENT


# --- real sockets: one token request for everybody


class TokenServer:
    """Issues numbered tokens, slowly, and takes only those that were not revoked."""

    def __init__(self, server: Loopback, *, life: int = 3600) -> None:
        self.server = server
        self.issued: list[str] = []
        self.revoked: set[str] = set()
        self._life = life
        self._lock = threading.Lock()
        server.script = self._answer

    def _answer(self, request: Request, connection: Any) -> bytes:
        if request.target == "/token":
            with self._lock:
                self.issued.append(f"token-{len(self.issued) + 1}")
                text = self.issued[-1]
            self.server.stopping.wait(0.05)
            return reply(200, {"access_token": text, "expires_in": self._life})
        text = request.headers.get("authorization", "").removeprefix("Bearer ")
        return reply(401, {}) if text in self.revoked or not text else reply(200, {"ok": True})

    @property
    def used(self) -> set[str]:
        calls = [request for request in self.server.requests if request.target != "/token"]
        return {request.headers["authorization"].removeprefix("Bearer ") for request in calls}


def oauth(server: Loopback, secret: str = "hush", **changes: Any) -> OAuth2ClientCredentials:
    return OAuth2ClientCredentials(f"{server.url}/token", "me", Secret(secret), **changes)


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
):
    vendor = TokenServer(server)
    threads_and_tasks(server, clock)
    assert vendor.issued == ["token-1"]
    clock.advance(3601)
    threads_and_tasks(server, clock)
    assert vendor.issued == ["token-1", "token-2"]
    assert vendor.used == {"token-1", "token-2"}


def test_a_revoked_token_is_renewed_once_for_everybody(server: Loopback, clock: VirtualClock):
    vendor = TokenServer(server)
    threads_and_tasks(server, clock, count=8)
    vendor.revoked.add("token-1")
    threads_and_tasks(server, clock, count=32)
    assert vendor.issued == ["token-1", "token-2"]


def test_an_aging_token_is_renewed_by_one_while_the_others_go_on(server: Loopback, clock: VirtualClock):
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


# --- what a 401 costs


def make(clock: VirtualClock, auth: Any = None, **changes: Any) -> Client:
    auth = auth or OAuth2ClientCredentials("https://auth.test/token", "me", Secret("hush"))
    return Client(profile(**changes), auth, BlockingRuntime(clock=clock), jitter=no_jitter)


def issue(route: respx.Route, **more: Any) -> None:
    numbers = iter(range(1, 1000))
    route.side_effect = lambda request: httpx.Response(
        200, json={"access_token": f"t{next(numbers)}", "expires_in": 3600, **more}
    )


@pytest.fixture
def tokens() -> Any:
    with respx.mock:
        route = respx.post("https://auth.test/token")
        issue(route)
        yield route


def api(*answers: Any) -> respx.Route:
    route = respx.get("https://api.test/v1/orders")
    route.side_effect = [
        httpx.Response(each, json={"ok": True}) if isinstance(each, int) else each for each in answers
    ]
    return route


def test_a_401_is_tried_once_more_with_a_new_token(tokens: respx.Route, clock: VirtualClock):
    route = api(401, 200)
    assert run(make(clock).send(GET)) == {"ok": True}
    assert [call.request.headers["authorization"] for call in route.calls] == ["Bearer t1", "Bearer t2"]
    assert clock.slept == []


def test_a_second_401_is_an_answer_and_costs_no_more_tokens(tokens: respx.Route, clock: VirtualClock):
    route = api(*[401] * 10)
    for _ in range(5):
        with pytest.raises(AuthenticationFailed):
            run(make(clock).send(GET))
    assert tokens.call_count == 2  # the cure was tried once, and did not help
    assert route.call_count == 2 + 4
    clock.advance(61)
    with pytest.raises(AuthenticationFailed):
        run(make(clock).send(GET))
    assert tokens.call_count == 3


def test_a_late_401_does_not_void_a_newer_token():
    cache, runtime = TokenCache(), BlockingRuntime(clock=VirtualClock(NOW))
    waiting = iter([token("old"), token("new")])

    async def renew() -> Token:
        return next(waiting)

    old = run(cache.get(runtime, renew, patience=1.0))
    assert cache.void(old, NOW)
    new = run(cache.get(runtime, renew, patience=1.0))
    assert cache.void(old, NOW)  # worth another try: with the new one
    assert run(cache.get(runtime, renew, patience=1.0)) is new


# --- failures of the token URL


def test_a_failure_is_shared_and_not_remembered(server: Loopback, clock: VirtualClock):
    answers = [500]
    arrived = threading.Barrier(9, timeout=10)

    def script(request: Request, connection: Any) -> bytes:
        if request.target != "/token":
            return reply(200, {})
        if answers:
            arrived.wait()  # until the others are on their way to wait for this one
            server.stopping.wait(0.2)
            return reply(answers.pop(), {})
        return reply(200, {"access_token": "t", "expires_in": 3600})

    server.script = script
    clients = [
        Client(profile(server.url, attempts=1), oauth(server, "other"), BlockingRuntime(clock=clock))
        for _ in range(8)
    ]

    def call(client: Client) -> Any:
        if client is not clients[0]:
            arrived.wait()
        try:
            return run(client.send(GET))
        except VendorUnavailable as error:
            return error

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(call, clients[0])
        deadline = time.monotonic() + 5
        while not server.requests and time.monotonic() < deadline:
            server.stopping.wait(0.005)
        others = [pool.submit(call, client) for client in clients[1:]]
        arrived.wait()
        results = [first.result(), *(other.result() for other in others)]
    asked = [request for request in server.requests if request.target == "/token"]
    assert all(isinstance(result, VendorUnavailable) for result in results)
    assert len(asked) == 1
    assert run(clients[0].send(GET)) == {}
    for client in clients:
        run(client.close())


def test_a_failed_early_renewal_leaves_the_old_token_in_use(tokens: respx.Route, clock: VirtualClock):
    client = make(clock)
    api(*[200] * 10)
    run(client.send(GET))
    clock.advance(3600 - 200)
    tokens.side_effect = None
    tokens.mock(return_value=httpx.Response(503))
    for _ in range(3):
        run(client.send(GET))
    assert tokens.call_count == 2  # one attempt, then a rest
    clock.advance(11)
    run(client.send(GET))
    assert tokens.call_count == 3
    clock.advance(200)
    with pytest.raises(VendorUnavailable):
        run(make(clock, attempts=1).send(GET))


def test_an_outage_of_the_token_url_is_waited_out(tokens: respx.Route, clock: VirtualClock):
    tokens.side_effect = [
        httpx.Response(503),
        httpx.ConnectError("x"),
        httpx.Response(200, json={"access_token": "t"}),
    ]
    api(200)
    assert run(make(clock).send(Call(method="GET", path="orders", answer=object))) == {"ok": True}
    assert clock.slept == [0.5, 1.0]


def test_a_penalty_keeps_everybody_away_from_the_token_url(tokens: respx.Route, clock: VirtualClock):
    auth = OAuth2ClientCredentials(
        "https://auth.test/token", "me", Secret("hush"), penalties={403: 600.0}, limits=(Rate(3, 1.0),)
    )
    tokens.side_effect = [httpx.Response(403)]
    for _ in range(3):
        with pytest.raises(Throttled) as caught:
            run(make(clock, auth).send(GET))
        assert caught.value.not_before == NOW + timedelta(seconds=600)
    assert tokens.call_count == 1
    clock.advance(600)
    issue(tokens)
    api(200)
    assert run(make(clock, auth).send(GET)) == {"ok": True}


def test_a_penalty_does_not_keep_a_good_token_from_work(tokens: respx.Route, clock: VirtualClock):
    client = make(clock)
    api(*[200] * 5)
    run(client.send(GET))
    clock.advance(3600 - 200)
    tokens.side_effect = [httpx.Response(429)]
    run(client.send(GET))
    run(client.send(GET))
    assert tokens.call_count == 2


def test_wrong_credentials_are_said_at_once(tokens: respx.Route, clock: VirtualClock):
    settings = {"client_id": "ACME_ID", "client_secret": "ACME_SECRET"}
    auth = OAuth2ClientCredentials("https://auth.test/token", "me", Secret("hush"), settings=settings)
    tokens.side_effect = [httpx.Response(401, json={"error": "invalid_client"})]
    with pytest.raises(AuthenticationFailed, match="check ACME_ID and ACME_SECRET") as caught:
        run(make(clock, auth).send(GET))
    assert caught.value.path == "ACME_ID"
    assert tokens.call_count == 1


def test_another_secret_is_another_credential(tokens: respx.Route, clock: VirtualClock):
    api(200, 200)
    run(make(clock).send(GET))
    tokens.side_effect = [httpx.Response(401, json={"error": "invalid_client"})]
    wrong = OAuth2ClientCredentials("https://auth.test/token", "me", Secret("guess"))
    with pytest.raises(AuthenticationFailed):
        run(make(clock, wrong).send(GET))


# --- leaders that come to nothing


def cache_with(renewals: list[Callable[[], Any]]) -> Callable[..., Any]:
    cache = TokenCache()
    waiting = iter(renewals)
    return lambda runtime, patience=10.0: cache.get(runtime, lambda: next(waiting)(), patience=patience)


def test_a_cancelled_leader_hands_over():
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
            found = await asyncio.gather(*followers)
        assert len({id(each) for each in found}) == 1
        return found[0]

    assert asyncio.run(main()).access_token == Secret("from the next leader")


def test_a_blocking_call_on_the_leaders_own_loop_does_not_wait_for_ever():
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


def test_those_who_wait_get_a_copy_each_of_the_leaders_error():
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


def test_an_error_that_is_not_ours_goes_to_the_leader_alone():
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
def test_after_a_fork_nobody_waits_for_a_leader_that_stayed_behind(server: Loopback, clock: VirtualClock):
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


# --- a store shared by processes


class SharedTokens:
    """A token store in memory, with claims; what two processes would share on disk."""

    def __init__(self) -> None:
        self.kept: dict[str, Token] = {}
        self.claims: dict[str, tuple[str, datetime]] = {}
        self.log: list[str] = []
        self._lock = threading.Lock()

    def get(self, key: str) -> Token | None:
        return self.kept.get(key)

    def put(self, key: str, token: Token) -> None:
        self.log.append("put")
        self.kept[key] = token

    def claim(self, key: str, owner: str, *, now: datetime, until: datetime) -> bool:
        with self._lock:
            holder = self.claims.get(key)
            if holder and holder[0] != owner and holder[1] > now:
                return False
            self.claims[key] = (owner, until)
            self.log.append("claim")
            return True

    def release(self, key: str, owner: str) -> None:
        self.log.append("release")
        if self.claims.get(key, ("",))[0] == owner:
            del self.claims[key]


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


def test_a_second_process_takes_the_token_from_the_store(tokens: respx.Route):
    store = SharedTokens()
    api(200, 200)
    for _ in range(2):  # a clock of its own stands for a process of its own: nothing else is shared
        run(make(VirtualClock(NOW), stored(store)).send(GET))
    assert tokens.call_count == 1
    assert store.log == ["claim", "put", "release"]
    assert "hush" not in repr(store.kept)


def test_a_refused_token_is_not_taken_from_the_store_again(tokens: respx.Route):
    store = SharedTokens()
    route = api(401, 200)
    run(make(VirtualClock(NOW), stored(store)).send(GET))
    assert [call.request.headers["authorization"] for call in route.calls] == ["Bearer t1", "Bearer t2"]
    assert store.kept[stored(store).key].access_token == Secret("t2")


def test_while_another_process_renews_this_one_waits_for_its_token(tokens: respx.Route):
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


def test_a_claim_whose_owner_died_runs_out(tokens: respx.Route):
    store = SharedTokens()
    clock = VirtualClock(NOW)
    store.claim(stored(store).key, "dead", now=NOW, until=NOW + timedelta(seconds=20))
    api(200)
    run(make(clock, stored(store)).send(GET))
    assert tokens.call_count == 1
    assert 20 <= clock.monotonic() < 21


def test_a_claim_is_given_back_when_the_renewal_fails(tokens: respx.Route, clock: VirtualClock):
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


def test_many_processes_make_one_token_request(server: Loopback):
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


def test_an_async_store_with_async_clients(tokens: respx.Route):
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


# --- refresh tokens


def granted(store: Any = None, **changes: Any) -> OAuth2RefreshToken:
    return OAuth2RefreshToken(
        "https://auth.test/token",
        "me",
        Secret("hush"),
        account="https://x3.test",
        token_store=store,
        **changes,
    )


def grants(tokens: respx.Route) -> list[str]:
    return [call.request.content.decode().split("&client_id")[0] for call in tokens.calls]


def test_rotation_replaces_the_pair_in_the_store(tokens: respx.Route):
    store = SharedTokens()
    issue(tokens, refresh_token="r2")
    api(200, 200)
    clock = VirtualClock(NOW)
    run(make(clock, granted(store, refresh_token=Secret("r1"))).send(GET))
    clock.advance(3600)
    run(make(clock, granted(store, refresh_token=Secret("r1"))).send(GET))
    assert grants(tokens) == [
        "grant_type=refresh_token&refresh_token=r1",
        "grant_type=refresh_token&refresh_token=r2",
    ]
    assert store.kept[granted().key].refresh_token == Secret("r2")


def test_a_refresh_token_outlives_a_refused_access_token(tokens: respx.Route, clock: VirtualClock):
    issue(tokens, refresh_token="r2")
    api(200, 401, 200)
    client = make(clock, granted(refresh_token=Secret("r1")))
    run(client.send(GET))
    run(client.send(GET))
    assert grants(tokens)[-1] == "grant_type=refresh_token&refresh_token=r2"


def test_a_code_is_used_once_and_then_its_refresh_token(tokens: respx.Route, clock: VirtualClock):
    issue(tokens, refresh_token="r1")
    api(200, 200)
    client = make(clock, granted(code=Secret("c"), redirect_uri="https://me.test/back"))
    run(client.send(GET))
    clock.advance(3600)
    run(client.send(GET))
    assert grants(tokens) == [
        "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fme.test%2Fback",
        "grant_type=refresh_token&refresh_token=r1",
    ]


def test_a_new_authorization_in_the_settings_replaces_a_dead_one_in_the_store(tokens: respx.Route):
    store = SharedTokens()
    dead = Token(access_token=Secret("old"), issued_at=NOW, expires_at=NOW, refresh_token=Secret("dead"))
    store.kept[granted().key] = dead
    tokens.side_effect = [
        httpx.Response(400, json={"error": "invalid_grant"}),
        httpx.Response(200, json={"access_token": "t", "refresh_token": "r9"}),
    ]
    api(200)
    run(make(VirtualClock(NOW), granted(store, refresh_token=Secret("new"))).send(GET))
    assert grants(tokens)[-1] == "grant_type=refresh_token&refresh_token=new"
    assert store.kept[granted().key].refresh_token == Secret("r9")


def test_a_spent_authorization_asks_for_a_person(tokens: respx.Route, clock: VirtualClock):
    tokens.side_effect = [httpx.Response(400, json={"error": "invalid_grant"})]
    with pytest.raises(AuthenticationFailed, match="a person has to grant it again"):
        run(make(clock, granted(refresh_token=Secret("r1"))).send(GET))
    with pytest.raises(AuthenticationFailed, match="nobody has granted"):
        run(make(clock, granted()).send(GET))


def test_two_accounts_of_one_app_are_two_credentials():
    assert (
        granted().key
        != OAuth2RefreshToken(
            "https://auth.test/token", "me", Secret("hush"), account="https://other.test"
        ).key
    )
