"""runtime: whole exchanges over real sockets, in both colours, with servers that misbehave."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import httpx
import pytest
from attrs import evolve

from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.outgoing import Outgoing
from mlconnector_sdk.core.runtime import AsyncRuntime, AsyncSystemClock, BlockingRuntime, SystemClock
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import (
    AnswerTooLarge,
    ConfigurationError,
    Reached,
    UnreadableAnswer,
    VendorUnavailable,
)
from mlconnector_sdk.secret import Secret

from .loopback import Loopback, Request, reply

Send = Callable[[Outgoing], Answer]


def out(server: str, path: str = "/x", **changes: Any) -> Outgoing:
    request = Outgoing(name="GET /x", method="GET", url=f"{server}{path}", timeout=10.0, max_bytes=100_000)
    return evolve(request, **changes)


@pytest.fixture(params=["blocking", "async"])
def send(request: pytest.FixtureRequest) -> Iterator[Send]:
    if request.param == "blocking":
        runtime = BlockingRuntime()
        yield lambda outgoing: run(runtime.send(outgoing))
        run(runtime.close())
    else:
        with asyncio.Runner() as runner:
            nonblocking = AsyncRuntime()
            yield lambda outgoing: runner.run(nonblocking.send(outgoing))
            runner.run(nonblocking.close())


def test_one_exchange(server: Loopback, send: Send) -> None:
    server.script = lambda request, connection: reply(201, {"a": 1}, {"X-Rate-Limit-Limit": "40"})
    answer = send(
        out(server.url, method="POST", headers=(("Authorization", Secret("Bearer t")),), content=b'{"q": 1}')
    )
    assert (answer.status, answer.body, answer.request) == (201, b'{"a": 1}', "GET /x")
    assert answer.headers["x-rate-limit-limit"] == "40"
    assert answer.elapsed > 0
    request = server.requests[0]
    assert (request.method, request.target, request.body) == ("POST", "/x", b'{"q": 1}')
    assert request.headers["authorization"] == "Bearer t"


def test_connections_are_kept_and_cookies_are_not(server: Loopback, send: Send) -> None:
    server.script = lambda request, connection: reply(200, {}, {"Set-Cookie": "session=1; Path=/"})
    for _ in range(3):
        send(out(server.url))
    assert server.connections == 1
    assert not any("cookie" in request.headers for request in server.requests)


def test_a_redirect_is_an_answer_and_is_not_followed(server: Loopback, send: Send) -> None:
    server.script = lambda request, connection: reply(302, None, {"Location": f"{server.url}/elsewhere"})
    assert send(out(server.url)).status == 302
    assert [request.target for request in server.requests] == ["/x"]


def test_a_body_is_inflated(server: Loopback, send: Send) -> None:
    server.script = lambda request, connection: reply(
        200, gzip.compress(b'{"a": 1}'), {"Content-Encoding": "gzip"}
    )
    assert send(out(server.url)).body == b'{"a": 1}'


def test_a_gzip_bomb_is_too_large(server: Loopback, send: Send) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    server.script = lambda request, connection: reply(200, bomb, {"Content-Encoding": "gzip"})
    with pytest.raises(AnswerTooLarge):
        send(out(server.url))
    server.script = lambda request, connection: reply(200, {})
    assert send(out(server.url)).status == 200  # the connection was given up, the pool was not


def hang_up(request: Request, connection: socket.socket) -> None:
    return None


def cut_head(request: Request, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")


def cut_body(request: Request, connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a"')


def cut_chunk(request: Request, connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{"a"')


def no_http(request: Request, connection: socket.socket) -> None:
    connection.sendall(b"220 mail server ready\r\n")


@pytest.mark.parametrize("script", [hang_up, cut_head, cut_body, cut_chunk, no_http])
def test_a_broken_connection_may_have_done_its_work(server: Loopback, send: Send, script: Any) -> None:
    server.script = script
    with pytest.raises(VendorUnavailable) as caught:
        send(out(server.url))
    assert caught.value.reached is Reached.MAYBE
    assert len(server.requests) == 1
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)  # they would keep the request


def test_a_body_cut_inside_gzip(server: Loopback, send: Send) -> None:
    data = gzip.compress(b'{"a": 1}')[:-4]
    server.script = lambda request, connection: reply(200, data, {"Content-Encoding": "gzip"})
    with pytest.raises(UnreadableAnswer, match="cut short") as caught:
        send(out(server.url))
    assert caught.value.reached is Reached.MAYBE


def test_where_nobody_listens_nothing_was_sent(send: Send) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(VendorUnavailable, match="no connection") as caught:
        send(out(f"http://127.0.0.1:{port}"))
    assert caught.value.reached is Reached.NO


def stall(server: Loopback) -> Any:
    def script(request: Request, connection: socket.socket) -> None:
        server.stopping.wait(20)

    return script


def drip(server: Loopback) -> Any:
    def script(request: Request, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not server.stopping.wait(0.05):
            connection.sendall(b"x")

    return script


@pytest.mark.parametrize("script", [stall, drip])
def test_a_time_out_holds_for_the_whole_exchange(server: Loopback, send: Send, script: Any) -> None:
    server.script = script(server)
    started = time.monotonic()
    with pytest.raises(VendorUnavailable, match=r"within 0\.3 s") as caught:
        send(out(server.url, timeout=0.3))
    assert time.monotonic() - started < 5
    assert caught.value.reached is Reached.MAYBE


@pytest.mark.parametrize("value", ["a\r\nX: 1", "a\x00", "k\u00e9y", "a\n"])
def test_a_header_that_cannot_be_sent_names_itself_and_not_its_value(send: Send, value: str) -> None:
    with pytest.raises(ConfigurationError, match="'Authorization'") as caught:
        send(out("http://127.0.0.1:9", headers=(("Authorization", Secret("hush" + value)),)))
    assert "hush" not in repr(caught.value) + str(caught.value)
    assert caught.value.__context__ is None


def test_a_clients_jar_stays_empty(server: Loopback) -> None:
    server.script = lambda request, connection: reply(200, {}, {"Set-Cookie": "session=1; Path=/"})
    runtime = BlockingRuntime()
    run(runtime.send(out(server.url)))
    assert not runtime._http().cookies
    run(runtime.close())


# --- the host's own httpx client


def host_settings(**more: Any) -> dict[str, Any]:
    """A client of the host's with everything that must not leak into our requests."""
    return {
        "auth": ("host", "hush"),
        "headers": {"X-Host": "hush"},
        "cookies": {"session": "hush"},
        "params": {"tracking": "hush"},
        "follow_redirects": True,
        **more,
    }


