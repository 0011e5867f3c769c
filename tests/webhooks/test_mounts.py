"""The receiver under an ASGI and a WSGI server's hands."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from mlconnector_sdk.errors import ConfigurationError, StoreError, WebhookRefused
from mlconnector_sdk.records import Event
from mlconnector_sdk.webhooks import Receiver, asgi_app, wsgi_app

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class FixedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a webhook never waits")


class Parser:
    max_bytes = 1000

    def parse(self, headers: Mapping[str, str], body: bytes, *, received_at: datetime) -> Sequence[Event]:
        if headers.get("x-key") != "right":
            raise WebhookRefused("the key is wrong", status=401)
        if body == b"ping":
            return ()
        return [Event(source="s", event_id=body.decode(), body=body, received_at=received_at)]


class Inbox:
    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.broken = False

    def receive(self, event: Event) -> bool:
        if self.broken:
            raise StoreError("disk full")
        new = event.event_id not in self.events
        self.events[event.event_id] = event
        return new

    async def receive_async(self, event: Event) -> bool:
        return self.receive(event)


def post_asgi(inbox: Any, body: bytes, *, key: str = "right", method: str = "POST") -> tuple[int, bytes]:
    app = asgi_app(Receiver(parser=Parser(), admit=inbox, clock=FixedClock()))
    sent: list[Any] = []
    parts = [body[n : n + 400] for n in range(0, len(body), 400)] or [b""]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "headers": [(b"X-Key", key.encode())]}
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return sent[0]["status"], sent[1]["body"]


def post_wsgi(inbox: Any, body: bytes, *, key: str = "right", method: str = "POST") -> tuple[int, bytes]:
    app = wsgi_app(Receiver(parser=Parser(), admit=inbox, clock=FixedClock()))
    status: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_KEY": key,
        "wsgi.input": io.BytesIO(body),
    }
    answer = b"".join(app(environ, lambda line, headers: status.append(line)))
    return int(status[0].split()[0]), answer


@pytest.mark.parametrize("post", [post_asgi, post_wsgi])
def test_a_genuine_webhook_is_stored_then_answered(post: Any) -> None:
    inbox = Inbox()
    assert post(inbox.receive, b"e-1") == (200, b"stored")
    assert post(inbox.receive, b"e-1") == (200, b"known")
    assert inbox.events["e-1"].received_at == NOW


@pytest.mark.parametrize("post", [post_asgi, post_wsgi])
def test_what_is_not_genuine_is_refused_and_told_nothing(post: Any) -> None:
    inbox = Inbox()
    assert post(inbox.receive, b"e-1", key="wrong") == (401, b"refused")
    assert post(inbox.receive, b"e-1", method="GET")[0] == 405
    assert inbox.events == {}


@pytest.mark.parametrize("post", [post_asgi, post_wsgi])
def test_a_body_beyond_the_cap_is_not_read(post: Any) -> None:
    inbox = Inbox()
    assert post(inbox.receive, b"x" * 1001)[0] == 413
    assert inbox.events == {}


@pytest.mark.parametrize("post", [post_asgi, post_wsgi])
def test_what_could_not_be_stored_is_sent_again(post: Any) -> None:
    inbox = Inbox()
    inbox.broken = True
    assert post(inbox.receive, b"e-1")[0] == 503


@pytest.mark.parametrize("post", [post_asgi, post_wsgi])
def test_what_is_of_no_interest_is_answered_with_success(post: Any) -> None:
    assert post(Inbox().receive, b"ping") == (200, b"of no interest")


def test_an_async_pipeline_under_asgi() -> None:
    inbox = Inbox()
    assert post_asgi(inbox.receive_async, b"e-1") == (200, b"stored")
    assert "e-1" in inbox.events


def test_an_async_pipeline_under_wsgi_is_a_mistake_that_is_named() -> None:
    with pytest.raises(ConfigurationError, match="asgi_app"):
        post_wsgi(AsyncOnly(), b"e-1")


class AsyncOnly:
    """Awaitable without a coroutine left dangling."""

    def __call__(self, event: Event) -> Any:
        class Later:
            def __await__(self) -> Any:
                yield

        return Later()


def test_a_wsgi_length_that_is_no_number_is_refused() -> None:
    app = wsgi_app(Receiver(parser=Parser(), admit=Inbox().receive, clock=FixedClock()))
    status: list[str] = []
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "-1", "wsgi.input": io.BytesIO()}
    list(app(environ, lambda line, headers: status.append(line)))
    assert status == ["400 Bad Request"]


def test_a_body_that_was_cut_short_is_neither_read_nor_answered() -> None:
    """What arrived may be genuine as far as it goes: half an event must not be taken for a whole one."""
    inbox = Inbox()
    app = asgi_app(Receiver(parser=Parser(), admit=inbox.receive, clock=FixedClock()))
    messages = [{"type": "http.request", "body": b"e-1", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"x-key", b"right")]}
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    assert (inbox.events, sent) == ({}, [])


@pytest.mark.parametrize(("size", "status"), [(3, "200"), (1001, "413")])
def test_a_body_in_chunks_is_read_where_the_server_marks_its_end(size: int, status: str) -> None:
    inbox = Inbox()
    app = wsgi_app(Receiver(parser=Parser(), admit=inbox.receive, clock=FixedClock()))
    seen: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "HTTP_X_KEY": "right",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(b"e" * size),
        "wsgi.input_terminated": True,
    }
    list(app(environ, lambda line, headers: seen.append(line)))
    assert [line.split()[0] for line in seen] == [status]  # Python versions word the phrases differently
    assert len(inbox.events) == (1 if size == 3 else 0)


def test_without_length_and_without_an_end_nothing_is_read() -> None:
    class Endless:
        def read(self, _size: int = -1) -> bytes:
            raise AssertionError("this would block for ever")

    app = wsgi_app(Receiver(parser=Parser(), admit=Inbox().receive, clock=FixedClock()))
    seen: list[str] = []
    environ = {"REQUEST_METHOD": "POST", "HTTP_X_KEY": "right", "wsgi.input": Endless()}
    list(app(environ, lambda line, headers: seen.append(line)))
    assert seen
