"""An OAuth2 token endpoint for client credentials, whose tokens age on the virtual clock."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote_plus

from attrs import define
from starlette.requests import Request
from starlette.responses import Response

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.windows import SlidingWindow

__all__ = ["TokenEndpoint", "TokenRules"]


@define(kw_only=True)
class TokenRules:
    """How the endpoint behaves; may be changed while it runs.

    Args:
        lifetime: Seconds that a token lives.
        json: Also take the parameters as a JSON object, as some vendors do.
        numbers_as_text: Write ``expires_in`` as text, as some vendors do.
        limit: At most so many requests per ``limit_seconds``; None for any number.
        limit_status: What the rest is answered with.
    """

    lifetime: int = 3600
    json: bool = False
    numbers_as_text: bool = False
    limit: int | None = None
    limit_seconds: float = 60.0
    limit_status: int = 429


class TokenEndpoint:
    """Issues tokens (RFC 6749, section 4.4) and knows which of them are good.

    Credentials come in the form body, or as HTTP Basic, but not both.

    Attributes:
        requests: How many token requests arrived, good or bad.
        issued: How many tokens were given out.
    """

    def __init__(
        self, client_id: str, client_secret: str, *, time: VirtualTime, rules: TokenRules | None = None
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.rules = TokenRules() if rules is None else rules
        self.requests = 0
        self.issued = 0
        self._time = time
        self._expiry: dict[str, datetime] = {}
        self._window: SlidingWindow | None = None

    def is_good(self, token: str) -> bool:
        """Whether this token was issued here, is not revoked and has not expired."""
        expiry = self._expiry.get(token)
        return expiry is not None and self._time.now() < expiry

    def revoke(self) -> None:
        """Make every token given out so far worthless."""
        self._expiry.clear()

    async def answer(self, request: Request) -> Response:
        """Answer one token request."""
        self.requests += 1
        wait = self._limit()
        if wait:
            return _error(self.rules.limit_status, "slow_down", f"try again in {wait:g} seconds")
        try:
            parameters = self._parameters(request, await request.body())
            client = self._client(request, parameters)
        except InvalidDocument as problem:
            return _error(400, "invalid_request", problem.message)
        if not hmac.compare_digest(
            ":".join(client).encode(), f"{self.client_id}:{self.client_secret}".encode()
        ):
            return _error(401, "invalid_client", "unknown client or wrong secret")
        if parameters.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "only client_credentials is supported")
        return self._issue()

    def _limit(self) -> float:
        if self.rules.limit is None:
            return 0.0
        if self._window is None or self._window.limit != self.rules.limit:
            self._window = SlidingWindow(self.rules.limit, self.rules.limit_seconds, self._time)
        return self._window.take()

    def _parameters(self, request: Request, body: bytes) -> dict[str, str]:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "application/x-www-form-urlencoded":
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        elif media_type == "application/json" and self.rules.json:
            content = wire.loads(body)
            pairs = list(content.items()) if isinstance(content, dict) else []
        else:
            raise InvalidDocument(f"content type {media_type or 'missing'!r} is not supported here")
        parameters = {name: str(value) for name, value in pairs}
        if len(parameters) != len(pairs):
            raise InvalidDocument("a parameter occurs twice")
        return parameters

    def _client(self, request: Request, parameters: dict[str, str]) -> tuple[str, str]:
        in_body = parameters.get("client_id", ""), parameters.get("client_secret", "")
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            return in_body
        if in_body[1]:
            raise InvalidDocument("credentials in the header and in the body")
        if scheme.lower() != "basic":
            raise InvalidDocument(f"authorization scheme {scheme!r} is not supported here")
        try:
            name, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as problem:
            raise InvalidDocument("the Basic credentials are not readable") from problem
        return unquote_plus(name), unquote_plus(secret)

    def _issue(self) -> Response:
        token = secrets.token_urlsafe(24)
        lifetime = self.rules.lifetime
        self._expiry[token] = self._time.now() + timedelta(seconds=lifetime)
        self.issued += 1
        content = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": str(lifetime) if self.rules.numbers_as_text else lifetime,
        }
        return _respond(200, content)


def _error(status: int, error: str, description: str) -> Response:
    return _respond(status, {"error": error, "error_description": description})


def _respond(status: int, content: Mapping[str, object]) -> Response:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Basic"
    return Response(wire.dumps(content), status, headers, media_type="application/json")
