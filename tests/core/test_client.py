"""client: what a request looks like, documents from elsewhere, readiness, and faces."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import timedelta
from types import NoneType
from typing import Any

import httpx
import pytest
import respx
from attrs import evolve

from mlconnector_sdk.core.answers import Location
from mlconnector_sdk.core.auth import ApiKey, Basic, NoAuth, OAuth2ClientCredentials
from mlconnector_sdk.core.call import Call, Content, Form, Json, Resource, endpoint, path
from mlconnector_sdk.core.client import Client, VendorFace
from mlconnector_sdk.core.limits import Rate
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime
from mlconnector_sdk.dual import Blocking, Colour, NonBlocking, run
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    ConfigurationError,
    OutcomeUnknown,
    RequestRefused,
    Scope,
    Throttled,
    UnreadableAnswer,
    VendorUnavailable,
)
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock
from mlconnector_sdk.version import __version__

from .calls import no_jitter, profile
from .loopback import Loopback, reply

GET = Call(method="GET", path="orders", answer=object)
OK = httpx.Response(200, json={})


@pytest.fixture
def vendor() -> Iterator[respx.Route]:
    with respx.mock:
        route = respx.route(host="api.test")
        route.mock(return_value=OK)
        yield route


def make(auth: Any = None, clock: VirtualClock | None = None, **changes: Any) -> Client:
    client_changes = {name: changes.pop(name) for name in ("headers", "user_agent") if name in changes}
    runtime = BlockingRuntime(clock=clock or VirtualClock())
    return Client(profile(**changes), auth or NoAuth(), runtime, jitter=no_jitter, **client_changes)


def sent(vendor: respx.Route, call: Call[Any], **changes: Any) -> httpx.Request:
    run(make(**changes).exchange(call))
    request: httpx.Request = vendor.calls.last.request
    return request


def test_a_plain_request(vendor: respx.Route) -> None:
    request = sent(vendor, evolve(GET, params=(("a", "x y"), ("a", "ü"))), user_agent="host/2")
    assert str(request.url) == "https://api.test/v1/orders?a=x%20y&a=%C3%BC"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert request.headers["user-agent"] == f"mlconnector-sdk/{__version__} python/{version} host/2"
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert "content-type" not in request.headers


@pytest.mark.parametrize(
    ("body", "media_type", "data"),
    [
        (Json({"a": None}), "application/json", b'{"a":null}'),
        (Form((("a b", "c&d"), ("a b", "2"))), "application/x-www-form-urlencoded", b"a+b=c%26d&a+b=2"),
        (Content(b"ISA*", "application/edi-x12"), "application/edi-x12", b"ISA*"),
    ],
)
def test_bodies(vendor: respx.Route, body: Any, media_type: str, data: bytes) -> None:
    request = sent(vendor, Call(method="POST", path="x", answer=NoneType, body=body))
    assert (request.headers["content-type"], request.content) == (media_type, data)


def test_later_headers_replace_earlier_ones_in_any_case(vendor: respx.Route) -> None:
    call = evolve(GET, headers=(("accept", "text/csv"),), answer=bytes, idempotency_key="k")
    request = sent(vendor, call, headers={"X-Tenant": Secret("42"), "ACCEPT": "x"})
    assert request.headers.get_list("accept") == ["text/csv"]
    assert request.headers["x-tenant"] == "42"
    assert request.headers["idempotency-key"] == "k"


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (ApiKey("Authorization", Secret("k")), "authorization", "k"),
        (ApiKey("Authorization", Secret("k"), prefix="Key "), "authorization", "Key k"),
        (ApiKey("X-Plex-Connect-Api-Key", Secret("k")), "x-plex-connect-api-key", "k"),
        (Basic("me", Secret("p:\u00e9")), "authorization", "Basic bWU6cDrDqQ=="),
    ],
)
def test_fixed_credentials(vendor: respx.Route, auth: Any, header: str, value: str) -> None:
    assert sent(vendor, GET, auth=auth).headers[header] == value
    assert "authorization" not in sent(vendor, GET).headers


def test_a_refused_key_names_its_setting(vendor: respx.Route) -> None:
    vendor.mock(return_value=httpx.Response(401))
    for auth in (ApiKey("X", Secret("k"), setting="ACME_KEY"), Basic("me", Secret("k"), setting="ACME_KEY")):
        with pytest.raises(AuthenticationFailed, match="ACME_KEY"):
            run(make(auth).send(GET))
    for wrong in (
        lambda: ApiKey("X", Secret(""), setting="ACME_KEY"),
        lambda: Basic("a:b", Secret("k"), setting="ACME_KEY"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            wrong()
        assert caught.value.path == "ACME_KEY"


def test_an_unknown_origin_is_named(vendor: respx.Route) -> None:
    with pytest.raises(ConfigurationError, match="has no origin 'files'"):
        run(make().send(evolve(GET, origin="files")))
    assert vendor.call_count == 0


def test_a_call_to_another_of_the_origins(vendor: respx.Route) -> None:
    client = make(origins={"api": "https://other.test", "files": "https://api.test/files"})
    run(client.send(evolve(GET, origin="files")))
    assert str(vendor.calls.last.request.url) == "https://api.test/files/orders"


# --- redirects


def test_a_redirect_is_refused_and_names_its_host(vendor: respx.Route) -> None:
    vendor.mock(return_value=httpx.Response(302, headers={"Location": "https://files.test/a?sig=hush"}))
    with pytest.raises(RequestRefused, match=r"redirects to https://files\.test/a") as caught:
        run(make(ApiKey("X", Secret("k"))).send(GET))
    assert "hush" not in str(caught.value)
    assert vendor.call_count == 1


def test_a_redirect_as_the_answer_and_the_document_without_credentials(
    vendor: respx.Route, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    files = respx.get(host="files.test").respond(content=b"ISA*00*")
    vendor.mock(return_value=httpx.Response(302, headers={"Location": "https://files.test/a?sig=hush"}))
    client = make(ApiKey("Authorization", Secret("key")), headers={"X-Tenant": "42"})
    location = run(client.send(Call(method="GET", path="orders", answer=Location)))
    assert run(client.fetch(location.url, allowed_hosts=("files.test",))) == b"ISA*00*"
    request = files.calls.last.request
    assert request.url.params["sig"] == "hush"
    assert not {"authorization", "x-tenant", "cookie"} & set(request.headers)
    assert "hush" not in caplog.text


def test_a_document_is_fetched_from_allowed_hosts_only(vendor: respx.Route) -> None:
    for url in (
        "https://evil.test/a?sig=hush",
        "http://files.test/a",
        "https://files.test@evil.test/",
        "file:///x",
    ):
        with pytest.raises(UnreadableAnswer, match="is not allowed") as caught:
            run(make().fetch(url, allowed_hosts=("files.test",)))
        assert "hush" not in str(caught.value)


def test_a_document_that_fails_is_asked_for_again_and_is_capped(vendor: respx.Route) -> None:
    files = respx.get(host="files.test")
    files.side_effect = [httpx.Response(503), httpx.Response(200, content=b"x" * 100)]
    client = make()
    assert len(run(client.fetch("https://files.test/a", allowed_hosts=("*.test",)))) == 100
    files.side_effect = [httpx.Response(200, content=b"x" * 100)]
    with pytest.raises(UnreadableAnswer, match="larger than 99"):
        run(client.fetch("https://files.test/a", allowed_hosts=("*.test",), max_bytes=99))


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_expired_address_says_nothing_about_our_credentials(vendor: respx.Route, status: int) -> None:
    respx.get(host="files.test").respond(status, text="<Error>expired</Error>")
    auth = ApiKey("X", Secret("k"), setting="ACME_KEY")
    with pytest.raises(RequestRefused, match=r"GET https://files\.test/a, status.*ask the vendor") as caught:
        run(make(auth).fetch("https://files.test/a?sig=hush", allowed_hosts=("*.test",)))
    assert "hush" not in str(caught.value)
    assert "ACME_KEY" not in str(caught.value)
    assert caught.value.scope is Scope.VENDOR


def test_a_simulators_documents_come_from_the_loopback(server: Loopback) -> None:
    server.script = lambda request, connection: reply(200, b"doc")
    local = make(origins={"api": server.url})
    assert run(local.fetch(f"{server.url}/doc", allowed_hosts=())) == b"doc"
    with pytest.raises(UnreadableAnswer):
        run(make().fetch(f"{server.url}/doc", allowed_hosts=()))
    run(local.close())


# --- readiness


def test_ready_sends_nothing_to_the_api(vendor: respx.Route, clock: VirtualClock) -> None:
    tokens = respx.post("https://auth.test/token").respond(json={"access_token": "t", "expires_in": 3600})
    auth = OAuth2ClientCredentials("https://auth.test/token", "me", Secret("hush"))
    client = make(auth, clock, limits={"": (Rate(1, 60.0),), "slow": (Rate(1, 600.0),)})
    for _ in range(3):
        run(client.ready("slow"))
    assert (tokens.call_count, vendor.call_count) == (1, 0)
    run(client.send(evolve(GET, group="slow")))
    with pytest.raises(Throttled) as caught:
        run(client.ready())
    assert caught.value.not_before == clock.now() + timedelta(seconds=60)
    clock.advance(60)
    run(client.ready())
    with pytest.raises(Throttled) as caught:
        run(client.ready("slow"))
    assert caught.value.not_before == clock.now() + timedelta(seconds=540)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), AuthenticationFailed),
        (httpx.Response(503), VendorUnavailable),
        (httpx.Response(429), Throttled),
    ],
)
def test_ready_says_why_not(vendor: respx.Route, answer: httpx.Response, error: type[Exception]) -> None:
    respx.post("https://auth.test/token").mock(return_value=answer)
    auth = OAuth2ClientCredentials("https://auth.test/token", "me", Secret("hush"))
    with pytest.raises(error, match="Acme authorization"):
        run(make(auth).ready())


# --- answers that cannot be read


def test_a_write_whose_answer_cannot_be_read_is_unknown(vendor: respx.Route) -> None:
    vendor.respond(200, text="<html>", headers={"Content-Type": "text/html"})
    post = Call(method="POST", path="orders", answer=object)
    with pytest.raises(OutcomeUnknown, match="answered, but the answer cannot be read") as caught:
        run(make().send(post))
    assert isinstance(caught.value.__cause__, UnreadableAnswer)
    with pytest.raises(UnreadableAnswer):
        run(make().send(evolve(post, idempotency_key="k")))
    assert run(make().send(evolve(post, answer=NoneType))) is None  # nothing was to be read


# --- faces


class Orders(Resource[Colour]):
    @endpoint
    def get(self, number: str) -> Call[dict[str, str]]:
        return Call(method="GET", path=path("orders", number), answer=dict[str, str])


class Acme(VendorFace[Blocking]):
    def __init__(self) -> None:
        super().__init__(make())
        self.orders = Orders[Blocking](self.client, self.blocking)


class AsyncAcme(VendorFace[NonBlocking]):
    def __init__(self) -> None:
        super().__init__(Client(profile(), NoAuth(), AsyncRuntime(clock=VirtualClock())))
        self.orders = Orders[NonBlocking](self.client, self.blocking)


def test_both_faces(vendor: respx.Route) -> None:
    vendor.respond(json={"a": "b"})
    with Acme() as acme:
        assert acme.orders.get("7") == {"a": "b"}
        assert acme.clock is acme.client.clock

    async def main() -> dict[str, str]:
        async with AsyncAcme() as acme:
            return await acme.orders.get("7")

    assert asyncio.run(main()) == {"a": "b"}


def test_the_wrong_way_to_open_a_face_is_named() -> None:
    acme: Any = Acme()
    asynchronous: Any = AsyncAcme()

    async def wrong() -> None:
        async with acme:
            pass

    with pytest.raises(TypeError, match="Acme is blocking: use 'with'"):
        asyncio.run(wrong())
    with pytest.raises(TypeError, match="AsyncAcme is async: use 'async with'"), asynchronous:
        pass
    acme.close()


def test_ready_leaves_a_short_wait_to_the_call(vendor: respx.Route, clock: VirtualClock) -> None:
    vendor.respond(200, json={})
    client = make(None, clock, limits={"": (Rate(1, 2.0),)})
    run(client.send(GET))
    run(client.ready())
    assert clock.slept == []
    run(client.send(GET))
    assert clock.slept, "the call waits for its slot itself"
