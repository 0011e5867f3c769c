"""A receiver as a WSGI application: mount it in Flask, Django, or under any WSGI server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from inspect import isawaitable
from typing import Any

from mlconnector_sdk.errors import ConfigurationError, StoreError
from mlconnector_sdk.webhooks.receiver import Receiver, Reply

__all__ = ["wsgi_app"]

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
App = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


def wsgi_app(receiver: Receiver) -> App:
    """A WSGI application that answers every path of its mount. Its pipeline must be a blocking one.

    Example:
        Flask: ``app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/webhooks/stedi": wsgi_app(receiver)})``.
    """

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        reply = _reply(receiver, environ)
        text = reply.text.encode()
        phrase = HTTPStatus(reply.status).phrase
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
        start_response(f"{reply.status} {phrase}", headers)
        return [text]

    return app


def _reply(receiver: Receiver, environ: dict[str, Any]) -> Reply:
    length = _length(environ, receiver.max_bytes)
    if length is None:
        return Reply(status=400, text="refused")
    if length > receiver.max_bytes + 1:
        return receiver.too_large()
    body = environ["wsgi.input"].read(length) if length else b""
    events = receiver.check(environ["REQUEST_METHOD"], _headers(environ), body)
    if isinstance(events, Reply):
        return events
    new = 0
    try:
        for event in events:
            result = receiver.admit(event)
            if isawaitable(result):
                raise ConfigurationError(
                    "a WSGI mount cannot await an async pipeline",
                    remedy="give it a Pipeline, or use asgi_app",
                )
            new += result
    except StoreError as error:
        return receiver.not_stored(error)
    return receiver.stored(new)


def _length(environ: dict[str, Any], limit: int) -> int | None:
    """How many bytes to read; None: the header is no number."""
    text = environ.get("CONTENT_LENGTH") or ""
    if not text:
        # Sent in chunks, where the server ends the input at the end of the body; else there is no body.
        return limit + 1 if environ.get("wsgi.input_terminated") else 0
    return int(text) if text.isascii() and text.isdigit() else None


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    named = {
        key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")
    }
    if "CONTENT_TYPE" in environ:
        named["content-type"] = environ["CONTENT_TYPE"]
    return named
