"""No credential ever shows: not in reprs, logs, errors, their causes and attributes, nor in pickles."""

from __future__ import annotations

import asyncio
import base64
import logging
import pickle
import socket
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

from mlconnector_sdk.core.auth import ApiKey, Basic, OAuth2ClientCredentials, OAuth2RefreshToken
from mlconnector_sdk.core.call import Call, Json
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import ConnectorError
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import no_jitter, profile
from .loopback import Loopback, Request, reply

CANARY = "canary-7d1f"
TOKEN = "canary-token-9c"
PAIR = base64.b64encode(f"me:{CANARY}".encode()).decode()
ALL = ("canary", PAIR)


def reachable(error: BaseException) -> Iterator[Any]:
    """An error, its causes and contexts, and everything that hangs on them."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or each is None:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseException):
            waiting += [each.__cause__, each.__context__, each.args, *vars(each).values()]
        elif isinstance(each, tuple | list):
            waiting += each
        elif isinstance(each, dict):
            waiting += each.values()
        elif hasattr(each, "__dict__") and not isinstance(each, type):
            waiting += vars(each).values()


def check(error: BaseException) -> None:
    shown = ["".join(traceback.format_exception(error)), *(repr(each) for each in reachable(error))]
    shown += [str(each) for each in reachable(error) if isinstance(each, BaseException)]
    assert not any(isinstance(each, httpx.Request | httpx.Response) for each in reachable(error))
    for text in shown:
        for secret in ALL:
            assert secret not in text, text
    # What travels with the error are its frames: none of them may hold a request of httpx with its headers.
    trace = error.__traceback__
    while trace is not None:
        for value in trace.tb_frame.f_locals.values():
            assert not isinstance(value, httpx.Request | httpx.Headers), trace.tb_frame
        trace = trace.tb_next
    if isinstance(error, ConnectorError):
        assert b"canary" not in pickle.dumps(error)


AUTHS: dict[str, Any] = {
    "key": lambda url: ApiKey("Authorization", Secret(CANARY), prefix="Key "),
    "basic": lambda url: Basic("me", Secret(CANARY)),
    "oauth body": lambda url: OAuth2ClientCredentials(f"{url}/token", "me", Secret(CANARY)),
    "oauth json": lambda url: OAuth2ClientCredentials(f"{url}/token", "me", Secret(CANARY), encoding="json"),
    "oauth basic": lambda url: OAuth2ClientCredentials(
        f"{url}/token", "me", Secret(CANARY), client_auth="basic", extra={"child": Secret(CANARY)}
    ),
    "refresh": lambda url: OAuth2RefreshToken(
        f"{url}/token", "me", Secret(CANARY), account="a", refresh_token=Secret(CANARY)
    ),
}

POST = Call(method="POST", path="orders", answer=object, body=Json({"a": 1}))


def echo(request: Request) -> str:
    """A vendor that repeats all it was sent in its error message."""
    return f"bad request: {request.headers.get('authorization')} {request.body.decode()}"


def scripts() -> dict[str, Any]:
    def cut(request: Request, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + echo(request).encode())

    return {
        "refused": lambda request, connection: reply(400, {"code": echo(request), "message": echo(request)}),
        "unauthorized": lambda request, connection: reply(401, {"error": echo(request)}),
        "outage": lambda request, connection: reply(503, {"message": echo(request)}),
        "throttled": lambda request, connection: reply(429, {"message": echo(request)}),
        "html": lambda request, connection: reply(200, echo(request).encode(), {"Content-Type": "text/html"}),
        "garbage": lambda request, connection: reply(200, b'{"a": "' + echo(request).encode()),
        "cut": cut,
        "hang up": lambda request, connection: None,
        "redirect": lambda request, connection: reply(302, {}, {"Location": f"https://x.test/?t={TOKEN}"}),
    }


def with_token(script: Any, server: Loopback, broken: str) -> Any:
    """The API misbehaves, the token URL too or not."""

    def answer(request: Request, connection: socket.socket) -> bytes | None:
        if request.target == "/token" and broken == "api":
            return reply(200, {"access_token": TOKEN, "refresh_token": TOKEN, "expires_in": 3600})
        found: bytes | None = script(request, connection)
        return found

    return answer


@pytest.mark.parametrize("broken", ["api", "token URL"])
@pytest.mark.parametrize("trouble", scripts())
@pytest.mark.parametrize("name", AUTHS)
def test_no_error_shows_a_credential(
    server: Loopback, caplog: pytest.LogCaptureFixture, name: str, trouble: str, broken: str
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = with_token(scripts()[trouble], server, broken)
    auth = AUTHS[name](server.url)
    client = Client(
        profile(server.url, attempts=2), auth, BlockingRuntime(clock=VirtualClock()), jitter=no_jitter
    )
    with pytest.raises(ConnectorError) as caught:
        run(client.send(POST))
    check(caught.value)
    assert not any(secret in caplog.text for secret in ALL if trouble != "redirect")
    for each in (client, auth, vars(client), vars(auth)):
        assert not any(secret in repr(each) for secret in ALL)
    with pytest.raises(TypeError):
        pickle.dumps(auth)
    run(client.close())


def test_no_async_error_shows_a_credential(server: Loopback) -> None:
    server.script = scripts()["hang up"]

    async def main() -> None:
        runtime = AsyncRuntime(clock=VirtualClock())
        client = Client(profile(server.url), AUTHS["key"](server.url), runtime, jitter=no_jitter)
        with pytest.raises(ConnectorError) as caught:
            await client.send(POST)
        check(caught.value)
        await client.close()

    asyncio.run(main())


@respx.mock
@pytest.mark.parametrize(
    "trouble",
    [
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {CANARY}'"),
        httpx.RemoteProtocolError(f"illegal status line: {CANARY}"),
        httpx.ReadTimeout(CANARY),
        httpx.InvalidURL(CANARY),
        RuntimeError(f"a bug that quotes {CANARY}"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_httpx_errors_are_told_in_our_words(trouble: Exception) -> None:
    respx.route().mock(side_effect=trouble)
    client = Client(profile(), AUTHS["key"](""), BlockingRuntime(clock=VirtualClock()), jitter=no_jitter)
    with pytest.raises(ConnectorError) as caught:
        run(client.send(POST))
    check(caught.value)
    run(client.close())


def test_the_vendor_may_say_what_it_likes_but_not_our_secrets(server: Loopback) -> None:
    server.script = scripts()["refused"]
    client = Client(profile(server.url), AUTHS["basic"](""), BlockingRuntime(clock=VirtualClock()))
    with pytest.raises(ConnectorError, match=r"bad request: \*\*\*") as caught:
        run(client.send(POST))
    assert '{"a":1}' in str(caught.value)
    run(client.close())
