"""oauth2: what a refused token costs, token URLs that fail, and authorizations that persons granted."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx

from mlconnector_sdk.core.auth import OAuth2ClientCredentials, OAuth2RefreshToken
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.limits import Rate
from mlconnector_sdk.core.runtime import BlockingRuntime
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import AuthenticationFailed, Throttled, VendorUnavailable
from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import profile
from .issuers import GET, NOW, SharedTokens, api, issue, make, oauth
from .loopback import Loopback, Request, reply


def test_a_401_is_tried_once_more_with_a_new_token(tokens: respx.Route, clock: VirtualClock) -> None:
    route = api(401, 200)
    assert run(make(clock).send(GET)) == {"ok": True}
    assert [call.request.headers["authorization"] for call in route.calls] == ["Bearer t1", "Bearer t2"]
    assert clock.slept == []


def test_a_second_401_is_an_answer_and_costs_no_more_tokens(tokens: respx.Route, clock: VirtualClock) -> None:
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


# --- failures of the token URL


def test_a_failure_is_shared_and_not_remembered(server: Loopback, clock: VirtualClock) -> None:
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


def test_a_failed_early_renewal_leaves_the_old_token_in_use(tokens: respx.Route, clock: VirtualClock) -> None:
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


def test_an_outage_of_the_token_url_is_waited_out(tokens: respx.Route, clock: VirtualClock) -> None:
    tokens.side_effect = [
        httpx.Response(503),
        httpx.ConnectError("x"),
        httpx.Response(200, json={"access_token": "t"}),
    ]
    api(200)
    assert run(make(clock).send(Call(method="GET", path="orders", answer=object))) == {"ok": True}
    assert clock.slept == [0.5, 1.0]


def test_a_penalty_keeps_everybody_away_from_the_token_url(tokens: respx.Route, clock: VirtualClock) -> None:
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


def test_a_penalty_does_not_keep_a_good_token_from_work(tokens: respx.Route, clock: VirtualClock) -> None:
    client = make(clock)
    api(*[200] * 5)
    run(client.send(GET))
    clock.advance(3600 - 200)
    tokens.side_effect = [httpx.Response(429)]
    run(client.send(GET))
    run(client.send(GET))
    assert tokens.call_count == 2


def test_wrong_credentials_are_said_at_once(tokens: respx.Route, clock: VirtualClock) -> None:
    settings = {"client_id": "ACME_ID", "client_secret": "ACME_SECRET"}
    auth = OAuth2ClientCredentials("https://auth.test/token", "me", Secret("hush"), settings=settings)
    tokens.side_effect = [httpx.Response(401, json={"error": "invalid_client"})]
    with pytest.raises(AuthenticationFailed, match="check ACME_ID and ACME_SECRET") as caught:
        run(make(clock, auth).send(GET))
    assert caught.value.path == "ACME_ID"
    assert tokens.call_count == 1


def test_another_secret_is_another_credential(tokens: respx.Route, clock: VirtualClock) -> None:
    api(200, 200)
    run(make(clock).send(GET))
    tokens.side_effect = [httpx.Response(401, json={"error": "invalid_client"})]
    wrong = OAuth2ClientCredentials("https://auth.test/token", "me", Secret("guess"))
    with pytest.raises(AuthenticationFailed):
        run(make(clock, wrong).send(GET))


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


def test_rotation_replaces_the_pair_in_the_store(tokens: respx.Route) -> None:
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


def test_a_refresh_token_outlives_a_refused_access_token(tokens: respx.Route, clock: VirtualClock) -> None:
    issue(tokens, refresh_token="r2")
    api(200, 401, 200)
    client = make(clock, granted(refresh_token=Secret("r1")))
    run(client.send(GET))
    run(client.send(GET))
    assert grants(tokens)[-1] == "grant_type=refresh_token&refresh_token=r2"


def test_a_code_is_used_once_and_then_its_refresh_token(tokens: respx.Route, clock: VirtualClock) -> None:
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


def test_a_code_is_never_used_twice(tokens: respx.Route, clock: VirtualClock) -> None:
    api(200)
    client = make(clock, granted(code=Secret("c")))
    run(client.send(GET))
    clock.advance(3600)
    with pytest.raises(AuthenticationFailed, match="nobody has granted"):
        run(client.send(GET))
    assert tokens.call_count == 1


def test_a_new_authorization_in_the_settings_replaces_a_dead_one_in_the_store(tokens: respx.Route) -> None:
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


def test_a_spent_authorization_asks_for_a_person(tokens: respx.Route, clock: VirtualClock) -> None:
    tokens.side_effect = [httpx.Response(400, json={"error": "invalid_grant"})]
    with pytest.raises(AuthenticationFailed, match="a person has to grant it again"):
        run(make(clock, granted(refresh_token=Secret("r1"))).send(GET))
    with pytest.raises(AuthenticationFailed, match="nobody has granted"):
        run(make(clock, granted()).send(GET))


def test_two_accounts_of_one_app_are_two_credentials() -> None:
    assert (
        granted().key
        != OAuth2RefreshToken(
            "https://auth.test/token", "me", Secret("hush"), account="https://other.test"
        ).key
    )
