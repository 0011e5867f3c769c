"""Token requests and token answers of OAuth2 (RFC 6749), without the sending.

authlib's `ClientAuth` places the client's credentials; its HTTP clients are not used, because they ask for
one token per thread when a token runs out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from attrs import field, frozen

from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.headers import retry_after
from mlconnector_sdk.core.origin import Origin
from mlconnector_sdk.core.outgoing import Outgoing
from mlconnector_sdk.core.retry import read_fault
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    ConfigurationError,
    Reached,
    Throttled,
    UnreadableAnswer,
    VendorUnavailable,
)
from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret

__all__ = ["ClientAuthPlace", "Encoding", "TokenEndpoint"]

ClientAuthPlace = Literal["body", "basic"]
"""Where client id and secret stand in a token request: among its fields, or in HTTP Basic."""
Encoding = Literal["form", "json"]
"""How the fields of a token request are written."""

_CODE = re.compile(r"[A-Za-z0-9_.\-]{1,60}", re.ASCII)
_ACCESS = re.compile(r"[\x21-\x7e]+", re.ASCII)

# Where the answer does not say how long the token lives (RFC 6749 only recommends it), so long.
_ASSUMED_LIFE = 300.0
_LONGEST_LIFE = 30 * 24 * 3600.0


@frozen(kw_only=True)
class TokenEndpoint:
    """Where tokens come from, and how it wants to be asked.

    Args:
        url: The token URL; https, except on the loopback.
        client_id: Who we are.
        client_secret: Our password.
        client_auth: Credentials in the ``body``, or as HTTP ``basic``.
        encoding: The body's form: ``form`` or ``json``.
        penalties: Statuses that mean "stay away", with the least seconds to do so.
        settings: What the host calls its settings, by our names (``client_id``, ``client_secret``,
            ``token_url``, ``scope``): for remedies that a person can follow.
    """

    url: str
    client_id: str
    client_secret: Secret
    client_auth: ClientAuthPlace = "body"
    encoding: Encoding = "form"
    penalties: Mapping[int, float] = field(factory=lambda: {429: 30.0})
    settings: Mapping[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        Origin(self.url)
        if not self.client_id or not self.client_secret:
            raise ConfigurationError(
                "the client id or the client secret is empty", path=self._named("client_id", "client_secret")
            )
        if self.client_auth == "basic" and not (self.client_id + self.client_secret.reveal()).isascii():
            raise ConfigurationError(
                "the client secret holds a character outside ASCII", path=self._named("client_secret")
            )

    @property
    def remedy(self) -> str:
        """Which settings to look at when the credentials are refused."""
        return f"check {self._named('client_id')} and {self._named('client_secret')}"

    def request(self, fields: Sequence[tuple[str, str]], *, timeout: float, max_bytes: int) -> Outgoing:
        """The request for a token.

        Args:
            fields: Grant type and what belongs to it, in order.
            timeout: Seconds for the exchange.
            max_bytes: Cap on the answer.
        """
        from authlib.oauth2.auth import ClientAuth  # slow to import, and API keys do without

        headers: dict[str, str] = {}
        if self.encoding == "json" and self.client_auth == "body":
            fields = [*fields, ("client_id", self.client_id), ("client_secret", self.client_secret.reveal())]
            body = ""
        else:
            method = "client_secret_post" if self.client_auth == "body" else "client_secret_basic"
            client = ClientAuth(self.client_id, self.client_secret.reveal(), method)
            _, headers, body = client.prepare("POST", self.url, headers, urlencode(fields))
        if self.encoding == "json":
            body = json.dumps(dict(fields))
        media_type = "application/json" if self.encoding == "json" else "application/x-www-form-urlencoded"
        return Outgoing(
            name="POST token URL",
            method="POST",
            url=self.url,
            headers=(
                ("Content-Type", media_type),
                ("Accept", "application/json"),
                *((name, Secret(value)) for name, value in headers.items()),
            ),
            content=Secret(body),
            timeout=timeout,
            max_bytes=max_bytes,
        )

    def read(self, answer: Answer, asked_at: datetime, *, previous: Secret | None = None) -> Token:
        """The token of an answer.

        Args:
            answer: What the endpoint said.
            asked_at: When it was asked; the token's life counts from here.
            previous: The refresh token that was used; it stands where the answer brings no new one.

        Raises:
            AuthenticationFailed: The credentials or the grant were refused.
            Throttled: The endpoint wants us to stay away.
            VendorUnavailable: An outage.
            UnreadableAnswer: No usable token is in it.
        """
        self._check_status(answer, asked_at)
        body = self._body(answer)
        if "error" in body and "accesstoken" not in body:
            raise self._refused(answer)
        access = body.get("accesstoken")
        if not isinstance(access, str) or not _ACCESS.fullmatch(access):
            raise self._unusable("it holds no access token", answer)
        if not str(body.get("tokentype") or "bearer").lower().startswith("bearer"):
            raise self._unusable("its token is no bearer token", answer)
        refresh = body.get("refreshtoken")
        spent = self._life(body.get("refreshexpiresin"), answer) if "refreshexpiresin" in body else None
        return Token(
            access_token=Secret(access),
            issued_at=asked_at,
            expires_at=asked_at + timedelta(seconds=self._life(body.get("expiresin"), answer)),
            refresh_token=Secret(refresh) if isinstance(refresh, str) and refresh else previous,
            refresh_expires_at=None if spent is None else asked_at + timedelta(seconds=spent),
        )

    def _check_status(self, answer: Answer, now: datetime) -> None:
        status = answer.status
        if status in self.penalties:
            wait = max(retry_after(answer.headers, now) or 0.0, self.penalties[status])
            raise Throttled(
                f"the token URL wants no requests for {wait:g} s (status {status})",
                not_before=now + timedelta(seconds=wait),
                status=status,
            )
        if status >= 500 or status in (408, 425):
            raise VendorUnavailable(f"the token URL answers {status}", status=status, reached=Reached.NO)
        if status in (400, 401, 403):
            raise self._refused(answer)
        if not 200 <= status < 300:
            raise AuthenticationFailed(
                f"the token URL answers {status}", status=status, remedy=f"check {self._named('token_url')}"
            )

    def _refused(self, answer: Answer) -> AuthenticationFailed:
        code = read_fault(answer).code
        code = code if _CODE.fullmatch(code) else ""
        remedy = {
            "invalid_grant": "the authorization has run out or was withdrawn: a person has to grant it again",
            "invalid_scope": f"check {self._named('scope')}",
            "unauthorized_client": f"ask the vendor to allow this grant for {self._named('client_id')}",
        }.get(code, self.remedy)
        return AuthenticationFailed(
            f"the token URL refused us: {code or f'status {answer.status}'}",
            status=answer.status,
            code=code,
            remedy=remedy,
            path=self.settings.get("client_id", ""),
        )

    def _body(self, answer: Answer) -> dict[str, Any]:
        problem = ""
        try:
            body = answer.json()
        except UnreadableAnswer:
            body, problem = None, f"it is {answer.looks}"
        if not isinstance(body, dict):
            raise self._unusable(problem or "it is no JSON object", answer)
        # Some gateways write accessToken for access_token.
        return {str(name).replace("_", "").lower(): value for name, value in body.items()}

    def _life(self, value: Any, answer: Answer) -> float:
        if value is None:
            return _ASSUMED_LIFE
        try:
            seconds = float(value)  # some send it as text
        except (TypeError, ValueError):
            seconds = -1.0
        if not seconds > 0:
            raise self._unusable("its token has no life: expires_in is not above zero", answer)
        return min(seconds, _LONGEST_LIFE)

    def _unusable(self, problem: str, answer: Answer) -> UnreadableAnswer:
        return UnreadableAnswer(
            f"the answer of the token URL is of no use: {problem}",
            status=answer.status,
            reached=Reached.NO,
            remedy=f"check {self._named('token_url')}",
        )

    def _named(self, *names: str) -> str:
        return ", ".join(self.settings.get(name, name) for name in names)
