"""OAuth2 strategies: client credentials, and authorizations that a person has granted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta

from mlconnector_sdk.core.grants import ClientAuthPlace, Encoding, TokenEndpoint
from mlconnector_sdk.core.limits import LimitSpec, Refusal
from mlconnector_sdk.core.strategy import Auth, Authorization, Line
from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import AuthenticationFailed, Reached, Throttled, VendorUnavailable
from mlconnector_sdk.ports import TokenStore
from mlconnector_sdk.records import Token, digest
from mlconnector_sdk.secret import Secret

__all__ = ["OAuth2ClientCredentials", "OAuth2RefreshToken"]

# Seconds for one exchange with a token URL, and how often a store is asked while another process renews.
_TIMEOUT = 30.0
_POLL = 0.25
_CLAIM = _TIMEOUT + 10.0
_MAX_BYTES = 1024 * 1024


class _Bearer(Auth):
    """What the OAuth2 strategies share: the cache, the store, and the care for the token URL's limits."""

    def __init__(
        self, key: str, endpoint: TokenEndpoint, token_store: TokenStore | None, limits: tuple[LimitSpec, ...]
    ) -> None:
        super().__init__(key, endpoint.remedy)
        self._endpoint = endpoint
        self._store = token_store
        self._limits = limits

    async def authorize(self, line: Line) -> Authorization:
        """A bearer token, renewed when it is due."""
        tokens = line.credential.tokens
        token = await tokens.get(line.runtime, lambda: self._renewed(line), patience=_CLAIM)
        return Authorization(
            headers=(("Authorization", Secret(f"Bearer {token.access_token.reveal()}")),), token=token
        )

    def refused(self, authorization: Authorization, line: Line, *, again: bool) -> bool:
        """Forget the token that was sent, and only that one."""
        tokens, now = line.credential.tokens, line.runtime.clock.now()
        if again:
            tokens.futile(now)
            return False
        return authorization.token is not None and tokens.void(authorization.token, now)

    def secrets(self) -> Sequence[Secret]:
        """The client's secret."""
        return (self._endpoint.client_secret,)

    async def _renewed(self, line: Line) -> Token:
        """A new token: from the store, where another process was faster, else from the token URL."""
        tokens, clock, store = line.credential.tokens, line.runtime.clock, self._store
        if store is None:
            return await self._grant(line, tokens.last)
        owner = uuid.uuid4().hex
        give_up = clock.monotonic() + _CLAIM
        while True:
            stored = await arrived(store.get(self.key))
            if stored is not None and tokens.usable(stored, clock.now()):
                return stored
            now = clock.now()
            until = now + timedelta(seconds=_CLAIM)
            if await arrived(store.claim(self.key, owner, now=now, until=until)):
                try:
                    stored = await arrived(store.get(self.key))
                    if stored is not None and tokens.usable(stored, clock.now()):
                        return stored
                    token = await self._grant(line, stored or tokens.last)
                    await arrived(store.put(self.key, token))
                    return token
                finally:
                    await arrived(store.release(self.key, owner))
            if clock.monotonic() > give_up:
                raise VendorUnavailable(
                    "another process renews the token and does not finish", reached=Reached.NO
                )
            await line.runtime.sleep(_POLL)

    async def _grant(self, line: Line, previous: Token | None) -> Token:
        raise NotImplementedError

    async def _ask(
        self, line: Line, fields: Sequence[tuple[str, str]], previous: Secret | None = None
    ) -> Token:
        """One token request, within the limits of the token URL."""
        clock = line.runtime.clock
        bucket = line.credential.bucket("token URL", self._limits)
        slot = bucket.reserve(clock.monotonic())
        if isinstance(slot, Refusal):
            raise Throttled(
                f"the token URL is asked again in {slot.wait:.0f} s: {slot.reason}",
                not_before=clock.now() + timedelta(seconds=slot.wait),
            )
        asked_at = clock.now()
        try:
            answer = await line.ask(self._endpoint.request(fields, timeout=_TIMEOUT, max_bytes=_MAX_BYTES))
        finally:
            bucket.release(slot, clock.monotonic())
        try:
            return self._endpoint.read(answer, asked_at, previous=previous)
        except Throttled as throttled:
            bucket.pause(clock.monotonic() + (throttled.not_before - asked_at).total_seconds())
            raise