def test_nothing_of_the_hosts_client_but_its_connections(server: Loopback) -> None:
    server.script = lambda request, connection: reply(
        302, None, {"Location": "/elsewhere", "Set-Cookie": "a=b"}
    )
    with httpx.Client(**host_settings()) as http:
        answer = run(BlockingRuntime(http=http).send(out(server.url)))
        assert answer.status == 302

    async def main() -> int:
        async with httpx.AsyncClient(**host_settings()) as http:
            return (await AsyncRuntime(http=http).send(out(server.url))).status

    assert asyncio.run(main()) == 302
    assert len(server.requests) == 2
    for request in server.requests:
        assert request.target == "/x"
        assert "hush" not in repr(request.headers)
        assert not {"authorization", "cookie", "x-host"} & set(request.headers)


def test_the_hosts_client_stays_open_and_a_closed_one_is_named(server: Loopback) -> None:
    http = httpx.Client()
    runtime = BlockingRuntime(http=http)
    run(runtime.send(out(server.url)))
    run(runtime.close())
    assert not http.is_closed
    http.close()
    with pytest.raises(ConfigurationError, match="is closed"):
        run(runtime.send(out(server.url)))


def test_the_wrong_colour_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"given an AsyncClient.*httpx\.Client"):
        BlockingRuntime(http=httpx.AsyncClient())  # type: ignore[arg-type]  # the mistake is the point
    with httpx.Client() as http, pytest.raises(ConfigurationError, match="given a Client"):
        AsyncRuntime(http=http)  # type: ignore[arg-type]  # the mistake is the point


