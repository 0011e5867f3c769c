"""The document storage behind pre-signed URLs: an origin of its own that must not see our API key."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mlconnector_sdk.simulators.clock import VirtualTime

__all__ = ["Storage"]

_LIFETIME = timedelta(minutes=60)


@frozen
class _Signed:
    content: bytes
    media_type: str
    expires: datetime


class Storage:
    """Hands documents out to whoever holds a signed URL, for 60 virtual minutes.

    Like the real thing it refuses a request that also brings an Authorization header.

    Args:
        time: The clock.
        origin: Scheme, host and port under which it is reached.

    Attributes:
        leaked_authorizations: How many requests brought an Authorization header.
    """

    def __init__(self, time: VirtualTime, origin: Callable[[], str]) -> None:
        self.leaked_authorizations = 0
        self._time = time
        self._origin = origin
        self._signed: dict[str, _Signed] = {}

    def sign(self, content: bytes, media_type: str) -> str:
        """A URL under which this document can be fetched."""
        signature = secrets.token_hex(16)
        self._signed[signature] = _Signed(content, media_type, self._time.now() + _LIFETIME)
        return f"{self._origin()}/documents?X-Amz-Expires=3600&X-Amz-Signature={signature}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as an ASGI application."""
        await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if "authorization" in request.headers:
            self.leaked_authorizations += 1
            return _refuse(400, "InvalidArgument", "Only one auth mechanism allowed")
        document = self._signed.get(request.query_params.get("X-Amz-Signature", ""))
        if document is None:
            return _refuse(403, "SignatureDoesNotMatch", "The request signature does not match")
        if self._time.now() >= document.expires:
            return _refuse(403, "AccessDenied", "Request has expired")
        return Response(document.content, media_type=document.media_type)


def _refuse(status: int, code: str, message: str) -> Response:
    content = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(content, status, media_type="application/xml")
