"""``POST /_sim/{command}``: seeding and looking, for tests that run in another process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mlconnector_sdk.errors import ConnectorError
from mlconnector_sdk.simulators import wire

__all__ = ["Admin"]

_PREFIX = "/_sim/"


class Admin:
    """An ASGI application in front of a vendor's, for the loopback interface only.

    Args:
        app: The vendor.
        commands: What may be called, by name. The JSON body holds the arguments, the answer is the result.
    """

    def __init__(self, app: ASGIApp, commands: Mapping[str, Callable[..., Any]]) -> None:
        self._app = app
        self._commands = commands

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a command, or pass the request on."""
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await self._app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        response = self._run(scope["method"], scope["path"].removeprefix(_PREFIX), body)
        await response(scope, receive, send)

    def _run(self, method: str, command: str, body: bytes) -> Response:
        if method != "POST" or command not in self._commands:
            known = ", ".join(sorted(self._commands))
            return _json({"message": f"POST one of these to {_PREFIX}: {known}"}, 404)
        try:
            arguments = wire.loads(body) if body else {}
            result = self._commands[command](**arguments)
        except (ConnectorError, TypeError, ValueError) as problem:
            return _json({"message": str(problem)}, 400)
        return _json(result)


def _json(value: Any, status: int = 200) -> Response:
    return Response(wire.dumps(_plain(value)), status, media_type="application/json")


def _plain(value: Any) -> Any:
    """As JSON can say it; records become objects, instants become ISO text."""
    if value is None or isinstance(value, str | int | float | Decimal):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if attrs.has(type(value)):
        return {name: _plain(item) for name, item in attrs.asdict(value, recurse=False).items()}
    return [_plain(item) for item in value]
