"""The only file that opens connections and reads the clock: one runtime per colour, over httpx.

Both send one complete request and give back one whole answer. They follow no redirect, keep no cookie, add
nothing of the host's own httpx client (no credentials, no default header), and inflate bodies under a cap.

A time-out holds for the whole exchange: exactly in the async runtime; in the blocking one it is checked
between chunks, so that an answer which drips in can last one time-out longer at most.
"""

from __future__ import annotations

import os
import ssl
import time
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

import httpx

from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.outgoing import BROKEN, Outgoing, Progress, broken, intake, too_slow
from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConfigurationError, Reached
from mlconnector_sdk.ports import Clock

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["AsyncRuntime", "AsyncSystemClock", "BlockingRuntime", "Runtime", "SystemClock"]

T = TypeVar("T")


class SystemClock:
    """The machine's time, for blocking programs."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> Any:
        """Wait."""
        time.sleep(seconds)


class AsyncSystemClock(SystemClock):
    """The machine's time, for programs with an event loop."""

    def sleep(self, seconds: float) -> Any:
        """A coroutine that waits."""
        import asyncio  # a blocking program never pays for it

        return asyncio.sleep(seconds)


class Runtime(Protocol):
    """What a client needs from the world, in one colour."""

    @property
    def blocking(self) -> bool:
        """Whether its coroutines never suspend."""
        ...

    @property
    def clock(self) -> Clock:
        """Time."""
        ...

    async def send(self, outgoing: Outgoing) -> Answer:
        """Exchange one request for one whole answer, whatever its status.

        Raises:
            VendorUnavailable: There is none; ``reached`` says whether the request may have arrived.
            UnreadableAnswer: It was cut short or cannot be inflated.
            AnswerTooLarge: It exceeds its cap.
            ConfigurationError: The request cannot be sent at all.
        """
        ...

    async def wait(self, future: Future[T], timeout: float) -> T:
        """The result of a future that another thread, or a task on another loop, will resolve.

        Raises:
            TimeoutError: Not within so many real seconds.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait, on the clock."""
        ...

    async def close(self) -> None:
        """Close connections that are ours; a client that the host handed in stays open."""
        ...


