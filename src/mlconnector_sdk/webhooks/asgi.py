"""A receiver as an ASGI application: mount it in Starlette, FastAPI, Django, or run it alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from inspect import isawaitable
from typing import Any

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.webhooks.receiver import Receiver, Reply

__all__ = ["asgi_app"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def asgi_app(receiver: Receiver) -> App:
    """An ASGI 3 application that answers every path of its mount.

    A blocking pipeline stores in a worker thread, so that the event loop stays free.

    Example:
        Starlette: ``Mount("/webhooks/stedi", app=asgi_app(receiver))``.
    """

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"a webhook mount answers HTTP only, not {scope['type']}")
        try:
            body = await _body(receive, receiver.max_bytes)
        except _SenderGone:
            return  # what arrived is not what was sent, and nobody waits for an answer
        reply = receiver.too_large() if body is None else await _answer(receiver, scope, body)
        text = reply.text.encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    return app


class _SenderGone(Exception):
    """The connection was closed in the middle of a body."""


async def _answer(receiver: Receiver, scope: MutableMapping[str, Any], body: bytes) -> Reply:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    events = receiver.check(scope["method"], headers, body)
    if isinstance(events, Reply):
        return events
    new = 0
    try:
        for event in events:
            result = await asyncio.to_thread(receiver.admit, event)
            new += await result if isawaitable(result) else result
    except StoreError as error:
        return receiver.not_stored(error)
    return receiver.stored(new)


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None as soon as it exceeds the limit.

    Raises:
        _SenderGone: The sender hung up before the end.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _SenderGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