class OAuth2ClientCredentials(_Bearer):
    """OAuth2 client credentials (RFC 6749, 4.4).

    Args:
        token_url: Where tokens come from; its own origin, which alone sees the client's secret.
        client_id: Who we are.
        client_secret: Our password.
        client_auth: Credentials in the ``body`` or as HTTP ``basic``.
        encoding: The body's form: ``form`` or ``json``.
        scope: Asked for, where not empty.
        audience: Asked for, where not empty.
        grant_type: Where a vendor has its own.
        extra: Further fields of the request.
        token_store: Shares tokens with other processes, one of which renews.
        limits: Of the token URL.
        penalties: Statuses of the token URL that mean "stay away", with the least seconds; default 429, 30 s.
        settings: What the host calls its settings, see `TokenEndpoint`.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: Secret,
        *,
        client_auth: ClientAuthPlace = "body",
        encoding: Encoding = "form",
        scope: str = "",
        audience: str = "",
        grant_type: str = "client_credentials",
        extra: Mapping[str, str | Secret] | None = None,
        token_store: TokenStore | None = None,
        limits: tuple[LimitSpec, ...] = (),
        penalties: Mapping[int, float] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        endpoint = TokenEndpoint(
            url=token_url,
            client_id=client_id,
            client_secret=client_secret,
            client_auth=client_auth,
            encoding=encoding,
            penalties=penalties or {429: 30.0},
            settings=settings or {},
        )
        self._fields = [("grant_type", grant_type), ("scope", scope), ("audience", audience)]
        self._extra = dict(extra or {})
        fields = [text for pair in self._all_fields() for text in pair]
        super().__init__(
            digest("client", token_url, client_id, client_secret.reveal(), *fields),
            endpoint,
            token_store,
            limits,
        )

    def secrets(self) -> Sequence[Secret]:
        """The client's secret, and those among the further fields."""
        extra = [value for value in self._extra.values() if isinstance(value, Secret)]
        return (*super().secrets(), *extra)

    def _all_fields(self) -> list[tuple[str, str]]:
        fields = [(name, value) for name, value in self._fields if value]
        for name, value in self._extra.items():
            fields.append((name, value.reveal() if isinstance(value, Secret) else value))
        return fields

    async def _grant(self, line: Line, previous: Token | None) -> Token:
        return await self._ask(line, self._all_fields())


class OAuth2RefreshToken(_Bearer):
    """OAuth2 with an authorization that a person has granted (RFC 6749, 4.1 and 6).

    The newest refresh token wins: the one in the token store, then the one in the settings, then the
    one-time code. A vendor that hands out a new refresh token with each access token (rotation) needs a token
    store that outlives the process.

    Args:
        token_url: Where tokens come from.
        client_id: Who we are.
        client_secret: Our password.
        account: Whose authorization it is, e.g. a customer's server URL: keeps two of one app apart.
        refresh_token: From an earlier authorization.
        code: The one-time code of a new authorization.
        redirect_uri: As it was given when the code was asked for.
        client_auth: Credentials in the ``body`` or as HTTP ``basic``.
        encoding: The body's form: ``form`` or ``json``.
        scope: Asked for, where not empty.
        token_store: Keeps the newest pair, and lets one process renew it.
        limits: Of the token URL.
        penalties: Statuses of the token URL that mean "stay away", with the least seconds; default 429, 30 s.
        settings: What the host calls its settings, see `TokenEndpoint`.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: Secret,
        *,
        account: str,
        refresh_token: Secret | None = None,
        code: Secret | None = None,
        redirect_uri: str = "",
        client_auth: ClientAuthPlace = "body",
        encoding: Encoding = "form",
        scope: str = "",
        token_store: TokenStore | None = None,
        limits: tuple[LimitSpec, ...] = (),
        penalties: Mapping[int, float] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        endpoint = TokenEndpoint(
            url=token_url,
            client_id=client_id,
            client_secret=client_secret,
            client_auth=client_auth,
            encoding=encoding,
            penalties=penalties or {429: 30.0},
            settings=settings or {},
        )
        super().__init__(
            digest("refresh", token_url, client_id, client_secret.reveal(), account, scope),
            endpoint,
            token_store,
            limits,
        )
        self._refresh_token = refresh_token
        self._code = code
        self._redirect_uri = redirect_uri
        self._scope = [("scope", scope)] if scope else []

    def secrets(self) -> Sequence[Secret]:
        """The client's secret, the refresh token and the code, as they were given."""
        given = [each for each in (self._refresh_token, self._code) if each is not None]
        return (*super().secrets(), *given)

    async def _grant(self, line: Line, previous: Token | None) -> Token:
        known = previous.refresh_token if previous else None
        refused: AuthenticationFailed | None = None
        for refresh in (known, self._refresh_token if self._refresh_token != known else None):
            if refresh is None:
                continue
            fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.reveal()), *self._scope]
            try:
                return await self._ask(line, fields, refresh)
            except AuthenticationFailed as error:
                if error.code != "invalid_grant":
                    raise
                refused = error
        if self._code is not None:
            code = self._code
            fields = [("grant_type", "authorization_code"), ("code", code.reveal())]
            if self._redirect_uri:
                fields.append(("redirect_uri", self._redirect_uri))
            self._code = None  # good for one use
            return await self._ask(line, fields)
        raise refused or AuthenticationFailed(
            "nobody has granted an authorization yet", remedy="let a person grant it, and give the code"
        )