class BlockingRuntime:
    """Exchanges over a blocking httpx client; usable from many threads at once.

    Args:
        http: The host's own client; its connections, proxies and TLS settings are used, nothing else of it.
        transport: Instead of a client: a transport to build one on, e.g. for tests.
        verify: TLS settings, where neither of the two is given.
        clock: Time; the machine's by default.
    """

    blocking = True

    def __init__(
        self,
        *,
        http: httpx.Client | None = None,
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        if http is not None and not isinstance(http, httpx.Client):
            raise ConfigurationError(
                f"a blocking client was given an {type(http).__name__}",
                remedy="hand it an httpx.Client, or build the async client (AsyncPlex, ...)",
            )
        self.clock: Clock = clock or SystemClock()
        self._host = http
        self._transport = transport
        self._verify = verify
        self._own: dict[int, httpx.Client] = {}

    async def send(self, outgoing: Outgoing) -> Answer:
        """See `Runtime.send`."""
        progress = Progress()
        http = self._http()
        started = time.monotonic()
        try:
            request = outgoing.request(progress.note)
            response = http.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                body = intake(outgoing, response)
                for chunk in () if response.is_stream_consumed else response.iter_raw():
                    body.feed(chunk)
                    if time.monotonic() - started > outgoing.timeout:
                        raise too_slow(outgoing, Reached.MAYBE)
                return _answer(outgoing, response, body.finish(), started)
            finally:
                response.close()
        except BROKEN as error:
            failure = broken(error, outgoing, progress)
        raise failure  # out here, so that it does not carry the httpx error, which keeps the request

    async def wait(self, future: Future[T], timeout: float) -> T:
        """See `Runtime.wait`."""
        return future.result(timeout)

    async def sleep(self, seconds: float) -> None:
        """See `Runtime.sleep`."""
        await arrived(self.clock.sleep(seconds))

    async def close(self) -> None:
        """See `Runtime.close`."""
        own = self._own.pop(os.getpid(), None)
        if own is not None:
            own.close()

    def _http(self) -> httpx.Client:
        if self._host is not None:
            return _still_open(self._host)
        # By process: a forked child must not speak on its parent's connections.
        process = os.getpid()
        own = self._own.get(process)
        if own is None:
            made = httpx.Client(
                transport=self._transport, verify=self._verify or _tls(), cookies=_no_cookies()
            )
            own = self._own.setdefault(process, made)
            if own is not made:
                made.close()  # another thread was faster
        return own


class AsyncRuntime:
    """Exchanges over an async httpx client, on asyncio; usable from several event loops, one after the other
    or in several threads (each loop has connections of its own).

    Args:
        http: The host's own client; its connections, proxies and TLS settings are used, nothing else of it.
        transport: Instead of a client: a transport to build one on, e.g. for tests.
        verify: TLS settings, where neither of the two is given.
        clock: Time; the machine's by default.
    """

    blocking = False

    def __init__(
        self,
        *,
        http: httpx.AsyncClient | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        if http is not None and not isinstance(http, httpx.AsyncClient):
            raise ConfigurationError(
                f"an async client was given a {type(http).__name__}",
                remedy="hand it an httpx.AsyncClient, or build the blocking client (Plex, ...)",
            )
        if type(clock) is SystemClock:
            raise ConfigurationError(
                "an async client was given a clock that stops the event loop to wait",
                remedy="hand it an AsyncSystemClock, or no clock",
            )
        self.clock: Clock = clock or AsyncSystemClock()
        self._host = http
        self._transport = transport
        self._verify = verify
        self._own: WeakKeyDictionary[AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    async def send(self, outgoing: Outgoing) -> Answer:
        """See `Runtime.send`."""
        import asyncio

        progress = Progress()

        async def trace(event: str, info: object) -> None:
            progress.note(event, info)

        http = self._http()
        started = time.monotonic()
        try:
            request = outgoing.request(trace)
            async with asyncio.timeout(outgoing.timeout):
                response = await http.send(request, stream=True, auth=None, follow_redirects=False)
                try:
                    body = intake(outgoing, response)
                    if not response.is_stream_consumed:
                        async for chunk in response.aiter_raw():
                            body.feed(chunk)
                    return _answer(outgoing, response, body.finish(), started)
                finally:
                    await response.aclose()
        except TimeoutError:
            failure = too_slow(outgoing, progress.reached)
        except BROKEN as error:
            failure = broken(error, outgoing, progress)
        raise failure  # out here, so that it does not carry the httpx error, which keeps the request

    async def wait(self, future: Future[T], timeout: float) -> T:
        """See `Runtime.wait`.

        Not by `asyncio.wrap_future`: that would cancel the future of everybody when one task is cancelled.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def wake(_: Future[T]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(done.set)

        future.add_done_callback(wake)
        async with asyncio.timeout(timeout):
            await done.wait()
        return future.result()

    async def sleep(self, seconds: float) -> None:
        """See `Runtime.sleep`."""
        await arrived(self.clock.sleep(seconds))

    async def close(self) -> None:
        """See `Runtime.close`; closes the connections of the running event loop."""
        import asyncio

        own = self._own.pop(asyncio.get_running_loop(), None)
        if own is not None:
            await own.aclose()

    def _http(self) -> httpx.AsyncClient:
        if self._host is not None:
            return _still_open(self._host)
        import asyncio

        loop = asyncio.get_running_loop()
        own = self._own.get(loop)
        if own is None:
            own = self._own[loop] = httpx.AsyncClient(
                transport=self._transport, verify=self._verify or _tls(), cookies=_no_cookies()
            )
        return own


C = TypeVar("C", httpx.Client, httpx.AsyncClient)


def _still_open(http: C) -> C:
    if http.is_closed:
        raise ConfigurationError(
            "the httpx client that was handed in is closed",
            remedy="close it after the vendor's client, not before",
        )
    return http


def _answer(outgoing: Outgoing, response: httpx.Response, body: bytes, started: float) -> Answer:
    return Answer(
        status=response.status_code,
        headers=response.headers,
        body=body,
        request=outgoing.name,
        elapsed=time.monotonic() - started,
    )


@cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates takes longer than a request: once for all clients of the process.
    return httpx.create_ssl_context()


def _no_cookies() -> CookieJar:
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