def test_a_clock_that_would_stop_the_loop_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="stops the event loop"):
        AsyncRuntime(clock=SystemClock())


def test_a_transport_of_the_hosts() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"url": str(request.url)}))
    runtime = BlockingRuntime(transport=transport)
    assert run(runtime.send(out("https://api.test"))).json() == {"url": "https://api.test/x"}
    run(runtime.close())


def test_a_hook_of_the_hosts_may_read_the_answer_first(server: Loopback) -> None:
    data = gzip.compress(b'{"a": 1}')
    server.script = lambda request, connection: reply(200, data, {"Content-Encoding": "gzip"})
    with httpx.Client(event_hooks={"response": [lambda response: response.read()]}) as http:
        runtime = BlockingRuntime(http=http)
        assert run(runtime.send(out(server.url))).body == b'{"a": 1}'
        with pytest.raises(AnswerTooLarge):
            run(runtime.send(out(server.url, max_bytes=7)))


# --- async


def test_a_cancelled_call_does_not_poison_the_pool(server: Loopback) -> None:
    arrived = threading.Semaphore(0)

    def script(request: Request, connection: socket.socket) -> bytes | None:
        if request.target == "/slow":
            arrived.release()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx")
            server.stopping.wait(20)
            return None
        return reply(200, {})

    server.script = script

    async def main() -> list[int]:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(limits=limits) as http:
            runtime = AsyncRuntime(http=http)
            statuses = []
            for _ in range(3):
                slow = asyncio.create_task(runtime.send(out(server.url, "/slow")))
                await asyncio.to_thread(arrived.acquire)
                slow.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await slow
                statuses.append((await runtime.send(out(server.url, timeout=5.0))).status)
            return statuses

    assert asyncio.run(main()) == [200, 200, 200]


def test_one_runtime_serves_several_event_loops(server: Loopback) -> None:
    runtime = AsyncRuntime()

    async def main() -> int:
        try:
            return (await runtime.send(out(server.url))).status
        finally:
            await runtime.close()

    assert [asyncio.run(main()) for _ in range(3)] == [200, 200, 200]
    assert server.connections == 3


def test_waiting_for_a_future_never_cancels_it() -> None:
    async def main() -> int:
        runtime, future = AsyncRuntime(), Future[int]()
        waiters = [asyncio.create_task(runtime.wait(future, 10.0)) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiters[0]
        assert not future.cancelled()
        future.set_result(7)
        return sum(await asyncio.gather(*waiters[1:]))

    assert asyncio.run(main()) == 14


@pytest.mark.parametrize("blocking", [True, False])
def test_waiting_has_an_end(blocking: bool) -> None:
    if blocking:
        with pytest.raises(TimeoutError):
            run(BlockingRuntime().wait(Future(), 0.01))
    else:
        with pytest.raises(TimeoutError):
            asyncio.run(AsyncRuntime().wait(Future(), 0.01))


# --- the rest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_opens_connections_of_its_own(server: Loopback) -> None:
    runtime = BlockingRuntime()
    run(runtime.send(out(server.url)))
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if run(runtime.send(out(server.url))).status == 200 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    run(runtime.send(out(server.url)))
    run(runtime.close())
    assert server.connections == 2


def test_the_systems_clock() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is not None
    before = clock.monotonic()
    clock.sleep(0.001)
    assert clock.monotonic() > before
    asyncio.run(_sleep())


async def _sleep() -> None:
    await AsyncRuntime().sleep(0.001)
    await AsyncSystemClock().sleep(0)


def test_a_blocking_program_never_loads_asyncio() -> None:
    code = "import sys, mlconnector_sdk.core.client; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
