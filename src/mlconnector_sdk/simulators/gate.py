"""What every request passes on its way in: it is noted down, and it may be made to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from attrs import frozen
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.faults import (
    Answer,
    Delay,
    Drop,
    Fault,
    FaultPlan,
    Hang,
    LoseAnswer,
    SlowWork,
    Truncate,
    WebPage,
)
from mlconnector_sdk.simulators.server import LocalServer

__all__ = ["Gate", "Seen", "work_time"]

_SLOW = "simulator.slow"


@frozen(kw_only=True)
class Seen:
    """A request that arrived.

    Args:
        at: On the virtual clock.
        query: As sent, without the question mark.
        status: What the vendor answered, also where a fault lost the answer; None if there was none.
    """

    at: datetime
    method: str
    path: str
    query: str
    status: int | None


class Gate:
    """An ASGI application around a vendor's own.

    Args:
        app: The vendor.
        time: For the notes.
        faults: What is to fail.
        seen: Where requests are noted down, in the order in which they were finished.
        afterwards: Called when an answer has left (or was lost).

    Attributes:
        server: Whose connections are broken; set before the first request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        time: VirtualTime,
        faults: FaultPlan,
        seen: list[Seen],
        afterwards: Callable[[], None],
    ) -> None:
        self._app = app
        self._time = time
        self._faults = faults
        self._seen = seen
        self._afterwards = afterwards
        self.server: LocalServer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or make it fail as planned."""
        if scope["type"] != "http":
            return
        at = self._time.now()
        exchange = _Exchange(self._app, self.server, scope, receive, send)
        try:
            await exchange.run(self._faults.take(scope["method"], scope["path"]))
        except asyncio.CancelledError:
            return  # only the end of the server cancels a request, and its connection is gone already
        finally:
            self._seen.append(
                Seen(
                    at=at,
                    method=scope["method"],
                    path=scope["path"],
                    query=scope["query_string"].decode("latin-1"),
                    status=exchange.status,
                )
            )
            self._afterwards()


async def work_time(scope: Scope) -> None:
    """Take as long as a planned `SlowWork` says; a vendor calls it between a request and its effect."""
    if _SLOW in scope:
        await _real_seconds(scope[_SLOW])


class _Exchange:
    """One request and what becomes of it."""

    def __init__(self, app: ASGIApp, server: LocalServer, scope: Scope, receive: Receive, send: Send) -> None:
        self.status: int | None = None
        self._app = app
        self._server = server
        self._scope = scope
        self._receive = receive
        self._send = send

    async def run(self, fault: Fault | None) -> None:
        match fault:
            case None:
                await self._work(self._send)
            case Answer():
                await self._answer(_response(fault))
            case WebPage():
                await self._answer(HTMLResponse(fault.html))
            case Delay():
                await _real_seconds(fault.seconds)
                await self._work(self._send)
            case SlowWork():
                self._scope[_SLOW] = fault.seconds
                await self._work(self._send)
            case Hang():
                await self._until_gone()
            case Drop():
                if fault.when == "before answering":
                    await self._read_body()
                await self._break(self._server.reset)
            case LoseAnswer():
                await self._work(_swallow)
                if fault.how == "hang":
                    await self._until_gone()
                else:
                    await self._break(self._server.reset if fault.how == "reset" else self._server.hang_up)
            case Truncate():
                await self._work(self._half)
                await self._break(self._server.hang_up)

    async def _work(self, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
            await send(message)

        await self._app(self._scope, self._receive, noting)

    async def _answer(self, response: Response) -> None:
        self.status = response.status_code
        await self._read_body()
        await response(self._scope, self._receive, self._send)

    async def _half(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message["body"]
            message = {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        await self._send(message)

    async def _break(self, how: Callable[[Scope], None]) -> None:
        how(self._scope)
        await self._until_gone()

    async def _read_body(self) -> None:
        more = True
        while more:
            message = await self._receive()
            more = message["type"] == "http.request" and message.get("more_body", False)

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _response(fault: Answer) -> Response:
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    return Response(fault.body, fault.status, headers, media_type=fault.content_type)


async def _real_seconds(seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


async def _swallow(message: Message) -> None:
    """Take an answer that nobody will see."""
